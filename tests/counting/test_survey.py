"""survey of both cores, against plain definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .hostile import masks, patient, score_maps, shapes


@patient
@given(scores=score_maps())
def test_range_without_nan(core, scores):
    seen = core.survey(scores)
    assert seen.nan_count == 0
    if scores.size:
        assert (seen.lowest, seen.highest) == (float(scores.min()), float(scores.max()))
        assert np.copysign(1, seen.lowest or 1.0) == np.sign(seen.lowest or 1.0)  # no -0.0
    else:
        assert (seen.lowest, seen.highest) == (None, None)


@patient
@given(data=st.data(), dtype=st.sampled_from([np.float16, np.float32]))
def test_nan_is_counted_and_left_out(core, data, dtype):
    scores = data.draw(score_maps(dtype)).copy()
    holes = data.draw(st.lists(st.integers(0, max(scores.size - 1, 0)), unique=True))
    if not scores.size:
        holes = []
    scores.reshape(-1)[holes] = data.draw(st.sampled_from([np.nan, -np.nan]))
    seen = core.survey(scores)
    rest = scores[~np.isnan(scores)]
    assert seen.nan_count == len(holes)
    expected = (float(rest.min()), float(rest.max())) if rest.size else (None, None)
    assert (seen.lowest, seen.highest) == expected


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_every_bit_pattern_of_nan(core, dtype):
    unsigned, one = (np.uint16, 1 << 10) if dtype == np.float16 else (np.uint32, 1 << 23)
    infinity = np.array(np.inf, dtype).view(unsigned)
    patterns = [infinity + 1, infinity + one // 2, infinity + one - 1]
    signed = [p | 1 << (8 * np.dtype(dtype).itemsize - 1) for p in patterns]
    scores = np.array([*patterns, *signed, infinity], unsigned).view(dtype)
    assert core.survey(scores[None]) == (6, np.inf, np.inf)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("position", [0, 4095, 4096, 9999])
def test_nan_in_a_large_map(core, dtype, position):
    scores = np.linspace(-3, 5, 10_000).astype(dtype)
    scores[position] = np.nan
    expected = scores[~np.isnan(scores)]
    assert core.survey(scores.reshape(100, 100)) == (1, expected.min(), expected.max())


def test_zero_has_no_sign(core):
    for dtype in (np.float16, np.float32):
        seen = core.survey(np.array([[-0.0]], dtype))
        assert str(seen.lowest) == str(seen.highest) == "0.0"


@patient
@given(data=st.data(), shape=shapes())
def test_levels_of_a_mask(core, data, shape):
    mask = data.draw(masks(shape))
    levels = np.asarray(mask, np.uint8).ravel().tolist()
    seen = core.survey_mask(mask)
    assert seen.marked == sum(level != 0 for level in levels)
    assert seen.highest == max(levels, default=0)
    assert seen.gray == any(level not in (0, 1, 255) for level in levels)


@pytest.mark.parametrize("level", range(256))
def test_every_level_is_told(core, level):
    mask = np.zeros((300, 400), np.uint8)
    mask[299, 399] = level
    assert core.survey_mask(mask) == (int(level != 0), level, 1 < level < 255)


def test_many_marks_are_all_counted(core):
    """Native code adds them up in bytes, some at a time."""
    for size in (191, 192, 193, 255, 256, 257, 100_000):
        assert core.survey_mask(np.ones((1, size), np.bool_)).marked == size
