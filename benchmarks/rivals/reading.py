"""Reading for the other tools, and how they report."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Values = dict[str, float]


def whole(path: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """All maps and all masks, in memory."""
    with np.load(path) if path.endswith(".npz") else h5py.File(path) as file:
        return file["anomaly_map"][()], file["gt_mask"][()]


def one_by_one(path: str) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Map and mask of each image."""
    with h5py.File(path) as file:
        maps, masks = file["anomaly_map"], file["gt_mask"]
        for index in range(len(maps)):
            yield maps[index], masks[index]


def report(evaluate: Callable[[str], Values]) -> None:
    """Evaluate the file named on the command line and print the values."""
    print(json.dumps(evaluate(sys.argv[1])))
