"""The pixels of each image on bins that all images share, as whole numbers.

What is kept of the normal pixels of an image is a coarse histogram over pages of scores, 128 to
each power of two. Neighbouring pages are put together where that costs nothing; the pixels inside
masks, which are kept exactly, are sorted into the same bins.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts
from anomeval.evidence.images import ImageRow
from anomeval.evidence.pixels import AnomalousPixels, PixelEvidence

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Drawn = Callable[[Places], Floats]
"""How often the images at some places (n,) were drawn: (n, resamples)."""

BINS = 256
"""About how many bins there are; a page that weighs more than its share has one to itself."""

SHARE_BITS = 32
"""Shares of a region or an image are whole multiples of 2**-32: off by 2**-33 per pixel at most,
and exact in sums over two million regions."""

_PAGES = 1 << 16
_RAREST = 24  # bins are kept fine down to a false positive rate of 2**-24
_IMAGES_AT_ONCE = 1024
_PIXELS_AT_ONCE = 1 << 22


class Amounts(NamedTuple):
    """Pixels of images, page by page.

    image: (m,) place of the image in the table, ascending. page: (m,) uint16.
    amount: (m,) int64, how many pixels, or which share in units of 2**-32.
    """

    image: Places
    page: NDArray[np.uint16]
    amount: Counts


class Runs(NamedTuple):
    """The anomalous pixels: those of one image in one page are one run.

    image: (m,) place of the image in the table, ascending. page: (m,) uint16.
    pixels: (m,) how many. of_regions, of_image: (m,) the shares that they make up of their regions
        and of the anomalous pixels of the image, in units of 2**-32.
    """

    image: Places
    page: NDArray[np.uint16]
    pixels: Counts
    of_regions: Counts
    of_image: Counts


class AtCut(NamedTuple):
    """What a cut finds in each image (n,) of the table; whole numbers as float64.

    found: anomalous pixels at or above the cut. overlap: the sum of the shares found of the
    regions, in units of 2**-32. above: normal pixels in pages above that of the cut. within: those
    in the page of the cut; over all images, `share` of these are at or above it.
    """

    found: Floats
    overlap: Floats
    above: Floats
    within: Floats
    share: float


class PixelTable:
    """The pixels of the images that have a map, by identity.

    rows: those images.
    """

    def __init__(self, evidence: PixelEvidence, rows: Sequence[ImageRow]) -> None:
        self.rows = [row for row in rows if row.entry.identity in evidence.outlines]
        place = {row.entry.identity: index for index, row in enumerate(self.rows)}
        self._evidence = evidence
        self._outlines = [evidence.outlines[row.entry.identity] for row in self.rows]
        self._marked = sorted(evidence.anomalous, key=lambda image: image.identity)
        self._places = np.array([place[image.identity] for image in self._marked], np.intp)

    @cached_property
    def normal_pixels(self) -> Floats:
        """(n,) pixels of each image outside masks."""
        return np.array([outline.counts.sum() for outline in self._outlines], np.float64)

    @cached_property
    def marked_pixels(self) -> Floats:
        """(n,) pixels of each image inside masks."""
        return self._spread([len(image.scores) for image in self._marked])

    @cached_property
    def regions(self) -> Floats:
        """(n,) regions of each image."""
        return self._spread([len(image.sizes) for image in self._marked])

    @cached_property
    def runs(self) -> Runs:
        """All pixels inside masks."""
        lengths = [len(image.scores) for image in self._marked]
        parts = [_runs(self._marked[p], self._places[p]) for p in _portions(lengths)]
        return Runs(*map(np.concatenate, zip(_no_runs(), *parts, strict=True)))

    def on_bins(self, parts: Iterator[Amounts] | Sequence[Amounts], drawn: Drawn) -> Floats:
        """Weighted amounts at or above the ends of the bins, highest first.

        Returns:
            (bins + 1, resamples), the first row zero.
        """
        resamples = drawn(np.empty(0, np.intp)).shape[1]
        points = np.zeros((self.bin_count + 1, resamples))
        for part in parts:
            places, row = np.unique(part.image, return_inverse=True)
            for some in _slices(len(places)):
                first, last = np.searchsorted(row, [some.start, some.stop])
                cells = (row[first:last] - some.start) * self.bin_count
                cells += self._bin_of_page[part.page[first:last]]
                drawings = drawn(places[some])
                dense = np.bincount(
                    cells, part.amount[first:last], minlength=len(drawings) * self.bin_count
                )
                points[1:] += dense.reshape(len(drawings), -1).T @ drawings
        return np.cumsum(points, axis=0)

    def normals(self, chosen: NDArray[np.bool_]) -> Iterator[Amounts]:
        """The pixels outside masks of the chosen images, (n,) bool, some images at a time."""
        places = np.flatnonzero(chosen)
        for some in _slices(len(places)):
            outlines = [self._outlines[place] for place in places[some]]
            lengths = [len(outline.pages) for outline in outlines]
            yield Amounts(
                np.repeat(places[some], lengths),
                np.concatenate([outline.pages for outline in outlines]),
                np.concatenate([outline.counts for outline in outlines]),
            )

    def normal_shares(self, chosen: NDArray[np.bool_]) -> Iterator[Amounts]:
        """The same as shares of all pixels outside masks of the image, in units of 2**-32."""
        for image, page, pixels in self.normals(chosen):
            shares = np.ldexp(pixels / self.normal_pixels[image], SHARE_BITS)
            yield Amounts(image, page, np.rint(shares).astype(np.int64))

    def at_cut(self, cut: float) -> AtCut:
        """What `score >= cut` finds in each image."""
        page = int(_pages(np.array([cut]))[0])
        above, within = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for part in self.normals(np.ones(len(self.rows), np.bool_)):
            for sums, counted in ((above, part.page > page), (within, part.page == page)):
                np.add.at(sums, part.image[counted], part.amount[counted])
        counted = [*self._evidence.normals.values(), self._evidence.background]
        flagged = sum(int(scores.ranks(np.array([cut]))[1][0]) for scores in counted)
        share = (flagged - above.sum()) / max(within.sum(), 1.0)
        found = [_found(image, cut) for image in self._marked]
        return AtCut(
            self._spread([pixels for pixels, _ in found]),
            self._spread([overlap for _, overlap in found]),
            above,
            within,
            min(max(float(share), 0.0), 1.0),
        )

    @property
    def bin_count(self) -> int:
        """How many bins there are."""
        return int(self._bin_of_page[0]) + 1

    @cached_property
    def _bin_of_page(self) -> Places:
        is_normal = np.array([not row.anomalous for row in self.rows], np.bool_)
        rated, other = (
            sum((_mass(part.page, part.amount) for part in self.normals(chosen)), np.zeros(_PAGES))
            for chosen in (is_normal, ~is_normal)
        )
        runs = self.runs
        marked = [_mass(runs.page, amount) for amount in runs[2:]]
        return bins_of_pages([rated + other], marked, rated if rated.any() else other)

    def _spread(self, values: Sequence[int]) -> Floats:
        """A value for each image with a mask, zero for the others."""
        spread = np.zeros(len(self.rows))
        spread[self._places] = values
        return spread


def bins_of_pages(
    normals: Sequence[Floats], marked: Sequence[Floats], rated: Floats, bins: int = BINS
) -> Places:
    """Put neighbouring pages together so that no bin holds much that a metric could tell apart.

    A third of the bins is spread evenly over the normal pixels, a third over the anomalous ones,
    and a third over the powers of two of the false positive rate.

    Args:
        normals, marked: (65536,) each, how much of something lies in each page.
        rated: the same for the pixels that make up the false positive rate.
        bins: about how many are wanted.

    Returns:
        (65536,) the bin of each page; bin 0 holds the highest scores.
    """
    wishes = [_mean_share(normals), _mean_share(marked), np.diff(_rarity(rated), prepend=0.0)]
    wish = sum(wishes)[::-1]
    reached = np.cumsum(wish)
    step = np.floor((reached - wish) * (bins / max(reached[-1], 1.0)))
    present = np.logical_or.reduce([mass > 0 for mass in (*normals, *marked)])[::-1]
    new = np.zeros(_PAGES, np.intp)
    new[np.flatnonzero(present)[1:]] = np.diff(step[present]) > 0
    return np.cumsum(new)[::-1]
