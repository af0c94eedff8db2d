"""What a result depends on besides the data and the metrics."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from anomeval.errors import UsageError
from anomeval.predictions.preparation import PreparationRules, PreparedImage

By = Literal["category", "defect_type", "group_id"]

REPLICATES = 500
"""Resamples of the images that intervals are made of, if no other number is asked for."""


class Cell(NamedTuple):
    """The smallest group that evidence is kept apart for.

    category: None where files name none, or where all are pooled. part: the defect type of
    anomalous images where results are split by it, else None.
    """

    category: str | None
    part: str | None


@dataclass(frozen=True)
class Splitting:
    """How evidence is kept apart.

    by: "defect_type" keeps defect types apart, too. pool: throws all categories together.
    """

    by: By | None = None
    pool: bool = False

    def cell(self, image: PreparedImage) -> Cell:
        """Where an image belongs."""
        category = None if self.pool else image.entry.category
        if self.by != "defect_type" or not image.anomalous:
            return Cell(category, None)
        return Cell(category, image.entry.defect_type or "unnamed")


@dataclass(frozen=True)
class Options:
    """Everything besides the data and the metrics that a result depends on.

    confidence: the level of the intervals; None = no intervals and no replicates.
    replicates: how many resamples of the images intervals are made of.
    """

    splitting: Splitting = field(default_factory=Splitting)
    rules: PreparationRules = field(default_factory=PreparationRules)
    allow_overlap: bool = False
    confidence: float | None = 0.95
    replicates: int = REPLICATES

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0 < self.confidence < 1:
            raise UsageError(f"a confidence lies between 0 and 1, got {self.confidence!r}")
        if self.replicates < 2:
            raise UsageError(f"an interval needs at least 2 resamples, got {self.replicates!r}")
