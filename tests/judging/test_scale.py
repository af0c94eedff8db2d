"""Laws of the one decision rule and of normalization."""

from fractions import Fraction
from math import inf

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anomeval.judging.scale import Scale
from tests.reference.normalization import normalized, raw_cut

numbers = st.floats(-1e6, 1e6)
sensitivities = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.8, 1.0])


@st.composite
def scales(draw) -> Scale:
    """Any scale with a range that is not lost in rounding, or with none."""
    low, threshold, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    assume(high == low or high - low > 1e-6)
    return Scale(threshold, low, high, draw(sensitivities))


@given(scales(), st.lists(numbers, min_size=1))
def test_normalization_is_what_the_reference_says(scale, scores):
    """In exact fractions, to rounding."""
    expected = [normalized(score, scale.threshold, scale.low, scale.high) for score in scores]
    found = scale.normalize(np.array(scores))
    assert found.tolist() == pytest.approx([float(value) for value in expected], abs=1e-9)


@given(scales(), st.lists(st.floats(allow_nan=False), min_size=1))
def test_normalization_stays_between_zero_and_one_and_in_order(scale, scores):
    """For every score, infinite ones included."""
    found = scale.normalize(np.sort(scores))
    assert found.min() >= 0
    assert found.max() <= 1
    assert (np.diff(found) >= 0).all()


@given(scales())
def test_the_threshold_shows_as_one_half(scale):
    """Exactly, whatever the range."""
    assert scale.normalize(np.array([scale.threshold])) == 0.5


@given(scales())
def test_the_cut_is_what_the_reference_says(scale):
    """Threshold + (1/2 - sensitivity) * (max - min), to the last bit."""
    assert scale.cut == float(raw_cut(scale.threshold, scale.low, scale.high, scale.sensitivity))


def test_the_cut_is_rounded_once():
    """In hundredths from 0 to 1: where the exact cut is a score, that score is anomalous."""
    for hundredths in range(101):
        scale = Scale(0.5, 0.0, 1.0, hundredths / 100)
        assert scale.is_anomalous(np.array([(100 - hundredths) / 100])).all()


@pytest.mark.parametrize(
    ("scale", "cut"),
    [
        (Scale(1.7e308, -1.7e308, 1.7e308, 0.0), inf),
        (Scale(-1.7e308, -1.7e308, 1.7e308, 1.0), -inf),
        (Scale(0.0, -1.7e308, 1.7e308, 0.25), 8.5e307),
        (Scale(inf, 0.0, 1.0, 0.8), inf),
        (Scale(1.0, 0.0, inf, 0.8), -inf),
    ],
)
def test_a_cut_beyond_all_numbers_is_infinite(scale, cut):
    """A range that overflows does not make a cut overflow that is in reach."""
    assert scale.cut == cut


@given(scales())
def test_the_normalized_threshold_is_where_the_cut_shows(scale):
    """1 - sensitivity, and 1/2 where there is no range."""
    shown = scale.normalize(np.array([scale.cut]))[0]
    assert shown == pytest.approx(scale.normalized_threshold, abs=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "uint16"])
@given(scales(), st.lists(st.integers(0, 255), min_size=1), st.floats(-4, 4))
def test_decisions_compare_numbers_not_types(dtype, scale, scores, shift):
    """A cut between two neighbours of a narrow type is not rounded to one of them."""
    offset = shift if dtype.startswith("float") else 0
    array = (np.array(scores, np.float64) + offset).astype(dtype)
    found = scale.is_anomalous(array)
    assert found.tolist() == [Fraction(float(x)) >= Fraction(scale.cut) for x in array]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@given(st.floats(0.1, 100))
def test_the_neighbours_of_a_cut_are_told_apart(dtype, cut):
    """The narrow score next below the cut is normal, the one next above is anomalous."""
    nearest = dtype(cut)
    scores = np.array([np.nextafter(nearest, dtype(0)), nearest, np.nextafter(nearest, dtype(999))])
    found = Scale(cut, 0.0, 1.0).is_anomalous(scores)
    assert found.tolist() == [False, float(nearest) >= cut, True]


def test_nan_is_normal_and_stays_nan():
    """A comparison with NaN is false; nothing hides it in the normalized scores."""
    scale = Scale(0.5, 0.0, 1.0)
    assert not scale.is_anomalous(np.array([np.nan])).any()
    assert np.isnan(scale.normalize(np.array([np.nan]))).all()


def test_scores_far_beyond_a_narrow_range_are_clamped_quietly():
    """No overflow is told of on the way to 0 or 1."""
    found = Scale(0.0, 0.0, 1e-300).normalize(np.array([-1e300, 1e300]))
    assert found.tolist() == [0.0, 1.0]
