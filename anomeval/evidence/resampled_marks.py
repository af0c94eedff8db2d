"""The pixels inside masks, which are kept exactly, as whole numbers by image and page of scores."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, narrowed
from anomeval.evidence.pixels import AnomalousPixels
from anomeval.ranking.weighted import Floats

Places = NDArray[np.intp]

SHARE_BITS = 32
"""Shares of a region or an image are whole multiples of 2**-32: off by 2**-33 per pixel at most,
and exact in sums over two million regions."""

_PIXELS_AT_ONCE = 1 << 17


class Amounts(NamedTuple):
    """Pixels of images, page by page.

    image: (m,) place of the image in the table, ascending. page: (m,) uint16.
    amount: (m,) whole numbers, how many pixels, or which share in units of 2**-32.
    """

    image: Places
    page: NDArray[np.uint16]
    amount: NDArray[Any]


class Runs(NamedTuple):
    """Anomalous pixels of some images: those of one image in one page are one run.

    image: (m,) place of the image in the table, ascending. page: (m,) uint16.
    pixels: (m,) how many. of_regions: (m,) the shares that they make up of their regions, in units
        of 2**-32. Whole numbers are stored as narrow as they go.
    """

    image: NDArray[Any]
    page: NDArray[np.uint16]
    pixels: NDArray[Any]
    of_regions: Counts


class Found(NamedTuple):
    """What a cut finds in each image (n,) of a table; whole numbers as float64.

    pixels: how many. overlap: the sum of the shares of regions, in units of 2**-32.
    """

    pixels: Floats
    overlap: Floats


class Marks:
    """Anomalous pixels of some images of a table.

    images: by identity. place: of each identity in the table.
    """

    def __init__(self, images: Sequence[AnomalousPixels], place: Mapping[str, int]) -> None:
        self._images = sorted(images, key=lambda image: image.identity)
        self._places = np.array([place[image.identity] for image in self._images], np.intp)
        self._size = len(place)

    @cached_property
    def pixels(self) -> Floats:
        """(n,) how many each image of the table has."""
        return self._spread([len(image.scores) for image in self._images])

    @cached_property
    def regions(self) -> Floats:
        """(n,) regions of each image."""
        return self._spread([len(image.sizes) for image in self._images])

    def amounts(self) -> Iterator[Amounts]:
        """How many there are, some images at a time."""
        for runs in self._runs:
            yield Amounts(runs.image.astype(np.intp), runs.page, runs.pixels)

    def region_shares(self) -> Iterator[Amounts]:
        """Which shares of their regions they make up."""
        for runs in self._runs:
            yield Amounts(runs.image.astype(np.intp), runs.page, runs.of_regions)

    def image_shares(self) -> Iterator[Amounts]:
        """Which shares of the anomalous pixels of their images they make up."""
        for image, page, pixels in self.amounts():
            yield Amounts(image, page, shares_of(pixels, self.pixels[image]))

    @cached_property
    def _runs(self) -> list[Runs]:
        lengths = [len(image.scores) for image in self._images]
        return [_runs(self._images[p], self._places[p]) for p in _portions(lengths)]

    def at_cut(self, cut: float) -> Found:
        """What `score >= cut` finds."""
        found = [_found(image, cut) for image in self._images]
        pixels, overlap = [pixels for pixels, _ in found], [overlap for _, overlap in found]
        return Found(self._spread(pixels), self._spread(overlap))

    def _spread(self, values: Sequence[int]) -> Floats:
        """A value for each image with a mask, zero for the others."""
        spread = np.zeros(self._size)
        spread[self._places] = values
        return spread


def pages_of(scores: NDArray[Any]) -> NDArray[np.uint16]:
    """The upper 16 bits of the order-preserving key of each score as a float32."""
    with np.errstate(over="ignore"):
        bits = (scores.astype(np.float32) + np.float32(0)).view(np.uint32)
    keys = np.where(bits >> 31 != 0, ~bits, bits | np.uint32(1 << 31))
    return (keys >> 16).astype(np.uint16)


def shares_of(parts: NDArray[Any] | int, wholes: NDArray[Any]) -> Counts:
    """Shares in units of 2**-32, each rounded to the nearest."""
    return np.rint(np.ldexp(parts / wholes, SHARE_BITS)).astype(np.int64)


def _runs(images: Sequence[AnomalousPixels], places: Places) -> Runs:
    """The runs of some images, whose places in the table are (i,)."""
    lengths = np.array([len(image.scores) for image in images], np.intp)
    row = np.repeat(np.arange(len(images)), lengths)
    page = np.concatenate([np.empty(0, np.uint16), *(pages_of(i.scores) for i in images)])
    starts = np.flatnonzero(
        (np.diff(row, prepend=-1) != 0) | (np.diff(page.astype(np.int32), prepend=-1) != 0)
    )
    pixels = np.diff(starts, append=len(page))
    of_regions = np.concatenate(
        [np.empty(0, np.int64), *(shares_of(1, i.sizes)[i.regions] for i in images)]
    )
    return Runs(
        narrowed(places[row[starts]]),
        page[starts],
        narrowed(pixels),
        np.add.reduceat(of_regions, starts) if len(starts) else of_regions,
    )


def _found(image: AnomalousPixels, cut: float) -> tuple[int, int]:
    """Pixels at or above the cut, and the sum over regions of the shares found, times 2**32."""
    found = len(image.scores) - int(np.searchsorted(image.scores[::-1], np.float64(cut)))
    hits = np.bincount(image.regions[:found], minlength=len(image.sizes))
    return found, int(shares_of(hits, image.sizes).sum())


def _portions(lengths: Sequence[int]) -> Iterator[slice]:
    """Neighbouring images, of which there may be none, with not too many pixels together."""
    start = total = 0
    for index, length in enumerate(lengths):
        total += length
        if total > _PIXELS_AT_ONCE:
            yield slice(start, index)
            start, total = index, length
    yield slice(start, len(lengths))
