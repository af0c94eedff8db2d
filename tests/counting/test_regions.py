"""label_regions of both cores, against scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label

from .hostile import masks, patient, shapes


def spiral(size):
    """One region that winds around itself, a pixel wide, with a gap as wide."""
    mask = np.zeros((size, size), np.uint8)
    row, column, step = 0, 0, (0, 1)
    mask[0, 0] = 255
    for length in [size - 1, *(n for n in range(size - 1, 0, -2) for _ in range(2))]:
        for _ in range(length):
            row, column = row + step[0], column + step[1]
            mask[row, column] = 255
        step = (step[1], -step[0])
    return mask


def comb(height, width, *, joined_below):
    """Teeth that only the last row joins, or that nothing joins."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, ::2] = 1
    if joined_below:
        mask[-1] = 1
    return mask


def checkerboard(height, width):
    return (np.indices((height, width)).sum(axis=0) % 2).astype(np.uint8)


def frames(size):
    """Nested frames that do not touch."""
    mask = np.zeros((size, size), bool)
    for inset in range(0, size // 2, 2):
        mask[inset : size - inset, inset : size - inset] = True
        mask[inset + 1 : size - inset - 1, inset + 1 : size - inset - 1] = False
    return mask


def corners(height, width):
    mask = np.zeros((height, width), np.uint8)
    mask[[0, 0, -1, -1], [0, -1, 0, -1]] = 7
    return mask


def stairs(size):
    return np.eye(size, dtype=bool) | np.eye(size, dtype=bool)[::-1]


def check(core, mask):
    """Compare with scikit-image, whose labels are numbered anew by first pixel."""
    regions, sizes = core.label_regions(mask)
    expected = label(np.asarray(mask) != 0, connectivity=2)[np.asarray(mask) != 0]
    _, first, inverse = np.unique(expected, return_index=True, return_inverse=True)
    numbers = np.argsort(np.argsort(first))[inverse]
    assert regions.dtype == np.int32
    assert sizes.dtype == np.int64
    assert regions.tolist() == numbers.tolist()
    assert sizes.tolist() == np.bincount(numbers, minlength=len(first)).tolist()


@patient
@given(data=st.data(), shape=shapes())
def test_any_mask(core, data, shape):
    check(core, data.draw(masks(shape)))


@patient
@given(
    seed=st.integers(0, 1 << 32),
    density=st.floats(0, 1),
    height=st.integers(1, 70),
    width=st.integers(1, 200),
)
def test_noise_of_any_density(core, seed, density, height, width):
    mask = np.random.default_rng(seed).random((height, width)) < density
    check(core, mask)


@pytest.mark.parametrize(
    "mask",
    [
        spiral(31),
        spiral(64),
        comb(9, 40, joined_below=True),
        comb(9, 40, joined_below=True)[::-1],
        comb(9, 40, joined_below=False),
        comb(40, 9, joined_below=True).T,
        checkerboard(17, 33),
        1 - checkerboard(16, 32),
        frames(41),
        corners(5, 9),
        corners(2, 2),
        stairs(33),
        np.ones((13, 17), bool),
        np.zeros((64, 64), np.uint8),
        np.ones((1, 1), np.uint8),
        np.uint8([[1, 0, 0, 1]]),
        np.uint8([[1, 0, 0, 1]]).T,
        np.uint8([[0, 0, 0, 1], [1, 0, 0, 0]]),
    ],
)
def test_shapes_that_need_care(core, mask):
    check(core, mask)


@pytest.mark.parametrize("position", range(0, 130, 7))
def test_a_single_pixel_anywhere_is_found(core, position):
    mask = np.zeros((10, 13), np.uint8)
    mask.ravel()[position] = 255
    regions, sizes = core.label_regions(mask)
    assert regions.tolist() == [0]
    assert sizes.tolist() == [1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_mask_without_pixels(core, shape):
    regions, sizes = core.label_regions(np.zeros(shape, bool))
    assert regions.shape == sizes.shape == (0,)
