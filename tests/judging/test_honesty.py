"""How little a few normals tell of a false positive rate."""

import pytest

from anomeval.judging.honesty import FalsePositives, asked_rate, honest_words


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
