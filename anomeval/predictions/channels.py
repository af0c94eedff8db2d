"""Ground truth in channels: defects that may overlap, each with an area that is enough to find.

MVTec LOCO annotates each defect on its own, and says how many of its pixels must be found for the
defect to count as found: where an object is missing, any part of the places it could be in will do.

A file tells this by one more field beside `gt_mask`:

    gt_mask          (N, H, W) unsigned: bit k of a pixel (of value 2**k) is set where it belongs to
                     defect k of the image; so non-zero still means anomalous
    gt_saturation    (N, K) whole numbers: pixels of defect k that are enough; 0 = there is no
                     defect k. More than its area counts as its area.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.record import Image

MOST = 64
"""Defects of one image at most."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The defects of one image.

    bits: (H, W) unsigned, bit k is set where a pixel belongs to defect k.
    saturation: (K,) for each defect the pixels that are enough, at most its area; 0 = none.
    """

    bits: NDArray[Any]
    saturation: tuple[int, ...]

    @property
    def defects(self) -> list[tuple[int, int]]:
        """The number of each defect that is there, and the pixels that are enough of it."""
        return [(defect, enough) for defect, enough in enumerate(self.saturation) if enough]

    def planes(self) -> NDArray[np.uint8]:
        """The pixels of each defect that is there, eight to a byte, whatever type the bits have."""
        packed = [np.packbits(belonging(self.bits, defect)) for defect, _ in self.defects]
        return np.concatenate(packed)

    def seen_at(self, places: NDArray[np.int64]) -> "Channels":
        """The same defects in another resolution.

        Each keeps the share of its area that is enough, rounded down to at least one pixel; one
        of which no pixel is left is none.

        Args:
            places: (H', W') the pixel of this image, in row-major order, that each pixel shows.
        """
        smaller = Channels(self.bits.ravel()[places], self.saturation)
        areas = zip(self.saturation, _areas(self), _areas(smaller), strict=True)
        enough = [max(enough * left // area, 1) if left else 0 for enough, area, left in areas]
        return Channels(smaller.bits, tuple(enough))


def channels_of(mask: NDArray[Any], saturation: NDArray[Any]) -> tuple[Channels | None, list[str]]:
    """Take a mask and a saturation as a file holds them, or say what is wrong with them.

    Args:
        mask: (H, W) of any type. saturation: (K,) of any type.

    Returns:
        The defects and no fault, or None and all faults in words.
    """
    if mask.dtype.kind not in "bu" and not (mask.dtype.kind == "i" and mask.min(initial=0) >= 0):
        return None, [f"is {mask.dtype.name}, where gt_saturation needs unsigned whole numbers"]
    if len(saturation) > MOST:
        return None, [f"can hold {MOST} defects, gt_saturation has {len(saturation)}"]
    bits = mask.astype(f"u{mask.dtype.itemsize}", copy=False)
    channels = Channels(bits, tuple(saturation.tolist()))
    faults = list(_faults(channels))
    if faults:
        return None, faults
    areas = zip(channels.saturation, _areas(channels), strict=True)
    return Channels(channels.bits, tuple(min(enough, area) for enough, area in areas)), []


def belonging(bits: NDArray[Any], defect: int) -> NDArray[np.bool_]:
    """Which pixels, unsigned of any shape, belong to a defect."""
    if defect >= 8 * bits.dtype.itemsize:
        return np.zeros(bits.shape, np.bool_)
    found: NDArray[np.bool_] = bits & bits.dtype.type(1 << defect) != 0
    return found


def united(image: Image) -> Image:
    """The same image with its defects as one mask, not told apart."""
    if image.saturation is None or image.gt_mask is None:
        return image
    return replace(image, gt_mask=(image.gt_mask != 0).astype(np.uint8), saturation=None)


def packed(channels: Sequence[NDArray[np.bool_]], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Channels, (H, W) bool each, as the bits of one mask of an unsigned type."""
    return sum(
        (channel.astype(dtype) << dtype.type(place) for place, channel in enumerate(channels)),
        np.zeros(channels[0].shape, dtype),
    )


def narrowest(count: int) -> np.dtype[Any]:
    """The narrowest unsigned type with a bit for each of 1 to 64 defects."""
    return next(np.dtype(f"u{size}") for size in (1, 2, 4, 8) if count <= 8 * size)


def _faults(channels: Channels) -> Iterator[str]:
    count = len(channels.saturation)
    highest = int(channels.bits.max(initial=0)).bit_length()
    if highest > count:
        yield f"marks defect {highest - 1} (value {1 << highest - 1}), gt_saturation has {count}"
        return
    for place, area in enumerate(_areas(channels)):
        enough = channels.saturation[place]
        if enough < 0:
            yield f"has gt_saturation {enough} of defect {place}"
        elif area and not enough:
            yield f"marks {area} pixels of defect {place}, whose gt_saturation is 0"
        elif enough and not area:
            yield f"marks no pixel of defect {place}, whose gt_saturation is {enough}"


def _areas(channels: Channels) -> list[int]:
    """Pixels of each defect."""
    marked = channels.bits[channels.bits != 0]
    return [int(belonging(marked, defect).sum()) for defect in range(len(channels.saturation))]
