"""What is noticed about one image while its pixels are at hand.

A look is small, so those of all images can be kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.counting import USUAL_MASK_VALUES
from anomeval.predictions.channels import channels_of, united
from anomeval.predictions.inspection.report import Finding, Severity
from anomeval.predictions.record import Image, ImageEntry

_VALUES_SHOWN = 5
_PLACES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Border:
    """Bands along the edges that hold a single value.

    value: that value.
    widths: pixels at top, bottom, left, right; 0 where the edge holds several values.
    inside: share of the value among the pixels between the bands.
    """

    value: float
    widths: tuple[int, int, int, int]
    inside: float


@dataclass(frozen=True, slots=True)
class MapLook:
    """An anomaly map.

    low, high: extremes, NaN apart; None where all is NaN.
    bottom, top: how many pixels are exactly 0, and exactly 1 (or the largest integer).
    first_nan: (row, column).
    border, digest: None for a constant map.
    """

    size: tuple[int, int]
    dtype: np.dtype[Any]
    low: float | None
    high: float | None
    bottom: int
    top: int
    nan: int
    infinite: int
    first_nan: tuple[int, int] | None
    border: Border | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class MaskLook:
    """A mask.

    odd_values: the first few that are none of 0, 1, 255. contradiction: of saturations, in words.
    """

    size: tuple[int, int]
    marked: int
    nan: int
    odd_values: tuple[float, ...]
    contradiction: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One image; observations: how it was read, see `record.Image`."""

    entry: ImageEntry
    map: MapLook | None
    mask: MaskLook | None
    observations: tuple[str, ...] = ()

    @property
    def anomalous(self) -> bool | None:
        """The label, or what the mask says; None where the file tells neither."""
        if self.entry.label is not None or self.mask is None:
            return self.entry.label
        return self.mask.marked > 0

    @property
    def anomalous_mask(self) -> bool:
        """Whether there is a mask that marks a pixel."""
        return self.mask is not None and self.mask.marked > 0

    @property
    def score(self) -> float | None:
        """The image score, or the maximum of the map."""
        if self.entry.score is not None or self.map is None:
            return self.entry.score
        return self.map.high

    @property
    def place(self) -> str:
        """How to name the image to a person."""
        name = f" ({self.entry.identity})" if self.entry.named else ""
        return f"{self.entry.file}, image {self.entry.index}{name}"


def look_at(image: Image) -> Look:
    """Take down what matters about an image."""
    anomaly_map = None if image.anomaly_map is None else _look_at_map(image.anomaly_map)
    return Look(
        entry=image.entry,
        map=anomaly_map,
        mask=_look_at_truth(image),
        observations=image.observations,
    )


def about(
    severity: Severity, code: str, looks: Sequence[Look], message: str, remedy: str | None = None
) -> Finding:
    """A finding that names the first few of the images it is about."""
    places = tuple(look.place for look in looks[:_PLACES_SHOWN])
    return Finding(severity, code, message, remedy, count=len(looks), places=places)


def _look_at_map(stored: NDArray[Any]) -> MapLook:
    nan = np.isnan(stored)
    count = int(nan.sum())
    row, column = np.unravel_index(int(nan.argmax()), nan.shape)
    known = stored[~nan] if count else stored
    low = float(known.min()) if known.size else None
    high = float(known.max()) if known.size else None
    largest = 1 if stored.dtype.kind == "f" else np.iinfo(stored.dtype).max
    varies = low != high
    return MapLook(
        size=_size(stored),
        dtype=stored.dtype,
        low=low,
        high=high,
        bottom=int((stored == 0).sum()),
        top=int((stored == largest).sum()),
        nan=count,
        infinite=int(np.isinf(known).sum()),
        first_nan=(int(row), int(column)) if count else None,
        border=_border(stored) if varies else None,
        digest=_digest(stored) if varies else None,
    )


def _look_at_truth(image: Image) -> MaskLook | None:
    mask = united(image).gt_mask
    if mask is None or image.gt_mask is None or image.saturation is None:
        return None if mask is None else _look_at_mask(mask)
    faults = channels_of(image.gt_mask, image.saturation)[1]
    return replace(_look_at_mask(mask), contradiction="; ".join(faults) or None)


def _look_at_mask(stored: NDArray[Any]) -> MaskLook:
    nan = int(np.isnan(stored).sum())
    odd = stored[~np.isin(stored, USUAL_MASK_VALUES)]
    values = np.unique(odd[~np.isnan(odd)])[:_VALUES_SHOWN]
    marked = int((stored != 0).sum()) - nan
    return MaskLook(_size(stored), marked, nan, tuple(float(value) for value in values))


def _border(stored: NDArray[Any]) -> Border | None:
    """The bands of one value around the map; None where its corners differ."""
    value = stored[0, 0]
    if stored[-1, -1] != value:
        return None
    same = stored == value
    rows, columns = same.all(axis=1), same.all(axis=0)
    top, bottom = _leading(rows), _leading(rows[::-1])
    left, right = _leading(columns), _leading(columns[::-1])
    inner = same[top : len(rows) - bottom, left : len(columns) - right]
    return Border(float(value), (top, bottom, left, right), float(inner.mean()))


def _leading(flags: NDArray[np.bool_]) -> int:
    return int(flags.argmin())


def _digest(stored: NDArray[Any]) -> bytes:
    little = np.ascontiguousarray(stored, stored.dtype.newbyteorder("<"))
    hasher = xxhash.xxh3_128(f"{little.dtype.str}{little.shape}".encode())
    hasher.update(little.data)
    return hasher.digest()


def _size(stored: NDArray[Any]) -> tuple[int, int]:
    height, width = stored.shape
    return height, width
