"""Other definitions are what their descriptions say, on cases worked out by hand."""

from fractions import Fraction as F

import numpy as np
import pytest

from anomeval.ranking.best import best_f1
from anomeval.ranking.dialects.overlap import (
    Curve,
    Marked,
    equal_ranks,
    equal_steps,
    limited_area,
    sampled_curve,
    stretched_area,
)
from anomeval.ranking.dialects.precision_recall import area_sorted_by_recall
from anomeval.ranking.dialects.sampled_f1 import best_sampled_f1
from anomeval.ranking.sample import Sample
from anomeval.ranking.sweep import even_edges


def sample_of(scores, labels):
    return Sample.of(np.array(scores, np.float64), np.array(labels, np.bool_))


ANOMALIB_AUPR = {  # scores, labels, what anomalib's construction gives
    "perfect": (".1 .2 .8 .9", "0 0 1 1", F(7, 8)),
    "one out of place": (".1 .4 .35 .8", "0 0 1 1", F(3, 4)),
    "tie across classes": (".1 .5 .5 .9", "0 0 1 1", F(7, 8)),
    "constant": (".5 .5 .5 .5", "0 0 1 1", F(3, 4)),
    "constant, rare": (".5 .5 .5 .5", "0 0 0 1", F(5, 8)),
    "inverted": (".9 .8 .2 .1", "0 0 1 1", F(13, 24)),
    "equal F1": (".13 .26 .08 .92 .03", "0 0 1 1 0", F(41, 60)),
    "ten": (
        ".59 .35 .72 .33 .73 .81 .30 .05 .04 .48",
        "0 1 1 1 0 0 0 0 1 1",
        F(6173, 12600),
    ),
    "tie group": ("1 2 2 2 3", "0 1 0 1 1", F(13, 15)),
    "raw": ("2.3 1.6 2.6 7.9 3.3", "0 0 0 1 1", F(17, 20)),
    "binary": ("1 1 0", "1 0 0", F(2, 3)),
    "anomalous only": (".1 .2 .3", "1 1 1", F(1)),
}


@pytest.mark.parametrize("case", ANOMALIB_AUPR.values(), ids=list(ANOMALIB_AUPR))
def test_the_area_sorted_by_recall_is_that_of_anomalib(case):
    scores, labels, expected = case
    numbers = [float(score) for score in scores.split()]
    sample = sample_of(numbers, [label == "1" for label in labels.split()])
    assert area_sorted_by_recall(sample.ranking) == pytest.approx(float(expected), rel=1e-15)


# One image: a region of 4 pixels that score 9 7 6 5, background 8 4 3 2 1 and seven times 0.
INSIDE, OUTSIDE = (9, 7, 6, 5), (8, 4, 3, 2, 1, *[0] * 7)
REGION = Marked(np.array(INSIDE, np.float64), np.zeros(4, np.int32), np.array([4]))


def small():
    return sample_of([*INSIDE, *OUTSIDE], [1] * len(INSIDE) + [0] * len(OUTSIDE))


def test_a_curve_is_sampled_above_or_from_each_threshold():
    above = sampled_curve(small(), [REGION], np.array([0.0, 5.0, 8.0]))
    assert above.fpr.tolist() == [5 / 12, 1 / 12, 0.0]
    assert above.overlap.tolist() == [1.0, 0.75, 0.25]
    reached = sampled_curve(small(), [REGION], np.array([0.0, 5.0, 8.0]), inclusive=True)
    assert reached.fpr.tolist() == [1.0, 1 / 12, 1 / 12]
    assert reached.overlap.tolist() == [1.0, 1.0, 0.25]


def test_every_region_weighs_the_same():
    regions = Marked(np.array([9.0, 7, 6, 5]), np.array([1, 0, 0, 0], np.int32), np.array([3, 1]))
    curve = sampled_curve(small(), [regions], np.array([6.5]))
    assert curve.overlap.tolist() == [pytest.approx((1 + 1 / 3) / 2)]


def test_thresholds_stand_where_their_rule_puts_them():
    assert equal_steps(0.0, 8.0, 4).tolist() == [0, 2, 4, 6]
    assert even_edges(0.0, 8.0, 4).tolist() == [0, 2, 4, 6, 8]
    assert equal_ranks(small(), 3).tolist() == [0, 8]  # the lowest, the middle, the highest


def test_an_area_up_to_a_limit_is_linear_between_points():
    curve = Curve(np.array([0.5, 0.25, 0.0]), np.array([1.0, 0.5, 0.25]))
    kept = limited_area(curve, 0.5)
    assert (kept.area, kept.points) == (pytest.approx((0.25 * 0.375 + 0.25 * 0.75) / 0.5), 3)
    inside = limited_area(curve, 0.3)  # the limit lies on the way from 1/4 to 1/2
    assert inside.area == pytest.approx((0.25 * 0.375 + 0.05 * (0.5 + 0.6) / 2) / 0.3)
    assert limited_area(curve, 1.0).area == pytest.approx(0.25 * 0.375 + 0.25 * 0.75 + 0.5)


def test_a_perfect_curve_has_the_full_area_whatever_the_limit():
    curve = Curve(np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    assert [limited_area(curve, limit).area for limit in (0.05, 0.3, 1.0)] == [1.0, 1.0, 1.0]


def test_stretching_takes_the_last_rate_below_the_limit_for_one():
    curve = Curve(np.array([0.9, 0.2, 0.1, 0.0]), np.array([1.0, 0.8, 0.6, 0.0]))
    kept = stretched_area(curve, 0.3)
    assert kept == (pytest.approx((0.0 + 0.6) / 2 * 0.5 + (0.6 + 0.8) / 2 * 0.5), 3, 0.2)


@pytest.mark.parametrize("fpr", [[0.9, 0.5], [0.9, 0.2], [0.2, 0.2]])
def test_too_few_points_have_no_area(fpr):
    assert stretched_area(Curve(np.array(fpr), np.array([1.0, 0.5])), 0.3).area is None


def test_one_far_score_leaves_few_thresholds():
    """Most of the thresholds in equal steps then lie above all other scores."""
    low = [0.01 * number for number in range(60)]
    sample = sample_of([*low, 0.9, 1.0, 100.0], [0] * 60 + [1, 1, 0])
    curve = sampled_curve(sample, [REGION], equal_steps(*sample.range(), 200))
    assert (curve.fpr[2:] == 1 / 61).all()


def test_21_thresholds_flag_what_is_strictly_above():
    best = best_sampled_f1(sample_of([0.0, 0.5, 0.5, 1.0], [0, 0, 1, 1]))
    assert best == (0.8, 0.0, 0.0)  # above 0: both anomalous and one normal
    tied = best_sampled_f1(sample_of([3.0, 3.0], [0, 1]))
    assert tied.value == 0.0  # nothing is above the only score


def test_21_thresholds_never_beat_all():
    for case in range(20):
        random = np.random.default_rng(case)
        scores, labels = random.normal(size=50) ** 3, random.integers(0, 2, 50)
        sample = sample_of(scores, labels)
        assert best_sampled_f1(sample).value <= best_f1(sample.ranking).value
