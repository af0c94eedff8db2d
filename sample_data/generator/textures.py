"""Normal crops: small windows of three photographs that ship with scikit-image.

Every photograph is cut into three vertical strips, one per split, and a crop never leaves the
strip of its split. No pixel of a training image is therefore ever seen in validation or test.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage import data

Split = Literal["train", "val", "test"]
Image = NDArray[np.uint8]
Field = NDArray[np.float64]

CROP_SIZE = 96
CATEGORIES = ("brick", "grass", "gravel")
STRIP_COLUMNS: dict[Split, tuple[int, int]] = {
    "train": (0, 224),
    "val": (224, 328),
    "test": (328, 512),
}

_PHOTOGRAPHS: dict[str, Callable[[], Image]] = {
    "brick": data.brick,
    "grass": data.grass,
    "gravel": data.gravel,
}
_UPRIGHT_CATEGORIES = frozenset({"brick"})
_MAX_GAIN_CHANGE = 0.05
_MAX_OFFSET = 5.0
_SENSOR_NOISE = 1.0


def normal_crop(category: str, split: Split, rng: np.random.Generator) -> Image:
    """Return one defect-free image of `category`, as a camera might take it again."""
    left, right = STRIP_COLUMNS[split]
    strip = _PHOTOGRAPHS[category]()[:, left:right]
    row, column = (rng.integers(0, extent - CROP_SIZE + 1) for extent in strip.shape)
    window = strip[row : row + CROP_SIZE, column : column + CROP_SIZE]
    return _recapture(_reorient(window, category, rng), rng)


def _reorient(window: Image, category: str, rng: np.random.Generator) -> Image:
    """Mirror and turn the window at random; a wall is only mirrored, it has an up and a down."""
    mirrored = window[:, ::-1] if rng.random() < 0.5 else window
    quarter_turns = 0 if category in _UPRIGHT_CATEGORIES else int(rng.integers(4))
    return np.rot90(mirrored, quarter_turns)


def _recapture(window: Image, rng: np.random.Generator) -> Image:
    """Vary exposure a little and add sensor noise, so that overlapping crops are not copies."""
    gain = 1.0 + rng.uniform(-_MAX_GAIN_CHANGE, _MAX_GAIN_CHANGE)
    offset = rng.uniform(-_MAX_OFFSET, _MAX_OFFSET)
    noise = rng.normal(0.0, _SENSOR_NOISE, window.shape)
    return to_grey_levels(gain * window + offset + noise)


def to_grey_levels(values: Field) -> Image:
    """Round and clip to the 8 bits in which images are stored and shown to the detectors."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
