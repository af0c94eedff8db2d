"""A resample is the data set with each image as often as it was drawn.

Such data sets are written out and measured by the exact metrics; these are the reference.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomeval.evidence.findings import Findings
from anomeval.evidence.resampled_marks import SHARE_BITS
from anomeval.evidence.resampled_pixels import bins_of_pages
from anomeval.evidence.resamples import ExtremeResample, ResampledEvidence, Resamples
from anomeval.metrics import AUPIMO, METRICS, Metric
from tests.support import judge_at
from tests.uncertainty.scenes import Shot, balanced, evidence_of, photos, repeated

SIDE = 3
_scores = st.integers(0, 4).map(float) | st.sampled_from([-np.inf, np.inf])
_maps = st.lists(_scores, min_size=SIDE**2, max_size=SIDE**2)
_masks = st.lists(st.integers(0, 3), min_size=SIDE**2, max_size=SIDE**2)


def resampled_metrics() -> list[Metric]:
    """Every built-in metric that says how it is resampled, at each of its levels."""
    families = [f for f in METRICS.values() if f.resample is not Metric.resample]
    return [family(level=level) for family in families for level in family.levels]


@st.composite
def shots(draw: st.DrawFn) -> list[Shot]:
    """A few images with many ties, of both classes; some defects may have no mask, or overlap."""
    labels = draw(st.lists(st.booleans(), min_size=2, max_size=5).filter(lambda x: len({*x}) > 1))
    found = []
    for index, label in enumerate(labels):
        mask = np.array(draw(_masks) if label else [0] * SIDE**2, np.uint8).reshape(SIDE, SIDE)
        scores = np.array(draw(_maps), np.float32).reshape(SIDE, SIDE)
        areas = [int((mask >> defect & 1).sum()) for defect in range(2)]
        enough = [draw(st.integers(1, area)) if area else 0 for area in areas]
        found.append(Shot(f"{index}", label, draw(_scores), scores, mask, saturation=enough))
    return found


def exact(images: list[Shot], metrics: list[Metric], cut: float = 0.0) -> list[float]:
    """The values of the metrics themselves; NaN where they are undefined."""
    findings, judge = Findings(evidence_of(images)), judge_at(cut, cut)
    values = [metric.compute(findings, judge).value for metric in metrics]
    return [np.nan if value is None else value for value in values]


few = settings(max_examples=25)


@few
@given(images=shots(), seed=st.integers(0, 99), cut=_scores)
def test_images_are_exact(images: list[Shot], seed: int, cut: float) -> None:
    """At image and sample level a resample has the value of the data set that it stands for."""
    weights = balanced(images, 3, seed)
    metrics = [metric for metric in resampled_metrics() if metric.level != "pixel"]
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    found = {metric: metric.resample(seen, judge_at(cut, cut)) for metric in metrics}
    for column in range(3):
        expected = exact(repeated(images, weights[:, column]), metrics, cut)
        for metric, value in zip(metrics, expected, strict=True):
            resampled = found[metric]
            assert resampled is not None
            assert resampled[column] == pytest.approx(value, abs=1e-12, nan_ok=True), metric


@few
@given(images=shots(), seed=st.integers(0, 99), cut=_scores)
def test_pixels_are_bracketed(images: list[Shot], seed: int, cut: float) -> None:
    """The true value of a resample lies between those of the best and the worst ranked bins."""
    weights, judge = balanced(images, 2, seed), judge_at(cut, cut)
    metrics = [metric for metric in resampled_metrics() if metric.level == "pixel"]
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    for column in range(2):
        expected = exact(repeated(images, weights[:, column]), metrics, cut)
        ends = [ExtremeResample(seen, column, best=best) for best in (False, True)]
        for metric, value in zip(metrics, expected, strict=True):
            found = [metric.resample(end, judge) for end in ends]
            low, high = sorted(float(end[0]) for end in found if end is not None)
            if np.isnan([value, low, high]).any():
                continue
            assert value <= high + 1e-9, metric
            if metric.name != "aupr":  # trapezoids across a tie of bins can lie below both
                assert low - 1e-9 <= value, metric


@pytest.mark.parametrize("name", ["recall", "pro", "spro"])
def test_what_is_found_at_a_cut_is_exact(name: str) -> None:
    """Pixels inside masks are known one by one, so bins play no part."""
    metric, images, cut = METRICS[name](level="pixel"), photos(6, 8, 0), 1.234
    weights = balanced(images, 4, 1)
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    found = metric.resample(seen, judge_at(cut, cut))
    expected = [exact(repeated(images, column), [metric], cut)[0] for column in weights.T]
    assert found == pytest.approx(expected, abs=SIDE * 2.0**-SHARE_BITS)


def test_bins_cost_little() -> None:
    """With continuous scores, a resample is off by a small part of the standard error.

    Off by what remains once the resamples are put right by the exact value.
    """
    images, count = photos(15, 15, 3), 12
    kept = [m for m in resampled_metrics() if m.level == "pixel" and not m.needs_fit]
    metrics = [AUPIMO(fpr_low=1e-3, fpr_high=1e-2) if m == AUPIMO() else m for m in kept]
    drawn = balanced(images, count, 4)
    weights = np.concatenate([drawn, np.ones((len(images), 1), np.uint8)], axis=1)
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    true = np.array([exact(repeated(images, column), metrics) for column in weights.T]).T
    for metric, expected in zip(metrics, true, strict=True):
        found = metric.resample(seen, None)
        assert found is not None
        error = (found[:-1] - found[-1]) - (expected[:-1] - expected[-1])
        assert np.sqrt(np.mean(error**2)) < 0.05 * expected[:-1].std(), metric


@few
@given(images=shots(), seed=st.integers(0, 99))
def test_resamples_do_not_know_each_other(images: list[Shot], seed: int) -> None:
    """One at a time or many at once: the same bytes."""
    weights, judge = balanced(images, 3, seed), judge_at(2.0, 2.0)
    evidence = ResampledEvidence(evidence_of(images))
    seen = Resamples(evidence, weights)
    single = [Resamples(evidence, weights[:, column : column + 1]) for column in range(3)]
    for metric in resampled_metrics():
        whole = metric.resample(seen, judge)
        parts = [metric.resample(one, judge) for one in single]
        assert whole is not None
        assert whole.tobytes() == b"".join(part.tobytes() for part in parts if part is not None)


def test_many_images_are_resampled_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little memory there is, the outcome is the same."""
    images = photos(9, 9, 5, side=8)
    weights = balanced(images, 20, 6)
    metrics = resampled_metrics()
    judge = judge_at(0.5, 1.1)

    def outcome() -> list[bytes]:
        seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
        found = [metric.resample(seen, judge) for metric in metrics]
        return [values.tobytes() for values in found if values is not None]

    whole = outcome()
    monkeypatch.setattr("anomeval.evidence.resamples._NUMBERS_AT_ONCE", 50)
    monkeypatch.setattr("anomeval.evidence.resamples._UNITS_AT_ONCE", 2)
    monkeypatch.setattr("anomeval.evidence.resampled_pixels._IMAGES_AT_ONCE", 4)
    monkeypatch.setattr("anomeval.evidence.resampled_marks._PIXELS_AT_ONCE", 30)
    assert outcome() == whole


def test_a_class_that_was_not_drawn_leaves_nothing_to_say() -> None:
    """Metrics of both classes are undefined on such a resample."""
    images = photos(3, 3, 7, side=6)
    weights = np.ones((6, 3), np.uint8)
    weights[:3, 1] = 0
    weights[3:, 2] = 0
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    for metric in resampled_metrics():
        found = metric.resample(seen, judge_at(0.5, 1.0))
        assert found is not None
        assert np.isfinite(found[0])
        if "anomalous" in metric.classes:
            assert np.isnan(found[2]), metric
        if metric.classes == ("normal", "anomalous"):
            assert np.isnan(found[1]), metric


@given(
    present=st.sets(st.integers(0, 65535), min_size=1, max_size=40),
    bins=st.integers(1, 64),
    seed=st.integers(0, 99),
)
def test_bins_keep_the_order_of_pages(present: set[int], bins: int, seed: int) -> None:
    """Bins are runs of neighbouring pages, numbered from the highest scores down."""
    rng = np.random.default_rng(seed)
    normal, marked = np.zeros(65536), np.zeros(65536)
    normal[list(present)] = rng.integers(0, 1000, len(present))
    marked[list(present)] = rng.integers(0, 9, len(present))
    found = bins_of_pages([normal], [marked], normal, bins)
    assert found[-1] == 0
    assert set(-np.diff(found)) <= {0, 1}
    assert found[0] + 1 <= bins + 1
    with_mass = np.flatnonzero(normal + marked)
    assert len(with_mass) == 0 or set(found[with_mass]) == set(range(found[0] + 1))
