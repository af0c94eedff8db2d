"""Counts of what became of scores: clamped, decided, and whether any two became equal."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anomeval.judging.scale import Scale
from anomeval.judging.tally import LevelSummary, Tally

SCALE = Scale(2.0, 0.0, 100.0)


def tally_of(scores, scale, dtype, parts=1):
    """The summary of scores that came in so many parts."""
    tally = Tally()
    for part in np.array_split(np.asarray(scores), parts):
        stored = scale.normalize(part).astype(dtype)
        tally.take(part, stored, scale.is_anomalous(part), scale)
    return tally.summary()


def test_what_is_clamped_is_counted():
    """B3: everything from 52 up is tied at 1."""
    summary = tally_of([0.0, 1.0, 2.0, 40.0, 52.0, 60.0, 100.0], SCALE, np.float64)
    assert summary == LevelSummary(7, 5, 0, 3, distinct=7, distinct_stored=5)


def test_scores_that_rounding_makes_equal_are_counted():
    """Two neighbours of float64 cannot be told apart in float16."""
    scores = [10.0, np.nextafter(10.0, 11.0), 20.0]
    assert tally_of(scores, SCALE, np.float16).distinct_stored == 2
    assert tally_of(scores[::2], SCALE, np.float16).distinct_stored == 2


@given(
    st.lists(st.integers(-300, 300).map(lambda n: n / 4), min_size=1),
    st.integers(1, 4),
    st.sampled_from([np.float16, np.float32, np.float64]),
)
def test_distinct_scores_are_counted_exactly(scores, parts, dtype):
    """As sets have it, in however many parts they come."""
    summary = tally_of(scores, SCALE, dtype, parts)
    assert summary.distinct == len(set(scores))
    stored = SCALE.normalize(np.array(scores)).astype(dtype)
    assert summary.distinct_stored == len(np.unique(stored))


def test_scales_are_kept_apart():
    """The same score on two scales is two scores, for categories are not ranked together."""
    tally = Tally()
    for scale in (SCALE, Scale(3.0, 0.0, 100.0)):
        scores = np.array([1.0, 2.0])
        tally.take(scores, scale.normalize(scores), None, scale)
    assert tally.summary() == LevelSummary(4, 0, 0, 0, distinct=4, distinct_stored=4)


def test_without_a_scale_only_counts_are_known():
    """Another post-processor may do anything to the order of scores."""
    tally = Tally()
    tally.take(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([False, True]), None)
    assert tally.summary() == LevelSummary(2, 1, 1, 1, distinct=None, distinct_stored=None)


def test_nothing_counted_is_no_summary():
    """A level that was not written is not told about."""
    assert Tally().summary() is None
