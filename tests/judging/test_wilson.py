"""Wilson's interval, against SciPy's, and the number of trials that follows from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from anomeval.ranking.wilson import trials_needed, wilson

levels = st.floats(0.5, 0.99)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), levels)
def test_wilson_is_that_of_scipy(counts, level):
    hits, total = counts
    expected = binomtest(hits, total).proportion_ci(level, "wilson")
    assert wilson(hits / total, total, level) == pytest.approx(tuple(expected), abs=1e-12)


@given(st.floats(1e-6, 1), levels)
def test_the_trials_needed_are_the_fewest(share, level):
    needed = trials_needed(share, level)
    assert wilson(0.0, needed, level)[1] <= share * (1 + 1e-9)
    if needed > 1:
        assert wilson(0.0, needed - 1, level)[1] > share * (1 - 1e-9)


def test_no_number_of_trials_supports_a_share_of_zero():
    assert trials_needed(0.0, 0.95) is None
