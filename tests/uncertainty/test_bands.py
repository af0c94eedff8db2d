"""Bands around curves: heights of resampled data sets, and intervals only where they hold."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from anomeval.evidence.curves import curves
from anomeval.evidence.findings import Findings
from anomeval.evidence.resamples import ResampledEvidence, Resamples
from anomeval.metrics import Level
from anomeval.reporting.figures.kinds import CURVES
from anomeval.reporting.figures.traces import MEAN, Bands, heights, traces
from anomeval.uncertainty.bands import (
    FEWEST,
    Band,
    band_of,
    curve_uncertainty,
    mean_curve_uncertainty,
)
from anomeval.uncertainty.interval import wilson
from anomeval.uncertainty.resampling import Resampling
from anomeval.workflows.banding import EVERY, curve_bands
from tests.uncertainty.scenes import Shot, balanced, evidence_of, photos, repeated

PLACES = np.array([0.05, 0.2, 0.5, 0.9])


def line_at(shots: list[Shot], rate: float) -> float:
    """The height of the ROC curve, straight between thresholds, and its top where upright."""
    thresholds = [np.inf, *sorted({shot.score for shot in shots}, reverse=True)]
    points = [
        (_share(shots, t, anomalous=False), _share(shots, t, anomalous=True)) for t in thresholds
    ]
    reached = [
        y if right <= rate + 1e-9 else left_y + (y - left_y) * (rate - left) / (right - left)
        for (left, left_y), (right, y) in pairwise(points)
        if left <= rate + 1e-9
    ]
    return max(reached)


def precision_at(shots: list[Shot], recall: float) -> float:
    """At the highest threshold that finds this share of the anomalous images."""
    for t in sorted({shot.score for shot in shots}, reverse=True):
        if _share(shots, t, anomalous=True) >= recall - 1e-9:
            flagged = [shot for shot in shots if shot.score >= t]
            return sum(shot.anomalous for shot in flagged) / len(flagged)
    raise AssertionError


def _share(shots: list[Shot], threshold: float, *, anomalous: bool) -> float:
    scores = [shot.score for shot in shots if shot.anomalous == anomalous]
    return sum(score >= threshold for score in scores) / len(scores)


class Remembered:
    """A resampling that shows what it was asked to resample."""

    def __init__(self, shots: list[Shot]) -> None:
        self.whole = Resampling(evidence_of(shots), has_pixels=True, replicates=20)

    def sizes(self, level: Level) -> tuple[int, int]:
        return self.whole.sizes(level)

    def estimate(self, wanted, values):
        self.wanted = wanted
        return self.whole.estimate(wanted, values)


def resampled(shots: list[Shot], kind: str, level: Level, weights: np.ndarray) -> np.ndarray:
    """Heights of the curves of resamples, (places, resamples)."""
    asked = Remembered(shots)
    curve_uncertainty(asked, kind, level, PLACES, np.full(len(PLACES), 0.5))
    return asked.wanted.resample(Resamples(ResampledEvidence(evidence_of(shots)), weights))


@pytest.mark.parametrize(("kind", "height"), [("roc", line_at), ("pr", precision_at)])
def test_heights_of_images_are_exact(kind, height):
    """Those of the data set that a resample stands for, written out; with ties."""
    shots = [replace(shot, score=round(shot.score, 1)) for shot in photos(9, 11, 3, side=8)]
    weights = balanced(shots, 8, 4)
    found = resampled(shots, kind, "image", weights)
    for column in range(8):
        images = repeated(shots, weights[:, column])
        assert found[:, column] == pytest.approx([height(images, x) for x in PLACES], abs=1e-12)


@pytest.mark.parametrize("kind", list(CURVES))
def test_heights_of_pixels_are_nearly_exact(kind):
    """Bins are fine beside the chance error; the exact curve of the data set is the witness."""
    shots = photos(12, 12, 5)
    weights = balanced(shots, 5, 6)
    found = resampled(shots, kind, "pixel", weights)
    for column in range(5):
        drawn = Findings(evidence_of(repeated(shots, weights[:, column])))
        (trace,) = traces(curves(drawn), CURVES[kind], "pixel")
        expected = heights(trace, CURVES[kind], PLACES)
        assert np.abs(found[:, column] - expected).max() < 0.02


def bands_of(shots: list[Shot], confidence: float = 0.95) -> Bands:
    arrays = curves(Findings(evidence_of(shots)))
    return curve_bands({"": evidence_of(shots)}, arrays, confidence, has_pixels=True)


def test_bands_hold_their_curves_where_enough_images_decide():
    """Every kind at every level; x ascends, and ends lie on both sides of the line."""
    shots = photos(30, 25, 7)
    bands, arrays = bands_of(shots), curves(Findings(evidence_of(shots)))
    assert set(bands) == {(kind.key, level, "") for kind, level in EVERY}
    for kind, level in EVERY:
        band = bands[kind.key, level, ""]
        assert isinstance(band, Band)
        (trace,) = traces(arrays, kind, level)
        along = heights(trace, kind, band.x)
        assert (np.diff(band.x) > 0).all()
        assert (band.low <= along).all()
        assert (along <= band.high).all()
        assert (band.low >= 0).all()
        assert (band.high <= 1).all()
        if kind.key == "pr":
            assert FEWEST / 25 <= band.x[0] < band.x[-1] <= 1 - FEWEST / 25
        elif level == "image":
            assert band.x[0] >= FEWEST / 30
        else:
            assert along[-1] <= 1 - FEWEST / 25


def test_more_confidence_is_a_wider_band():
    """At every place."""
    shots = photos(30, 25, 7)
    narrow, wide = bands_of(shots, 0.5), bands_of(shots, 0.99)
    for key, band in narrow.items():
        other = wide[key]
        assert isinstance(band, Band)
        assert isinstance(other, Band)
        assert (band.confidence, other.confidence) == (0.5, 0.99)
        assert (other.high - other.low > band.high - band.low).all()


def test_more_images_make_a_narrower_band():
    """About half as wide with four times as many."""
    few, many = (bands_of(photos(n, n, 8, side=8))["roc", "image", ""] for n in (25, 100))
    assert isinstance(few, Band)
    assert isinstance(many, Band)
    widths = [np.interp(0.4, band.x, band.high - band.low) for band in (few, many)]
    assert 1.5 < widths[0] / widths[1] < 3


def test_too_few_images_have_no_band_but_a_reason():
    """The one that values have."""
    bands = bands_of(photos(4, 12, 9, side=8))
    assert bands["roc", "image", ""] == "4 normal images: an interval needs at least 5"


def test_perfection_is_not_certainty():
    """All found at every rate: Wilson's interval for so many of so many images."""
    shots = [replace(s, score=float(s.anomalous)) for s in photos(20, 20, 10, side=8)]
    band = bands_of(shots)["roc", "image", ""]
    assert isinstance(band, Band)
    assert band.low == pytest.approx([wilson(1.0, 20, 0.95)[0]] * len(band.x))
    assert band.high.tolist() == [1.0] * len(band.x)


def test_the_mean_has_a_band_of_its_own():
    """Around the mean of the heights, narrower than those of its parts."""
    parts = {name: photos(20, 20, seed, side=8) for name, seed in (("a", 1), ("b", 2), ("c", 3))}
    parts = {
        name: [replace(shot, name=f"{name}/{shot.name}") for shot in shots]
        for name, shots in parts.items()
    }
    known, places = {}, np.array([0.2, 0.4])
    for name, shots in parts.items():
        (trace,) = traces(curves(Findings(evidence_of(shots))), CURVES["roc"], "image")
        resampling = Resampling(evidence_of(shots), has_pixels=True, replicates=200)
        along = heights(trace, CURVES["roc"], places)
        known[name] = curve_uncertainty(resampling, "roc", "image", places, along)
    middle = [np.mean([one[n].spread.value for one in known.values()]) for n in range(2)]
    band = band_of("roc", "image", places, mean_curve_uncertainty(known), 0.95)
    assert isinstance(band, Band)
    assert (band.low < middle).all()
    assert (band.high > middle).all()
    single = [band_of("roc", "image", places, one, 0.95) for one in known.values()]
    mean_width = np.mean([one.high - one.low for one in single], axis=0)
    assert (band.high - band.low < mean_width).all()


def test_categories_and_their_mean_are_keyed_apart():
    """Even a category called mean."""
    evidence = {name: evidence_of(photos(12, 12, n, side=8)) for n, name in enumerate("ab")}
    evidence = {"mean": evidence["a"], "b": evidence["b"]}
    arrays = {
        f"{name}/{part}": array
        for name, images in evidence.items()
        for part, array in curves(Findings(images)).items()
    }
    wanted = [(CURVES["roc"], "image")]
    bands = curve_bands(evidence, arrays, 0.95, has_pixels=True, wanted=wanted)
    assert {name for _, _, name in bands} == {"mean", "b", MEAN}
