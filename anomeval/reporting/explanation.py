"""Explanations as data: values under several definitions, and where scores lie."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from anomeval.evidence.distributions import ScoreSummary
from anomeval.reporting.documents import plain
from anomeval.reporting.drift import Drift
from anomeval.reporting.region_sizes import RegionSizes
from anomeval.reporting.result import Caution

SCHEMA = "anomeval.explanation/1"


@dataclass(frozen=True)
class Definition:
    """A measure under one public definition.

    level, measure: what is measured; the first definition of each such pair is anomeval's own.
    used_by: where this definition is met. value: None if undefined, then `reason`.
    difference: value less that of anomeval's own. cause: why it differs; None for that itself.
    """

    level: str
    measure: str
    name: str
    used_by: str
    value: float | None
    reason: str | None = None
    difference: float | None = None
    cause: str | None = None


@dataclass(frozen=True)
class ScoreLevel:
    """Where the scores of one level lie in one category.

    edges, log_edges: of the bins of scores and of logarithms, one more than bins.
    """

    level: str
    category: str | None
    edges: Sequence[float]
    log_edges: Sequence[float]
    normal: ScoreSummary
    anomalous: ScoreSummary


@dataclass(frozen=True)
class Explanation:
    """Everything that `explain` has to say."""

    anomeval_version: str
    files: Sequence[str]
    digest: str
    images: int
    definitions: Sequence[Definition]
    scores: Sequence[ScoreLevel] = ()
    regions: Sequence[RegionSizes] = ()
    drift: Sequence[Drift] = ()
    cautions: Sequence[Caution] = field(default_factory=tuple)

    def as_dict(self) -> dict[str, object]:
        """Everything by its name, ready for strict JSON: infinities are texts."""
        return {"schema": SCHEMA, **{name: plain(value) for name, value in asdict(self).items()}}
