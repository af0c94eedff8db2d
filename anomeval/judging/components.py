"""How many connected components a map has at each of many levels."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import label_regions

Depths = NDArray[np.uint16]
"""(H, W): at how many of the levels a pixel is set, counted from the lowest."""


def depths(scores: NDArray[Any], bounds: NDArray[np.float64]) -> Depths:
    """How many of the ascending bounds (n,) each score (H, W) reaches: `score >= bound`."""
    reached = np.searchsorted(bounds, np.asarray(scores, np.float64), side="right")
    return reached.astype(np.uint16)


def eroded(image: Depths, size: int) -> Depths:
    """Erosion by a square at all levels at once: the minimum over it. Outside is always set.

    The anchor of an even square is its lower right centre, so 6 x 6 spans rows r - 3 to r + 2.
    """
    before, after = size // 2, size - 1 - size // 2
    edges = ((before, after), (before, after))
    padded = np.pad(image, edges, constant_values=np.iinfo(image.dtype).max)
    height, width = image.shape
    rows = reduce(np.minimum, (padded[shift : shift + height] for shift in range(size)))
    return reduce(np.minimum, (rows[:, shift : shift + width] for shift in range(size)))


def component_counts(image: Depths, levels: int) -> list[int]:
    """8-connected components of the pixels set at each level, from the highest level down."""
    pixels_at = np.bincount(image.ravel(), minlength=levels + 1)
    cropped = _cropped(image)
    counts: list[int] = []
    for depth in range(levels, 0, -1):
        if pixels_at[depth]:
            counts.append(len(label_regions(cropped >= depth)[1]))
        else:  # the same pixels are set as one level above
            counts.append(counts[-1] if counts else 0)
    return counts


def stable_run(counts: Sequence[int], shortest: int) -> tuple[int, int] | None:
    """The longest stretch of an equal, non-zero number of components.

    Of several numbers with equally long stretches, the one whose first stretch comes first wins,
    and its first longest stretch. Stretches below `shortest` do not count.

    Returns:
        (position of its last count, that number), or None where there is no such stretch.
    """
    runs = [run for run in _runs(counts) if run[0] and run[1] >= shortest]
    if not runs:
        return None
    longest = max(length for _, length, _ in runs)
    leaders = {count for count, length, _ in runs if length == longest}
    winner = next(count for count, _, _ in runs if count in leaders)
    end = next(end for count, length, end in runs if (count, length) == (winner, longest))
    return end, winner


def _runs(counts: Sequence[int]) -> list[tuple[int, int, int]]:
    """(count, length, position of the last) of every maximal stretch of equal counts."""
    ends = [i for i, count in enumerate(counts) if counts[i + 1 : i + 2] != counts[i : i + 1]]
    return [
        (counts[end], end - before, end) for before, end in zip([-1, *ends[:-1]], ends, strict=True)
    ]


def _cropped(image: Depths) -> Depths:
    """The smallest part of an image that holds all its set pixels."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if not len(rows):
        return image[:0, :0]
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
