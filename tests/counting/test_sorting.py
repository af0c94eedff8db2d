"""descending and distinct of both cores, against Python's own sort and dictionary."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.counting import descending, distinct, numpy_core

from .hostile import patient, score_maps


@st.composite
def tagged(draw):
    scores = draw(score_maps(np.float32)).ravel()
    tags = draw(
        st.lists(
            st.sampled_from([0, 1, 255, 256, 65_536, 2**32 - 1]),
            min_size=len(scores),
            max_size=len(scores),
        )
    )
    return scores, np.array(tags, np.uint32)


def check_descending(function, scores, tags):
    ordered, moved = function(scores, tags)
    expected = sorted(zip((-(scores + 0)).tolist(), tags.tolist(), strict=True))
    assert (ordered.dtype, moved.dtype) == (scores.dtype.newbyteorder("="), np.uint32)
    assert list(zip((-ordered).tolist(), moved.tolist(), strict=True)) == expected
    assert not np.signbit(ordered[ordered == 0]).any()


def check_distinct(function, scores):
    values, counts, places = function(scores)
    expected = sorted(Counter((scores + 0).tolist()).items(), reverse=True)
    assert list(zip(values.tolist(), counts.tolist(), strict=True)) == expected
    assert values[places].tolist() == (scores + 0).tolist()
    assert (counts.dtype, places.dtype) == (np.uint32, np.uint32)
    assert not np.signbit(values[values == 0]).any()


@patient
@given(case=tagged())
def test_descending(core, case):
    check_descending(core.descending, *case)


@patient
@given(scores=score_maps(np.float32))
def test_distinct(core, scores):
    check_distinct(core.distinct, scores.ravel())


@patient
@given(case=tagged())
def test_float64_is_sorted_at_full_width(case):
    scores, tags = case
    wide = np.concatenate([scores.astype(np.float64), [1.0, 1.0 + 2**-52, 1.0]])
    check_descending(descending, wide, np.concatenate([tags, np.uint32([7, 3, 5])]))
    check_distinct(distinct, wide)


def test_both_cores_sort_much_alike(native):
    rng = np.random.default_rng(5)
    scores = np.exp(rng.standard_normal(300_000)).astype(np.float16).astype(np.float32)
    scores[::7] = rng.standard_normal(len(scores[::7]))  # also negative and rare ones
    tags = rng.integers(0, 2**32, len(scores), np.uint32)
    check_descending(native.descending, scores, tags)
    check_distinct(native.distinct, scores)


def test_both_cores_rank_more_than_they_sort_at_once(native):
    rng = np.random.default_rng(7)
    scores = rng.random(2_500_000).astype(np.float16).astype(np.float32)
    scores[:100_000] = rng.standard_normal(100_000)
    scores[-1] = np.inf
    for ours, theirs in zip(native.distinct(scores), numpy_core.distinct(scores), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_extension_refuses_other_buffers(native):
    few, many = np.ones(2, np.float32), np.ones(3, np.float32)
    with pytest.raises(ValueError, match="differ in length"):
        native._native.descending(few, np.ones(3, np.uint32))
    for scores, tags in ((few, few), (np.ones(2), np.ones(2, np.uint32)), (many[::2], None)):
        with pytest.raises((TypeError, ValueError, BufferError)):
            native._native.descending(scores, tags)
    for scores in (np.ones(2), many[::2], 3, None):
        with pytest.raises((TypeError, ValueError, BufferError)):
            native._native.distinct(scores)
