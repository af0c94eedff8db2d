"""What is noticed about one image while its pixels are at hand.

A look is small, so those of all images can be kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.counting import survey
from anomeval.predictions.channels import channels_of
from anomeval.predictions.inspection.report import Finding, Severity
from anomeval.predictions.masks import Fault, Marks, ReadMask, counted_scores, mask_of
from anomeval.predictions.record import Image, ImageEntry

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

    marked: pixels that are anomalous. void: pixels that are ignored.
    gray: values that are none of 0, 1, 255. marks, faults: as `read_mask` has them.
    contradiction: of saturations, in words.
    """

    size: tuple[int, int]
    marked: int
    nan: int
    void: int
    gray: tuple[float, ...]
    marks: Marks
    faults: tuple[Fault, ...]
    contradiction: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One image; observations: how it was read, see `record.Image`."""

    entry: ImageEntry
    map: MapLook | None
    mask: MaskLook | None
    observations: tuple[str, ...] = ()
    derived: float | None = None  # the highest score of the map among pixels that count

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
        """The image score, or what is derived from the map."""
        return self.derived if self.entry.score is None else self.entry.score

    @property
    def place(self) -> str:
        """How to name the image to a person."""
        name = f" ({self.entry.identity})" if self.entry.named else ""
        return f"{self.entry.file}, image {self.entry.index}{name}"


def look_at(image: Image, above: float | None = None, ignored: tuple[int, ...] = ()) -> Look:
    """Take down what matters about an image; above, ignored: as `read_mask` has them."""
    read = mask_of(image, above, ignored)
    stored, derived = image.anomaly_map, None
    if stored is not None:
        derived = survey(counted_scores(stored, read.void if read else None)).highest
    return Look(
        entry=image.entry,
        map=None if stored is None else _look_at_map(stored),
        mask=None if read is None else _look_at_mask(image, read),
        derived=derived,
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


def _look_at_mask(image: Image, read: ReadMask) -> MaskLook:
    stored, contradiction = image.gt_mask, None
    assert stored is not None
    if image.saturation is not None:
        contradiction = "; ".join(channels_of(stored, image.saturation)[1]) or None
    return MaskLook(
        size=_size(stored),
        marked=int(np.count_nonzero(read.anomalous)),
        nan=int(np.isnan(stored).sum()),
        void=0 if read.void is None else int(np.count_nonzero(read.void)),
        gray=read.gray,
        marks=read.marks,
        faults=read.faults,
        contradiction=contradiction,
    )


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
