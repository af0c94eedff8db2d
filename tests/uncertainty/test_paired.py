"""Differences of two results, resample by resample."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from anomeval.uncertainty.paired import Difference, why_unpaired
from anomeval.uncertainty.replicates import Replicates


def packed(values: np.ndarray, *, images: str = "digest", draws: str = "rule") -> Replicates:
    """Replicates of 40 normal and 40 anomalous images."""
    return Replicates.of(values, draws, images, 40, 40)


def pair(shift: float, seed: int, *, common: float = 0.05, own: float = 0.01) -> Difference:
    """Two results whose replicates have most of their variation in common."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0.8, common, 500)
    first, second = (packed(shared + rng.normal(0, own, 500)) for _ in "ab")
    moved = packed(second.values() + shift)
    return Difference.of(0.8, first, 0.8 + shift, moved)


@given(shift=st.floats(-0.1, 0.1), seed=st.integers(0, 50), level=st.floats(0.6, 0.99))
def test_intervals_and_p_values_agree(shift: float, seed: int, level: float) -> None:
    """A difference shows at a level exactly if the interval of that level leaves out zero."""
    found = pair(shift, seed)
    low, high = found.interval(level)
    assert low <= found.value <= high
    if abs(found.p_value() - (1 - level)) > 1e-3:
        assert (found.p_value() < 1 - level) == (low > 0 or high < 0)
    assert found.at_least(level) == pytest.approx(found.interval(2 * level - 1)[0])
    assert found.at_most(level) == pytest.approx(found.interval(2 * level - 1)[1])


@given(shift=st.floats(-0.1, 0.1), seed=st.integers(0, 50), bound=st.floats(-0.05, 0.05))
def test_one_sided_bounds_and_p_values_agree(shift: float, seed: int, bound: float) -> None:
    """What a gate asks: is the true difference beyond an allowance?"""
    found = pair(shift, seed)
    if abs(found.p_not_below(bound) - 0.05) > 1e-3:
        assert (found.p_not_below(bound) < 0.05) == (found.at_most(0.95) < bound)
    if abs(found.p_not_above(bound) - 0.05) > 1e-3:
        assert (found.p_not_above(bound) < 0.05) == (found.at_least(0.95) > bound)


def test_what_is_common_cancels() -> None:
    """The error of the difference is that of the detectors' own variation."""
    found = pair(-0.03, 0)
    assert found.below == pytest.approx(0.01 * np.sqrt(2), rel=0.15)
    assert found.above == pytest.approx(0.01 * np.sqrt(2), rel=0.15)
    assert found.value == pytest.approx(-0.03)
    assert found.freedom == 78
    expected = 2 * stats.t.sf(0.03 / (0.01 * np.sqrt(2)), 78)
    assert found.p_value() == pytest.approx(expected, abs=0.03)


def test_sides_may_differ() -> None:
    """Replicates with a long tail downwards reach far downwards only."""
    rng = np.random.default_rng(3)
    still = packed(np.full(500, 0.9))
    skewed = packed(0.9 - rng.exponential(0.02, 500))
    found = Difference.of(0.9, still, 0.88, skewed)
    assert found.below > 1.5 * found.above


def test_no_difference_in_any_resample() -> None:
    """Two perfect detectors: no sign of a difference, but other images could show one."""
    perfect = packed(np.ones(500))
    found = Difference.of(1.0, perfect, 1.0, perfect)
    assert found.p_value() == 1.0
    assert found.interval(0.95) == pytest.approx((-0.09, 0.09), abs=0.005)


def test_a_result_with_fewer_resamples_pairs_on_those() -> None:
    """The first 300 of 500 are the same resamples."""
    rng = np.random.default_rng(4)
    shared = rng.normal(0.8, 0.05, 500)
    long, short = packed(shared), packed(shared[:300] + 0.01)
    assert why_unpaired(long, short) is None
    found = Difference.of(0.8, long, 0.81, short)
    assert found.below == pytest.approx(0, abs=1e-5)


def test_what_does_not_pair() -> None:
    """Other images, or another rule of drawing, in words."""
    rng = np.random.default_rng(5)
    first = packed(rng.normal(0.8, 0.05, 100))
    assert "different images" in str(why_unpaired(first, replace(first, images="other")))
    assert "different rules" in str(why_unpaired(first, replace(first, draws="other")))
    holes = np.where(np.arange(100) < 30, np.nan, first.values())
    assert "undefined in 30 resamples" in str(why_unpaired(first, packed(holes)))


def test_errs_at_its_nominal_rate() -> None:
    """Two detectors of equal quality differ significantly in one of twenty data sets."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(600):
        effects = rng.standard_normal(80) * 0.1
        weights = rng.poisson(1, (500, 80))
        replicates = 0.7 + (weights @ effects) / weights.sum(axis=1)
        still = packed(np.full(500, 0.7))
        found.append(Difference.of(0.7, still, 0.7 + effects.mean(), packed(replicates)))
    share = np.mean([difference.p_value() < 0.05 for difference in found])
    assert 0.03 < share < 0.075
