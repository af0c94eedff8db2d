"""Results as data. Every written form (JSON, table, CSV, ...) is a function of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Group = Mapping[str, str]
"""Which images a row is about, e.g. {"category": "bottle"}; None stands for the whole."""


@dataclass(frozen=True)
class Caution:
    """Something the reader should know before believing a number.

    code: stable, for programs. message: one sentence, for people.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Confidence:
    """An interval that covers the true value with probability `level`."""

    level: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One number, with everything needed to read it.

    metric: canonical text, parses back to the metric. value: None if undefined, then `reason`.
    support: counts the value rests on. extra: numbers that belong to it (threshold, ...).
    """

    metric: str
    group: Group | None
    value: float | None
    reason: str | None = None
    confidence: Confidence | None = None
    support: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, float | int | str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class DataSummary:
    """What was evaluated. digest: of the content, independent of order, files and format."""

    files: Sequence[str]
    digest: str
    images: int
    normal_images: int
    anomalous_images: int
    pixels: int
    anomalous_pixels: int
    regions: int


@dataclass(frozen=True)
class ImageResult:
    """One image of the test split.

    score: None if it was NaN and dropped. decision: at the fitted cut, None without a fit.
    aupimo: area under the image's PIMO curve, None for normal images.
    region_sizes, region_recalls: one entry per ground-truth region, in row-major order of the
        first pixel; recalls are at the fitted pixel cut, None without one.
    """

    image_path: str
    category: str | None
    defect_type: str | None
    group_id: str | None
    anomalous: bool
    score: float | None
    decision: bool | None
    aupimo: float | None
    region_sizes: Sequence[int]
    region_recalls: Sequence[float] | None


@dataclass(frozen=True)
class Result:
    """A whole evaluation.

    settings: everything besides the data that the values depend on, JSON-like.
    """

    anomeval_version: str
    settings: Mapping[str, object]
    data: DataSummary
    rows: Sequence[Row]
    cautions: Sequence[Caution]
