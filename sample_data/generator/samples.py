"""The plan of the splits: how many images of each kind, and what each one looks like.

Each image draws from its own random stream, named by (category, split, index). Adding or leaving
out an image hence changes no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from generator.defects import DEFECTS, Canvas, Mask, insert
from generator.textures import CATEGORIES, CROP_SIZE, Image, Split, normal_crop

GOOD = "good"
COMBINED = "combined"
TRAIN_COUNT = 60
SPLIT_COUNTS: dict[Split, dict[str, int]] = {
    "val": {GOOD: 12, "scratch": 2, "stain": 2, "foreign": 1, "blur": 1, "hole": 1, COMBINED: 1},
    "test": {GOOD: 16, "scratch": 4, "stain": 4, "foreign": 4, "blur": 4, "hole": 4, COMBINED: 4},
}

_SEED = 20240517
_SPLIT_ORDER: tuple[Split, ...] = ("train", "val", "test")


@dataclass(frozen=True)
class Sample:
    """One image with its ground truth; `image_path` identifies it."""

    image_path: str
    category: str
    defect_type: str
    image: Image
    mask: Mask


def training_images(category: str) -> list[Image]:
    """Return the normal crops that a detector may learn from."""
    return [
        normal_crop(category, "train", _stream(category, "train", index))
        for index in range(TRAIN_COUNT)
    ]


def split_samples(category: str, split: Split) -> Iterator[Sample]:
    """Yield the samples of one category in file order: good ones first, then type by type."""
    index = 0
    for defect_type, count in SPLIT_COUNTS[split].items():
        for number in range(count):
            rng = _stream(category, split, index)
            size = (number + rng.random()) / count
            image, mask = _picture(category, split, defect_type, size, rng)
            path = f"{category}/{split}/{defect_type}/{number:03d}.png"
            yield Sample(path, category, defect_type, image, mask)
            index += 1


def _stream(category: str, split: Split, index: int) -> np.random.Generator:
    """Return the random stream that belongs to one image."""
    key = (CATEGORIES.index(category), _SPLIT_ORDER.index(split), index)
    return np.random.default_rng(np.random.SeedSequence(_SEED, spawn_key=key))


def _picture(
    category: str, split: Split, defect_type: str, size: float, rng: np.random.Generator
) -> tuple[Image, Mask]:
    """Return a crop with the defects that its type asks for, and their mask."""
    image = normal_crop(category, split, rng)
    mask = np.zeros((CROP_SIZE, CROP_SIZE), dtype=bool)
    others = [name for name in CATEGORIES if name != category]
    for kind in _kinds(defect_type, rng):
        donor = normal_crop(str(rng.choice(others)), split, rng)
        image, region = insert(kind, Canvas(image, donor, size, rng), taken=mask)
        mask |= region
    return image, mask


def _kinds(defect_type: str, rng: np.random.Generator) -> list[str]:
    """Return the defects that make up a type: none, the one it names, or two or three."""
    if defect_type == GOOD:
        return []
    if defect_type == COMBINED:
        return [str(kind) for kind in rng.choice(list(DEFECTS), rng.integers(2, 4), replace=False)]
    return [defect_type]
