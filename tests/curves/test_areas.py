"""Curves are complete: areas below the given points, by the plainest sums, are the metrics.

The sums here know nothing of how the curves were made, nor of how the metrics are computed.
"""

from math import inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import Picture, evaluation_of, overall

EXACT = 1e-12
SCORES = st.sampled_from([-inf, -2.0, -0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, inf])
LIMITS = (0.05, 0.3, 1.0)
WINDOWS = ((1e-5, 1e-4), (0.05, 0.5), (0.1, 1.0), (0.25, 0.75))
METRICS = (
    *(f"{level}_{name}" for level in ("image", "pixel") for name in ("auroc", "ap", "aupr")),
    *(f"aupro@{limit}" for limit in LIMITS),
    *(f"aupimo(fpr_low={low},fpr_high={high})" for low, high in WINDOWS),
)


@st.composite
def splits(draw, categories=("",), grouped=False):
    """A few images of 3 to 6 pixels; many scores tie, some are infinite."""
    pictures = []
    for number in range(draw(st.integers(1, 7))):
        height, width = draw(st.sampled_from([(1, 3), (2, 2), (3, 2)]))
        rows = [[draw(SCORES) for _ in range(width)] for _ in range(height)]
        label = draw(st.integers(0, 1))
        mask = [[label * draw(st.integers(0, 1)) for _ in range(width)] for _ in range(height)]
        if label:
            mask[0][0] = 1
        pictures.append(
            Picture(
                draw(SCORES),
                label,
                rows,
                mask,
                f"{number}.png",
                draw(st.sampled_from(categories)) or None,
                group=f"part {draw(st.integers(0, 3))}" if grouped else None,
            )
        )
    return pictures


def trapezoids(x, y):
    """The area below straight lines."""
    return sum((b - a) * (c + d) / 2 for a, b, c, d in zip(x, x[1:], y, y[1:], strict=False))


def up_to(x, y, limit):
    """A curve cut off at a place; where it is upright there, all of it is kept."""
    inside = [(a, b) for a, b in zip(x, y, strict=True) if a <= limit]
    last = len(inside)
    if inside[-1][0] < limit:
        share = (limit - x[last - 1]) / (x[last] - x[last - 1])
        inside.append((limit, y[last - 1] + share * (y[last] - y[last - 1])))
    return zip(*inside, strict=True)


def check(arrays, values, prefix=""):
    """Every curve against the metrics of its data, by canonical text."""

    def curve(kind, *axes):
        return [arrays[f"{prefix}{kind}_{axis}"].tolist() for axis in axes]

    for level in ("image", "pixel", "sample"):
        if values.get(f"{level}_auroc") is not None:
            area = trapezoids(*curve(f"{level}_roc", "fpr", "tpr"))
            assert area == pytest.approx(values[f"{level}_auroc"], abs=EXACT)
        if values.get(f"{level}_ap") is not None:
            recall, precision = curve(f"{level}_pr", "recall", "precision")
            area = trapezoids(recall, precision)
            assert area == pytest.approx(values[f"{level}_aupr"], abs=EXACT)
            gains = zip(recall, recall[1:], precision[1:], strict=False)
            steps = sum((b - a) * height for a, b, height in gains)
            assert steps == pytest.approx(values[f"{level}_ap"], abs=EXACT)
    for limit in LIMITS:
        if (value := values.get(f"pixel_aupro(fpr_limit={limit})")) is not None:
            area = trapezoids(*map(list, up_to(*curve("pixel_pro", "fpr", "overlap"), limit)))
            assert area / limit == pytest.approx(value, abs=EXACT)


def check_images(arrays, evaluation, prefix=""):
    """The area of each image within each window, and that of their mean."""
    rates = arrays[f"{prefix}pixel_pimo_fpr"]
    recalls = arrays[f"{prefix}pixel_pimo_recall"]
    rows = overall(evaluation)
    for low, high in WINDOWS:
        assert {low, high} <= set(rates.tolist())
        inside = (rates >= low) & (rates <= high)
        x = np.log(rates[inside]).tolist()
        width = log(high) - log(low)
        areas = [trapezoids(x, recall[inside].tolist()) / width for recall in recalls]
        value = next(
            row.value
            for metric, row in rows.items()
            if metric.startswith("pixel_aupimo")
            and (f"fpr_low={low}" in metric and f"fpr_high={high}" in metric)
        )
        assert np.mean(areas) == pytest.approx(value, abs=EXACT)
        mean = trapezoids(x, recalls.mean(axis=0)[inside].tolist()) / width
        assert mean == pytest.approx(value, abs=EXACT)


def values_of(evaluation, category=None):
    """The values of all images, or of one category, by canonical text."""
    group = None if category is None else {"category": category}
    return {row.metric: row.value for row in evaluation.result.rows if row.group == group}


@given(splits())
def test_areas_are_the_metrics(pictures):
    """One category: every area."""
    evaluation = evaluation_of(pictures, *METRICS)
    arrays = evaluation.curves()
    check(arrays, values_of(evaluation))
    if "pixel_pimo_fpr" in arrays:
        check_images(arrays, evaluation)


@given(splits(categories=("brick", "a/b")))
def test_areas_of_categories_are_theirs(pictures):
    """Several categories: the area of each, whatever it is called."""
    evaluation = evaluation_of(pictures, *METRICS, by="category")
    arrays, names = evaluation.curves(), {picture.category for picture in pictures}
    for name in names:
        prefix = f"{name}/" if len(names) > 1 else ""
        values = values_of(evaluation, name if len(names) > 1 else None)
        check(arrays, values, prefix)


@given(splits(grouped=True))
def test_areas_of_groups_of_images_are_theirs(pictures):
    """Sample level: one score and one label for each group."""
    evaluation = evaluation_of(pictures, "sample_auroc", "sample_ap", "sample_aupr", by="group_id")
    check(evaluation.curves(), values_of(evaluation))


@given(splits())
def test_points_are_what_their_thresholds_flag(pictures):
    """Thresholds descend; at each, `score >= threshold` has the rates that are given."""
    evaluation = evaluation_of(pictures, *METRICS)
    arrays = evaluation.curves()
    normal, anomalous = (
        np.array([picture.score for picture in pictures if picture.label == label], np.float64)
        for label in (0, 1)
    )
    for kind, axes in (("roc", ("fpr", "tpr")), ("pr", ("recall", "precision"))):
        if f"image_{kind}_threshold" not in arrays:
            continue
        thresholds = arrays[f"image_{kind}_threshold"]
        assert (thresholds[1:] <= thresholds[:-1]).all()
        points = zip(*(arrays[f"image_{kind}_{axis}"] for axis in axes), strict=True)
        for number, (threshold, point) in enumerate(zip(thresholds, points, strict=True)):
            if number == 0:  # above all scores, whatever they are
                assert (threshold, point) == (inf, (0.0, 0.0 if kind == "roc" else 1.0))
                continue
            found, flagged = (anomalous >= threshold).sum(), (normal >= threshold).sum()
            share = found / len(anomalous)
            if kind == "roc":
                assert point == (flagged / len(normal), share)
            else:
                assert point == (share, found / (found + flagged))


def test_what_does_not_bend_is_left_out():
    """By hand: of ten normals below a perfect anomaly the lowest alone, of three above two."""
    scores = [20.0, 10.0, *(n / 10 for n in range(10)), 30.0, 29.0, 28.0]
    labels = [1, 1, *[0] * 13]
    arrays = evaluation_of([Picture(s, n) for s, n in zip(scores, labels, strict=True)]).curves()
    assert arrays["image_roc_threshold"].tolist() == [inf, 28, 10, 0]
    assert arrays["image_roc_fpr"].tolist() == [0, 3 / 13, 3 / 13, 1]
    assert arrays["image_roc_tpr"].tolist() == [0, 0, 1, 1]
    assert arrays["image_pr_threshold"].tolist() == [inf, 28, 20, 10, 0]


def test_few_points_stand_for_normal_pixels():
    """A million distinct normal scores, four anomalous ones: as many corners as those make."""
    rng = np.random.default_rng(0)
    normal = rng.permutation(1_000_000).astype(np.float64).reshape(1000, 1000)
    maps = [normal, np.full((1000, 1000), -1.0)]
    maps[1][0, :4] = [999_999.5, 5e5, 5e5, 10.5]
    masks = [np.zeros((1000, 1000)), np.zeros((1000, 1000))]
    masks[1][0, :4] = 1
    pictures = [
        Picture(n, n, map_, mask, f"{n}.png")
        for n, (map_, mask) in enumerate(zip(maps, masks, strict=True))
    ]
    arrays = evaluation_of(pictures).curves()
    counts = {name: len(arrays[f"pixel_{name}"]) for name in ("roc_fpr", "pr_recall", "pro_fpr")}
    assert counts == {"roc_fpr": 7, "pr_recall": 7, "pro_fpr": 7}
    assert len(arrays["pixel_pimo_fpr"]) <= 7 + 2
