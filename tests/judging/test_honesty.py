"""How little a few normals tell of a false positive rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from anomeval.judging.honesty import (
    FalsePositives,
    asked_rate,
    honest_words,
    normals_needed,
    wilson,
)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_that_of_scipy(counts):
    flagged, total = counts
    expected = binomtest(flagged, total).proportion_ci(0.95, "wilson")
    assert wilson(flagged / total, total, 0.95) == pytest.approx(tuple(expected), abs=1e-12)


@given(st.floats(1e-6, 1))
def test_the_normals_needed_are_the_fewest(rate):
    needed = normals_needed(rate)
    assert wilson(0.0, needed, 0.95)[1] <= rate * (1 + 1e-9)
    if needed > 1:
        assert wilson(0.0, needed - 1, 0.95)[1] > rate * (1 - 1e-9)


def test_no_number_of_normals_supports_a_rate_of_zero():
    assert normals_needed(0.0) is None


@pytest.mark.parametrize(
    ("rule", "rate"),
    [("fpr@0.01", 0.01), ("quantile@0.995", 0.005), ("max", None), ("sigma@3", None), ("f1", None)],
)
def test_rules_that_ask_for_a_rate(rule, rate):
    assert asked_rate(rule) == rate


@pytest.mark.parametrize(
    ("found", "rule", "words"),
    [
        ((0, 40, 40), "max", "0 of 40 normals flagged: up to 8.8 %"),
        (
            (0, 40, 40),
            "fpr@0.01",
            "0 of 40 normals flagged: up to 8.8 %; 1 % needs 381 normals, none of them flagged",
        ),
        ((0, 400, 400), "fpr@0.01", "0 of 400 normals flagged: up to 0.95 %"),
        (
            (0, 40, 40),
            "quantile@1",
            "0 of 40 normals flagged: up to 8.8 %; no number of normals supports 0 %",
        ),
        ((3, 3, 3), "f1", "3 of 3 normals flagged: up to 100 %"),
        (
            (40_000, 4_000_000, 40),
            "f1",
            "1 % of the normal pixels of 40 images flagged: up to 11 %",
        ),
        ((0, 0, 5), "manual@2", "no normals: nothing is known of false alarms"),
    ],
)
def test_it_is_told_in_words(found, rule, words):
    assert honest_words(FalsePositives(*found), rule) == words


def test_without_normals_the_rate_may_be_anything():
    assert FalsePositives(0, 0, 0).interval == (0.0, 1.0)
