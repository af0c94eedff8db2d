"""Maps at another size: types are kept, infinities stay infinite, and nothing becomes NaN."""

from fractions import Fraction
from itertools import product
from math import floor, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.predictions.resizing import bilinear, nearest

sizes = st.tuples(st.integers(1, 7), st.integers(1, 7))


def weights(length: int, wanted: int) -> list[dict[int, Fraction]]:
    """For each wanted pixel, the weight of each pixel that it lies between; from the definition."""
    found = []
    for place in range(wanted):
        centre = (Fraction(2 * place + 1, 2) * length / wanted) - Fraction(1, 2)
        lower, part = floor(centre), centre - floor(centre)
        shares: dict[int, Fraction] = {}
        for neighbour, share in ((lower, 1 - part), (lower + 1, part)):
            inside = min(max(neighbour, 0), length - 1)
            shares[inside] = shares.get(inside, Fraction(0)) + share
        found.append({pixel: share for pixel, share in shares.items() if share})
    return found


def by_definition(scores: np.ndarray, wanted: tuple[int, int]) -> np.ndarray:
    """Bilinear with exact weights; the higher infinity with a weight wins."""
    rows, columns = (weights(*pair) for pair in zip(scores.shape, wanted, strict=True))
    resized = np.empty(wanted)
    for (line, across), (place, down) in product(enumerate(rows), enumerate(columns)):
        parts = {(row, column): across[row] * down[column] for row, column in product(across, down)}
        values = {float(scores[pixel]) for pixel in parts}
        if values & {inf, -inf}:
            resized[line, place] = inf if inf in values else -inf
        else:
            total = sum(share * Fraction(float(scores[pixel])) for pixel, share in parts.items())
            resized[line, place] = float(total)
    return resized


@given(shape=sizes, wanted=sizes, seed=st.integers(0, 99), holes=st.integers(0, 4))
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_maps_are_resized_by_definition(dtype, shape, wanted, seed, holes):
    generator = np.random.default_rng(seed)
    scores = generator.random(shape).astype(dtype)
    for sign in (inf, -inf):
        for _ in range(holes):
            scores[tuple(generator.integers(shape))] = sign
    resized = bilinear(scores, wanted)
    assert resized.dtype == (np.float64 if dtype == "float64" else np.float32)
    assert not np.isnan(resized).any()
    np.testing.assert_allclose(resized, by_definition(scores, wanted), rtol=1e-6)


@pytest.mark.parametrize("scores", [1e6 + 0.01 * np.arange(6), 1e39 * np.arange(6)])
def test_double_precision_is_not_lost(scores):
    """In float32 the first would tie, and the second be infinite."""
    resized = bilinear(np.repeat(scores, 6).reshape(6, 6), (12, 12))
    assert np.isfinite(resized).all()
    assert (np.diff(resized[1::2, 0]) > 0).all()


def test_a_mask_keeps_its_size_or_takes_the_nearest():
    mask = np.array([[True, False]])
    assert nearest(mask, (1, 2)) is mask
    assert nearest(mask, (2, 4)).tolist() == [[True, True, False, False]] * 2
