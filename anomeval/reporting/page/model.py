"""What a report shows, as data: gathered by a workflow, drawn by this package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from anomeval.judging.post_processor import FittedLevel, OneClassPostProcessor
from anomeval.metrics import Level
from anomeval.reporting.changes import Changes
from anomeval.reporting.comparison import Comparison
from anomeval.reporting.figures.histogram import Histogram
from anomeval.reporting.figures.traces import Bands
from anomeval.reporting.result import ImageResult, Result

Side = Literal["false_alarm", "missed"]
"""Why a picture is in the gallery: a normal image that scores high, an anomalous one that does
not."""


def fitted_level(judge: OneClassPostProcessor | None, level: Level) -> FittedLevel | None:
    """The fit of one level, where there is one."""
    if judge is None:
        return None
    return judge.pixel if level == "pixel" else judge.image


@dataclass(frozen=True)
class ScoreSpread:
    """The scores of one level of one category. validation: of the split that the fit saw."""

    category: str
    level: Level
    test: Histogram
    validation: Histogram | None
    fitted: FittedLevel | None


@dataclass(frozen=True)
class Region:
    """One ground-truth region.

    number: from 1, in row-major order of the first pixel. recall: at the fitted cut, None without.
    first_hit: the highest threshold that finds any of it. fpr: the false positive rate there.
    """

    image_path: str
    category: str | None
    defect_type: str | None
    number: int
    size: int
    recall: float | None
    first_hit: float
    fpr: float | None


@dataclass(frozen=True)
class ColourScale:
    """What the darkest and the brightest colour of all maps stand for.

    normalized: scores as the fit normalizes them, else raw. cut: None without a fit, or where
        categories have different ones.
    """

    low: float
    high: float
    normalized: bool
    cut: float | None = None


@dataclass(frozen=True)
class Picture:
    """One image of the gallery, as texts that a page can hold.

    severity: how far it lies on the wrong side; for normal and anomalous images comparable within
        one side. map, photo: data URIs, None where there is none. width, height: of the map as
        shown. truth, decision: outlines as SVG path data, empty where there is nothing to outline.
    """

    side: Side
    image: ImageResult
    severity: float
    width: int
    height: int
    map: str | None = None
    photo: str | None = None
    truth: str = ""
    decision: str = ""


@dataclass(frozen=True)
class Gallery:
    """The worst images of both sides. scale: None where there are no maps.

    by_decision: chosen among wrong decisions; else among all, by rank.
    notes: what the reader should know, such as missing image files.
    """

    pictures: Sequence[Picture] = ()
    scale: ColourScale | None = None
    by_decision: bool = False
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class AgainstBaseline:
    """A baseline called `name`, and this result beside it.

    comparison: None where the two cannot be set against each other; refusals: why.
    """

    name: str
    comparison: Comparison | None = None
    refusals: Sequence[str] = ()

    @property
    def changes(self) -> Changes:
        """What changed side."""
        return self.comparison.changes[0] if self.comparison else Changes()


@dataclass(frozen=True)
class PageData:
    """Everything a report shows.

    curves, bands: as `Evaluation` gives them. judges: what was fitted, by category.
    """

    title: str
    result: Result
    curves: Mapping[str, NDArray[Any]]
    bands: Bands
    judges: Mapping[str, OneClassPostProcessor | None]
    spreads: Sequence[ScoreSpread]
    images: Sequence[ImageResult]
    regions: Sequence[Region]
    gallery: Gallery
    baseline: AgainstBaseline | None = None
