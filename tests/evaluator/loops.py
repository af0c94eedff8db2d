"""A small data set as the arrays of a loop, and the batches that it can be cut into."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import anomeval

IMAGES = 24
SIDE = 16
Arrays = Mapping[str, Any]


def arrays(seed: int = 0, *, dtype: str = "float32") -> dict[str, Any]:
    """Maps with ties, masks on every second image (one of them empty), two categories."""
    random = np.random.default_rng(seed)
    maps = np.round(random.normal(size=(IMAGES, SIDE, SIDE)), 1)
    masks = np.zeros((IMAGES, SIDE, SIDE), np.uint8)
    labels = np.arange(IMAGES) % 2
    for image in np.flatnonzero(labels)[1:]:
        row, column = random.integers(0, SIDE - 6, 2)
        masks[image, row : row + 5, column : column + 3] = 1
        masks[image, -1, -1] = 1
    maps += 1.5 * masks
    names = ("brick", "grass")
    places = [(names[number // 2 % 2], number // 8, number % 2) for number in range(IMAGES)]
    return {
        "anomaly_map": maps.astype(dtype),
        "pred_score": maps.max(axis=(1, 2)) + random.normal(size=IMAGES) / 10,
        "gt_label": labels,
        "gt_mask": masks,
        "image_path": [f"{seed}/{number:03}.png" for number in range(IMAGES)],
        "category": [category for category, _, _ in places],
        "group_id": [" ".join(map(str, place)) for place in places],
    }


def with_defects(whole: Arrays) -> dict[str, Any]:
    """The same, all anomalous pixels of an image being one defect of which half is enough."""
    areas = np.asarray(whole["gt_mask"]).sum(axis=(1, 2))
    return {**whole, "gt_saturation": areas[:, None] // 2}


def batches(whole: Arrays, size: int) -> Iterator[dict[str, Any]]:
    """The images in batches of a size, in order."""
    for start in range(0, IMAGES, size):
        yield {name: column[start : start + size] for name, column in whole.items()}


def as_object(batch: Arrays) -> SimpleNamespace:
    """A batch with attributes, as anomalib's are."""
    return SimpleNamespace(**batch)


def written(path: Path, whole: Arrays) -> Path:
    """A prediction file with these images."""
    with anomeval.Writer(path) as writer:
        writer.add(**whole)
    return path
