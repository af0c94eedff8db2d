"""Scores of any size: what is computed is the number that exact arithmetic gives."""

from fractions import Fraction
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.counting.exact import as_float, root
from anomeval.errors import InvalidInputError, UsageError
from anomeval.judging.scale import Scale
from anomeval.ranking.sweep import even_edges, place_within
from anomeval.workflows.explaining import explain
from tests.support import Picture, fit_of, pictures_of, write_h5

LARGEST = float(np.finfo(np.float64).max)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def threshold_of(scores, rule="sigma@3"):
    """What a rule fits on normal images."""
    level = fit_of(pictures_of(scores, [0] * len(scores)), threshold=rule).shared.image
    assert level is not None
    return level.scale.threshold


@pytest.mark.parametrize("unit", [1.0, 1e155, 1e-200, 2.0**-1074, 2.0**1021])
def test_sigma_has_no_scale(unit):
    """Mean 3/2 and deviation 1/2 of 1 and 2, in whatever unit."""
    assert threshold_of([unit, 2 * unit]) == pytest.approx(3 * unit, rel=1e-15)


def test_a_threshold_beyond_all_numbers_is_refused():
    """And is not infinite, which would flag nothing."""
    with pytest.raises(UsageError, match="beyond the largest number") as refusal:
        threshold_of([-LARGEST, LARGEST])
    assert "max or quantile" in str(refusal.value)


def test_deviations_of_any_size_are_explained(tmp_path):
    """Of 1 and 2 the deviation of a sample is the root of one half."""
    for unit in (1.0, 1e155, 1e-200):
        scores = [unit, 2 * unit, 3 * unit]
        path = write_h5(tmp_path / "t.h5", pictures_of(scores, [0, 0, 1]))
        (level,) = explain([path]).scores
        assert level.normal.std == pytest.approx(unit * sqrt(0.5), rel=1e-15)
    path = write_h5(tmp_path / "t.h5", pictures_of([-LARGEST, LARGEST, 0.0], [0, 0, 1]))
    (level,) = explain([path]).scores
    assert (level.normal.mean, level.normal.std) == (0.0, None)
    assert sum(level.normal.counts) == 2


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_roots_in_range_are_those_of_the_library(square):
    """Bit for bit: no value that was right moves."""
    assert float(root(Fraction(square))) == sqrt(square)


@given(st.fractions(min_value=0).filter(bool), st.integers(-3000, 3000))
def test_roots_out_of_range_are_close(fraction, exponent):
    """The square of the root is the number, to the precision of float64."""
    square = fraction * Fraction(4) ** exponent
    assert abs(root(square) ** 2 / square - 1) < Fraction(1, 2**50)


def test_numbers_beyond_all_floats_are_infinite():
    """Whatever their sign."""
    assert as_float(Fraction(LARGEST) * 2) == inf
    assert as_float(Fraction(LARGEST) * -(2**1500)) == -inf
    assert as_float(Fraction(1, 3)) == 1 / 3


@given(FINITE, st.tuples(FINITE, FINITE), st.lists(FINITE, max_size=5))
def test_normalized_scores_are_the_formula(threshold, ends, scores):
    """clamp((x - t) / (M - m) + 1/2, 0, 1) in exact arithmetic, whatever overflows on the way."""
    low, high = sorted(ends)
    found = Scale(threshold, low, high).normalize(np.array(scores)).tolist()
    for score, value in zip(scores, found, strict=True):
        distance, width = Fraction(score) - Fraction(threshold), Fraction(high) - Fraction(low)
        sign = (distance > 0) - (distance < 0)
        place = distance / width if width else Fraction(sign)
        expected = min(max(place + Fraction(1, 2), Fraction(0)), Fraction(1))
        assert value == pytest.approx(float(expected), abs=1e-15)


def test_infinite_scores_are_at_the_ends():
    """On any scale; at an infinite threshold they are at their place."""
    for scale in (Scale(0.5, 0.0, 1.0), Scale(0.0, -LARGEST, LARGEST), Scale(1.0, 1.0, 1.0)):
        assert scale.normalize(np.array([-inf, inf])).tolist() == [0, 1]
    assert Scale(inf, 0.0, 1.0).normalize(np.array([inf, 1.0])).tolist() == [0.5, 0]


@given(st.tuples(FINITE, FINITE), st.integers(1, 40))
def test_edges_divide_any_range(ends, parts):
    """They ascend from one end to the other, evenly."""
    low, high = sorted(ends)
    edges = even_edges(low, high, parts)
    assert (edges[0], edges[-1], len(edges)) == (low, high, parts + 1)
    assert (edges[1:] >= edges[:-1]).all()
    middle = (Fraction(low) + Fraction(high)) / 2
    if parts % 2 == 0:
        size = max(abs(low), abs(high))
        assert abs(Fraction(edges[parts // 2]) - middle) <= Fraction(size) / 2**50 + 2**-1073


def test_a_place_is_found_in_any_range():
    """Halfway between the ends of all numbers is 0."""
    assert place_within(0.0, -LARGEST, LARGEST) == 0.5
    assert place_within(3.0, 2.0, 4.0) == 0.5


def test_images_with_infinite_scores_are_named():
    """All of them, at the level that is meant."""
    with pytest.raises(InvalidInputError, match="infinite scores have no range") as refusal:
        fit_of([Picture(s, n, path=f"{s}.png") for s, n in ((inf, 1), (0.5, 0), (-inf, 0))])
    assert [(p.image, p.field) for p in refusal.value.problems] == [
        ("-inf.png", "pred_score"),
        ("inf.png", "pred_score"),
    ]
    maps = {"a": [[0.0, 1.0]], "b": [[inf, 1.0]], "c": [[2.0, -inf]], "d": [[0.5, 0.5]]}
    pictures = [
        Picture(0.5, int(name == "b"), map_, [[int(name == "b"), 0]], name)
        for name, map_ in maps.items()
    ]
    with pytest.raises(InvalidInputError, match="infinite scores have no range") as refusal:
        fit_of(pictures)
    assert [(p.image, p.field) for p in refusal.value.problems] == [
        ("b", "anomaly_map"),
        ("c", "anomaly_map"),
    ]
