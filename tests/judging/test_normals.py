"""The table of normal scores that travels with a fit bounds how far normal scores have moved."""

from bisect import bisect_left, bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.counting import ScoreCounts
from anomeval.judging.normals import POINTS, NormalScores


def counted(scores):
    counts = ScoreCounts()
    counts.absorb(np.asarray(scores, np.float64))
    return counts


def table_of(scores) -> NormalScores:
    table = NormalScores.of([counted(scores)])
    assert table is not None
    return table


def drawn(seed, size, *, wide=False):
    scores = np.random.default_rng(seed).gamma(2.0, size=size)
    return scores if wide else np.round(scores, 2)


def slow_distance(first, second):
    """Shares at or below every score of either, one after the other."""

    def share(scores, point):
        return sum(score <= point for score in scores) / len(scores)

    points = {*first, *second}
    return max(abs(share(first, point) - share(second, point)) for point in points)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("size", [1, 2, 50, 101, 102, 5000])
def test_every_entry_is_what_counting_by_hand_gives(size, wide):
    scores = sorted(drawn(size, size, wide=wide).tolist())
    table = table_of(scores)
    assert table.count == size
    assert len(table.scores) <= POINTS
    assert (table.scores[0], table.scores[-1]) == (scores[0], scores[-1])
    assert list(table.below) == [bisect_left(scores, one) for one in table.scores]
    assert list(table.at_or_below) == [bisect_right(scores, one) for one in table.scores]
    largest_step = max(np.diff([0, *table.below, size]))
    assert size <= POINTS or largest_step <= max(
        size / (POINTS - 1) + 1, max(np.subtract(table.at_or_below, table.below)) + size / 100 + 1
    )


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=POINTS),
    st.lists(st.integers(0, 30), min_size=1, max_size=200),
)
def test_of_few_scores_the_distance_is_exact(before, now):
    low, high = table_of(before).distance([counted(now)])
    assert low == high == pytest.approx(slow_distance(before, now), abs=1e-14)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("wide", [False, True])
def test_of_many_scores_the_bounds_hold_and_are_narrow(seed, wide):
    before, now = drawn(seed, 1500, wide=wide), drawn(seed + 50, 300, wide=wide) * (1 + seed / 20)
    low, high = table_of(before).distance([counted(now)])
    exact = slow_distance(before, now)
    assert low - 1e-14 <= exact <= high + 1e-14
    assert high - low <= 2 / (POINTS - 1)


def test_bounds_hold_where_one_score_is_all_there_is():
    assert table_of([1.0]).distance([counted([2.0])]) == (1.0, 1.0)
    assert table_of([1.0]).distance([counted([1.0])]) == (0.0, 0.0)


def test_without_scores_there_is_neither_table_nor_distance():
    assert NormalScores.of([counted([])]) is None
    assert table_of([1.0]).distance([counted([])]) is None


@pytest.mark.parametrize("size", [60, 2000])
def test_parts_count_together(size):
    """Of a split whose normal scores are kept in parts, on either side, nothing is lost."""
    before, now = drawn(1, size), drawn(2, size) * 1.1
    parts = [counted(before[::3]), counted(before[1::3]), counted(before[2::3]), counted([])]
    table = NormalScores.of(parts)
    ordered = sorted(before.tolist())
    assert table.count == size
    assert list(table.below) == [bisect_left(ordered, one) for one in table.scores]
    assert list(table.at_or_below) == [bisect_right(ordered, one) for one in table.scores]
    low, high = table.distance([counted(now[:7]), counted(now[7:])])
    assert low - 1e-14 <= slow_distance(before.tolist(), now.tolist()) <= high + 1e-14
    assert high - low <= (0 if size == 60 else 2 / (POINTS - 1))
