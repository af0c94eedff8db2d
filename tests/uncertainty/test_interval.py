"""From a spread to the ends of an interval."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from anomeval.uncertainty.interval import (
    Spread,
    deviation,
    interval,
    mean_spread,
    spread_of,
    student_quantile,
)
from anomeval.uncertainty.jackknife import Leverage

spreads = st.builds(
    Spread,
    value=st.floats(0, 1),
    bias=st.floats(-0.2, 0.2),
    error=st.floats(0, 0.5),
    correction=st.floats(0.8, 1.3),
    freedom=st.floats(4, 1000),
    units=st.integers(5, 1000),
)
levels = st.floats(0.5, 0.99)


@given(spread=spreads, level=levels)
def test_an_interval_holds_the_value_and_stays_in_range(spread: Spread, level: float) -> None:
    """Whatever the bias and the error."""
    low, high = interval(spread, level)
    assert 0 <= low <= spread.value <= high <= 1


@given(spread=spreads, level=levels, wider=levels)
def test_more_confidence_is_wider(spread: Spread, level: float, wider: float) -> None:
    """Both ends move out, none moves in."""
    (low, high), (lower, higher) = (interval(spread, at) for at in sorted((level, wider)))
    assert lower <= low
    assert higher >= high


@pytest.mark.parametrize("freedom", [4, 5.5, 8, 30, 400, inf])
@pytest.mark.parametrize("probability", [0.5, 0.9, 0.95, 0.975, 0.99])
def test_student_quantile(probability: float, freedom: float) -> None:
    """As far off as its docstring admits."""
    found = student_quantile(probability, freedom)
    assert found == pytest.approx(stats.t.ppf(probability, freedom), abs=0.004)


@pytest.mark.parametrize(("value", "ends"), [(1.0, (0.9124, 1.0)), (0.0, (0.0, 0.0876))])
def test_perfection_is_not_certainty(value: float, ends: tuple[float, float]) -> None:
    """40 images without a mistake leave room for one mistake in eleven."""
    spread = Spread(value, 0.0, 0.0, 1.0, 78.0, 40)
    assert interval(spread, 0.95) == pytest.approx(ends, abs=1e-4)


def test_nearly_perfect_is_about_as_uncertain() -> None:
    """One image in a hundred thousand pairs on the wrong side changes little."""
    perfect = interval(Spread(1.0, 0.0, 0.0, 1.0, 78.0, 40), 0.95)
    nearly = interval(Spread(1 - 1 / 1600, 0.0, 1.08e-3, 1.0, 4.0, 40), 0.95)
    assert nearly[0] == pytest.approx(perfect[0], abs=0.03)


def test_a_value_that_no_resample_changes() -> None:
    """Equal scores everywhere give 0.5 in every resample; that is no certainty either."""
    low, high = interval(Spread(0.5, 0.0, 0.0, 1.0, 38.0, 20), 0.95)
    assert high - low > 0.3


def test_the_logit_scale() -> None:
    """The formula of the documentation."""
    low, high = interval(Spread(0.9, 0.0, 0.03, 1.0, inf, 40), 0.95)
    reach = 1.959964 * 0.03 / (0.9 * 0.1)
    logits = np.log(np.array([low, high]) / (1 - np.array([low, high])))
    assert logits == pytest.approx(np.log(9) + np.array([-reach, reach]), abs=1e-5)


def test_metrics_of_another_range() -> None:
    """A metric that may be negative is judged on its own scale."""
    low, high = interval(Spread(-0.2, 0.0, 0.1, 1.0, inf, 40), 0.95, bounded=False)
    assert (low, high) == pytest.approx((-0.396, -0.004), abs=1e-3)


def test_a_maximum_is_put_right() -> None:
    """Its interval moves down by 1.75 of the shift that resamples show; others stay."""
    held = Leverage(4e-4, 50.0, 1.0)
    replicates = np.random.default_rng(0).normal(0.85, 0.02, 500)
    plain = spread_of(0.82, replicates, held, 30, is_maximum=False)
    maximum = spread_of(0.82, replicates, held, 30, is_maximum=True)
    assert plain.bias == 0
    assert maximum.bias == pytest.approx(1.75 * 0.03, abs=4e-3)
    assert interval(maximum, 0.95)[0] < interval(plain, 0.95)[0]
    assert maximum.error == pytest.approx(0.02, rel=0.1)


def test_undefined_resamples_are_left_out() -> None:
    """They say nothing about the deviation."""
    assert deviation(np.array([1.0, np.nan, 3.0])) == 1.0


def test_the_mean_of_independent_values() -> None:
    """Errors add up in squares; the poorer known one decides about the freedom."""
    rng = np.random.default_rng(1)
    parts = rng.normal(0.8, 0.04, (4, 4000))
    held = Leverage(0.04**2, 10.0, 1.0)
    spreads = [spread_of(0.8, part, held, 12, is_maximum=False) for part in parts]
    whole = mean_spread(spreads, parts.mean(axis=0))
    assert whole.value == pytest.approx(0.8)
    assert whole.error == pytest.approx(0.02, rel=0.05)
    assert whole.freedom == pytest.approx(40, rel=0.05)
    assert whole.units == 48
