"""Hypothesis strategies for the maps and masks that break counting code."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = (np.float16, np.float32, np.uint8, np.uint16)

# Sanitized builds and busy machines are slow; that alone is no failure.
patient = settings(deadline=None)

FLOAT_TRAPS = [0.0, -0.0, np.inf, -np.inf, 1.0, -1.0, 0.5]


def shapes() -> st.SearchStrategy[tuple[int, ...]]:
    """Two dimensions, either of which may be 0 or 1."""
    return hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=24)


@st.composite
def score_maps(draw: st.DrawFn, dtype: type | None = None) -> np.ndarray:
    """Maps (H, W) without NaN: few or many distinct values, traps, ties, constant stretches."""
    dtype = dtype or draw(st.sampled_from(DTYPES))
    shape = draw(shapes())
    values = draw(hnp.arrays(dtype, shape, elements=_elements(dtype), fill=_elements(dtype)))
    return draw(st.sampled_from([_as_is, _fortran, _strided, _swapped, _read_only]))(values)


def _elements(dtype: type) -> st.SearchStrategy:
    kind = np.dtype(dtype)
    if kind.kind == "u":
        return st.integers(0, np.iinfo(kind).max)
    info = np.finfo(kind)
    traps = [*FLOAT_TRAPS, info.tiny, info.smallest_subnormal, -info.smallest_subnormal, info.max]
    anything = st.floats(width=8 * kind.itemsize, allow_nan=False, allow_subnormal=True)
    return st.one_of(st.sampled_from([float(x) for x in traps]), anything)


@st.composite
def masks(draw: st.DrawFn, shape: tuple[int, ...]) -> np.ndarray:
    """Masks of one shape; any byte but zero is anomalous."""
    dtype = draw(st.sampled_from([np.bool_, np.uint8]))
    marks = st.booleans() if dtype == np.bool_ else st.sampled_from([0, 1, 7, 128, 255])
    mask = draw(hnp.arrays(dtype, shape, elements=marks, fill=marks))
    return draw(st.sampled_from([_as_is, _fortran, _strided, _read_only]))(mask)


def _as_is(array: np.ndarray) -> np.ndarray:
    return array


def _fortran(array: np.ndarray) -> np.ndarray:
    return np.asfortranarray(array)


def _strided(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=1)[:, ::-2][:, ::-1]


def _swapped(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder("S"))


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array
