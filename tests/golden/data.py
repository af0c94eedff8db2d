"""The small data set that the golden numbers are about: made by arithmetic, the same everywhere."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZE = 24
NORMAL, ANOMALOUS = 6, 6


class Dataset(NamedTuple):
    """Maps (N, H, W) float32, masks (N, H, W) uint8, and image scores and labels (N,)."""

    maps: NDArray[np.float32]
    masks: NDArray[np.uint8]
    scores: NDArray[np.float64]
    labels: NDArray[np.uint8]


def dataset() -> Dataset:
    """Smooth maps with ties, brighter over square defects of one to three sizes per image."""
    count = NORMAL + ANOMALOUS
    rows, columns = np.mgrid[:SIZE, :SIZE]
    masks = np.zeros((count, SIZE, SIZE), np.uint8)
    levels = np.zeros((count, SIZE, SIZE), np.int64)
    for index in range(count):
        levels[index] = (7 * rows + 13 * columns + 29 * index) * (index + 3) % 61
        for defect in range(index % 3 + 1 if index >= NORMAL else 0):
            top, left, side = 7 * defect + 1, (5 * index + 8 * defect) % (SIZE - 6), defect + 2
            masks[index, top : top + side, left : left + side] = 1
    levels += masks * (20 + 5 * np.arange(count)[:, None, None] % 30)
    maps = (levels / 16).astype(np.float32)  # sixteenths are exact in any float type
    labels = masks.max(axis=(1, 2))
    scores = (5 * np.arange(count) % 7 + 2 * labels) / 4  # neither apart nor without ties
    return Dataset(maps, masks, scores, labels)
