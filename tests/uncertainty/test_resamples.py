"""A resample is the data set with each image as often as it was drawn.

Such data sets are written out and measured by the exact metrics; these are the reference.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.evidence.findings import Findings
from anomeval.evidence.resampled_pixels import SHARE_BITS, bins_of_pages
from anomeval.evidence.resamples import ExtremeResample, ResampledEvidence, Resamples
from anomeval.metrics import METRICS, Metric
from anomeval.metrics.streamed import StreamedMetric
from tests.support import judge_at
from tests.uncertainty.scenes import Shot, balanced, evidence_of, photos, repeated

SIDE = 3
_scores = st.integers(0, 4).map(float)
_maps = st.lists(_scores, min_size=SIDE**2, max_size=SIDE**2)
_masks = st.lists(st.integers(0, 1), min_size=SIDE**2, max_size=SIDE**2)


def resampled_families() -> list[type[Metric]]:
    """Every built-in metric that says how it is resampled."""
    return [f for f in METRICS.values() if not issubclass(f, StreamedMetric)]


@st.composite
def shots(draw: st.DrawFn) -> list[Shot]:
    """A few images with many ties, of both classes; some defects may have no mask."""
    labels = draw(st.lists(st.booleans(), min_size=2, max_size=5).filter(lambda x: len({*x}) > 1))
    found = []
    for index, label in enumerate(labels):
        mask = np.array(draw(_masks) if label else [0] * SIDE**2, np.uint8).reshape(SIDE, SIDE)
        scores = np.array(draw(_maps), np.float32).reshape(SIDE, SIDE)
        found.append(Shot(f"{index}", label, draw(_scores), scores, mask))
    return found


def exact(metric: Metric, images: list[Shot], judge: object = None) -> float:
    """The value of the metric itself; NaN where it is undefined."""
    value = metric.compute(Findings(evidence_of(images)), judge).value  # type: ignore[arg-type]
    return np.nan if value is None else value


@given(images=shots(), seed=st.integers(0, 99), cut=_scores)
@pytest.mark.parametrize("family", resampled_families(), ids=lambda family: family.name)
def test_images_are_exact(family: type[Metric], images: list[Shot], seed: int, cut: float) -> None:
    """At image and sample level a resample has the value of the data set that it stands for."""
    weights, judge = balanced(images, 3, seed), judge_at(cut, cut)
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    for level in {*family.levels} - {"pixel"}:
        metric = family(level=level)
        expected = [exact(metric, repeated(images, column), judge) for column in weights.T]
        found = metric.resample(seen, judge)
        assert found is not None
        assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


@given(images=shots(), seed=st.integers(0, 99), cut=_scores)
@pytest.mark.parametrize("family", resampled_families(), ids=lambda family: family.name)
def test_pixels_are_bracketed(
    family: type[Metric], images: list[Shot], seed: int, cut: float
) -> None:
    """The true value of a resample lies between those of the best and the worst ranked bins."""
    if "pixel" not in family.levels:
        return
    metric, judge = family(level="pixel"), judge_at(cut, cut)
    weights = balanced(images, 3, seed)
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    for column in range(3):
        expected = exact(metric, repeated(images, weights[:, column]), judge)
        ends = [
            metric.resample(ExtremeResample(seen, column, best=best), judge)
            for best in (False, True)
        ]
        low, high = sorted(float(end[0]) for end in ends if end is not None)
        if np.isnan(expected):
            continue
        assert low - 1e-9 <= expected <= high + 1e-9


@pytest.mark.parametrize("text", ["pixel_recall", "pixel_pro"])
def test_what_is_found_at_a_cut_is_exact(text: str) -> None:
    """Pixels inside masks are known one by one, so bins play no part."""
    family = METRICS[text.removeprefix("pixel_")]
    metric, images, judge = family(level="pixel"), photos(6, 8, 0), judge_at(1.0, 1.234)
    weights = balanced(images, 4, 1)
    found = metric.resample(Resamples(ResampledEvidence(evidence_of(images)), weights), judge)
    expected = [exact(metric, repeated(images, column), judge) for column in weights.T]
    assert found == pytest.approx(expected, abs=SIDE * 2.0**-SHARE_BITS)


REPRESENTED = ("auroc", "ap", "aupr", "f1max", "ioumax", "pg", "pb", "aupro", "aupimo")


@pytest.mark.parametrize("name", REPRESENTED)
def test_bins_cost_little(name: str) -> None:
    """With continuous scores, a resample is off by a small part of the standard error.

    Off by what remains once the resamples are put right by the exact value.
    """
    parameters = {"fpr_low": 1e-3, "fpr_high": 1e-2} if name == "aupimo" else {}
    metric, images, count = METRICS[name](level="pixel", **parameters), photos(15, 15, 3), 12
    drawn = balanced(images, count, 4)
    weights = np.concatenate([drawn, np.ones((len(images), 1), np.uint8)], axis=1)
    found = metric.resample(Resamples(ResampledEvidence(evidence_of(images)), weights), None)
    assert found is not None
    true = np.array([exact(metric, repeated(images, column)) for column in weights.T])
    error = (found[:-1] - found[-1]) - (true[:-1] - true[-1])
    assert np.sqrt(np.mean(error**2)) < 0.03 * true[:-1].std()


@given(images=shots(), seed=st.integers(0, 99))
def test_resamples_do_not_know_each_other(images: list[Shot], seed: int) -> None:
    """One at a time or many at once: the same bytes."""
    weights = balanced(images, 4, seed)
    evidence = ResampledEvidence(evidence_of(images))
    for family in resampled_families():
        for level in family.levels:
            metric, judge = family(level=level), judge_at(2.0, 2.0)
            whole = metric.resample(Resamples(evidence, weights), judge)
            for column in range(4):
                one = Resamples(evidence, weights[:, column : column + 1])
                alone = metric.resample(one, judge)
                assert whole is not None
                assert alone is not None
                assert whole[column].tobytes() == alone[0].tobytes()


def test_many_images_are_resampled_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little memory there is, the outcome is the same."""
    images = photos(9, 9, 5, side=8)
    weights = balanced(images, 20, 6)
    metrics = [f(level=level) for f in resampled_families() for level in f.levels]
    judge = judge_at(0.5, 1.1)

    def outcome() -> list[bytes]:
        seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
        found = [metric.resample(seen, judge) for metric in metrics]
        return [values.tobytes() for values in found if values is not None]

    whole = outcome()
    monkeypatch.setattr("anomeval.evidence.resamples._NUMBERS_AT_ONCE", 50)
    monkeypatch.setattr("anomeval.evidence.resamples._UNITS_AT_ONCE", 2)
    monkeypatch.setattr("anomeval.evidence.resampled_pixels._IMAGES_AT_ONCE", 4)
    monkeypatch.setattr("anomeval.evidence.resampled_pixels._PIXELS_AT_ONCE", 30)
    assert outcome() == whole


def test_a_class_that_was_not_drawn_leaves_nothing_to_say() -> None:
    """Metrics of both classes are undefined on such a resample."""
    images = photos(3, 3, 7, side=6)
    weights = np.ones((6, 3), np.uint8)
    weights[:3, 1] = 0
    weights[3:, 2] = 0
    seen = Resamples(ResampledEvidence(evidence_of(images)), weights)
    for family in resampled_families():
        for level in family.levels:
            metric = family(level=level)
            found = metric.resample(seen, judge_at(0.5, 1.0))
            assert found is not None
            assert np.isfinite(found[0])
            if "anomalous" in metric.classes:
                assert np.isnan(found[2])
            if metric.classes == ("normal", "anomalous") and level != "pixel":
                assert np.isnan(found[1])


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
