"""Results as data. Every written form (JSON, table, CSV, ...) is a function of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # results are read without NumPy
    from anomeval.reporting.drift import Drift
    from anomeval.uncertainty.replicates import Replicates


Group = Mapping[str, str]
"""Which images a row is about, e.g. {"category": "bottle"}; None stands for the whole."""


_NOTES = frozenset({"score_from_map"})
"""What is as it should be: it belongs to the definition of a value, and nobody is to be warned."""


@dataclass(frozen=True)
class Caution:
    """Something the reader should know before believing a number.

    code: stable, for programs. message: one sentence, for people.
    """

    code: str
    message: str

    @property
    def is_note(self) -> bool:
        """Whether it stands with the values only, and is not called out by every command."""
        return self.code in _NOTES

    @property
    def word(self) -> str:
        """What it is called before its message."""
        return "Note" if self.is_note else "Caution"


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
    confidence: None if there is no interval; then `confidence_reason`, unless there is no value
        or no interval was asked for.
    support: counts the value rests on. extra: numbers that belong to it (threshold, ...).
    replicates: the metric on each resample, by which another result of the same images pairs.
    """

    metric: str
    group: Group | None
    value: float | None
    reason: str | None = None
    confidence: Confidence | None = None
    support: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, float | int | str | None] = field(default_factory=dict)
    confidence_reason: str | None = None
    replicates: "Replicates | None" = None


@dataclass(frozen=True)
class DataSummary:
    """What was evaluated. Digests are independent of order, files and format.

    digest: of the content, predictions included.
    identities: of the names of the images. ground_truth: of names, labels, masks and groups; two
        models that judged the same images agree in both. Empty where it is not known.
    skipped_images: how many were left out because something is wrong with them.
    ignored_pixels: how many pixels count nowhere because of their mask value.
    """

    files: Sequence[str]
    digest: str
    images: int
    normal_images: int
    anomalous_images: int
    pixels: int
    anomalous_pixels: int
    regions: int
    identities: str = ""
    ground_truth: str = ""
    skipped_images: int = 0
    ignored_pixels: int = 0


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
class RegionRecord:
    """One ground-truth region. recall: share found at the fitted pixel cut, None without one.

    Three digits are kept; 0 and 1 are exact: nothing found, and all of it.
    """

    size: int
    recall: float | None = None


@dataclass(frozen=True)
class ImageRecord:
    """What a result remembers of an image, so that another result can be set against it.

    mask: the first digits of the digest of the mask as judged, None where there is none.
    score: None if it was NaN and dropped.
    decision: at the fitted cut, None without a fit.
    regions: in row-major order of their first pixel.
    """

    image_path: str
    category: str | None
    defect_type: str | None
    anomalous: bool
    mask: str | None = None
    score: float | None = None
    decision: bool | None = None
    regions: Sequence[RegionRecord] = ()
    group_id: str | None = None


@dataclass(frozen=True)
class Adoption:
    """How a result became a baseline.

    digest: SHA-256 of the result file it was made of. commit: of the Git work tree, if any.
    date: YYYY-MM-DD, if one was given.
    """

    digest: str
    commit: str | None
    date: str | None


@dataclass(frozen=True)
class Result:
    """A whole evaluation.

    settings: everything besides the data that the values depend on, JSON-like.
    parts: the values of each category, where `rows` hold no more than means over them; what a gate
        holds beside the means.
    images: by identity. adopted: set in baselines only. drift: with a fit, whether ranking or
    threshold has failed, for each level that metrics were asked of.
    """

    anomeval_version: str
    settings: Mapping[str, object]
    data: DataSummary
    rows: Sequence[Row]
    cautions: Sequence[Caution]
    images: Sequence[ImageRecord] = ()
    adopted: Adoption | None = None
    drift: "Sequence[Drift]" = ()
    parts: Sequence[Row] = ()

    @property
    def values(self) -> Sequence[Row]:
        """Rows and parts: every value there is."""
        return (*self.rows, *self.parts)

    def _repr_html_(self) -> str:
        from anomeval.reporting.notebook import result_to_html

        return result_to_html(self)

    def to_pandas(self) -> Any:
        """The values as a pandas frame; see `reporting.notebook`."""
        from anomeval.reporting.notebook import to_pandas

        return to_pandas(self)

    def to_polars(self) -> Any:
        """The values as a polars frame; see `reporting.notebook`."""
        from anomeval.reporting.notebook import to_polars

        return to_polars(self)
