"""How many connected components a map has at each of many levels."""

from collections.abc import Sequence
from functools import reduce
from itertools import groupby
from typing import Any, NamedTuple

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
    runs = [run for run in _runs(counts) if run.components and run.length >= shortest]
    if not runs:
        return None
    longest = max(run.length for run in runs)
    leaders = {run.components for run in runs if run.length == longest}
    winner = next(run.components for run in runs if run.components in leaders)
    end = next(run.end for run in runs if run.components == winner and run.length == longest)
    return end, winner


class _Run(NamedTuple):
    """A maximal stretch of equal counts. end: position of its last one."""

    components: int
    length: int
    end: int


def _runs(counts: Sequence[int]) -> list[_Run]:
    runs: list[_Run] = []
    position = 0
    for count, stretch in groupby(counts):
        length = len(list(stretch))
        position += length
        runs.append(_Run(count, length, position - 1))
    return runs


def _cropped(image: Depths) -> Depths:
    """The smallest part of an image that holds all its set pixels."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if not len(rows):
        return image[:0, :0]
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
