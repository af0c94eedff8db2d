"""What a result depends on besides the data and the metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from anomeval.errors import Problem, UsageError
from anomeval.evidence.images import ImageRow
from anomeval.predictions.preparation import PreparationRules, PreparedImage

By = Literal["category", "defect_type", "group_id"]
"""What values can be split by, in the order in which they nest."""

REPLICATES = 500
"""Resamples of the images that intervals are made of, if no other number is asked for."""


UNNAMED = "unnamed"
"""The defect type of anomalous images for which files name none."""


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

    by: what values are split by; "defect_type" keeps defect types apart, too.
    pool: throws all categories together.
    """

    by: tuple[By, ...] = ()
    pool: bool = False

    @classmethod
    def of(cls, by: str | Sequence[str] | None, pool: bool = False) -> "Splitting":
        """As it is asked for: one thing or several, which nest whatever their order.

        Raises:
            UsageError: something that values cannot be split by, or not while all are thrown
                together.
        """
        asked = (by,) if isinstance(by, str) else tuple(by or ())
        for one in asked:
            if one not in get_args(By):
                raise UsageError(f"cannot split by {one!r}; known are {', '.join(get_args(By))}")
        if pool and "category" in asked:
            what = "--by category does not go with --pool, which throws all categories together"
            raise UsageError(Problem(what, remedy="leave out one of them"))
        return cls(tuple(one for one in get_args(By) if one in asked), pool)

    @property
    def told(self) -> str | list[str] | None:
        """What values are split by, as files of ours tell it."""
        return self.by[0] if len(self.by) == 1 else list(self.by) or None

    def cell(self, image: PreparedImage | ImageRow) -> Cell:
        """Where an image belongs."""
        category = None if self.pool else image.entry.category
        if "defect_type" not in self.by or not image.anomalous:
            return Cell(category, None)
        return Cell(category, image.entry.defect_type or UNNAMED)


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
