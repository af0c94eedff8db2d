"""The pixels of each image on bins that all images share, as whole numbers.

What is kept of the normal pixels of an image is a coarse histogram over pages of scores, 128 to
each power of two. Neighbouring pages are put together where that costs nothing; the pixels inside
masks, which are kept exactly, are sorted into the same bins.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.images import ImageRow
from anomeval.evidence.pixels import PixelEvidence
from anomeval.evidence.resampled_marks import Amounts, Found, Marks, Places, pages_of, shares_of
from anomeval.ranking.weighted import Floats, add_up

Drawn = Callable[[Places], Floats]
"""How often the images at some places (n,) of the table were drawn, (n, resamples)."""

BINS = 256
"""About how many bins there are; a page that weighs more than its share has one to itself."""

_PAGES = 1 << 16
_RAREST = 24  # bins are kept fine down to a false positive rate of 2**-24
_IMAGES_AT_ONCE = 256


class AtCut(NamedTuple):
    """What a cut finds in each image (n,) of the table; whole numbers as float64.

    marked, saturated: of the anomalous pixels. above: normal pixels in pages above that of the cut.
    within: those in the page of the cut; over all images, `share` of these are at or above it.
    """

    marked: Found
    saturated: Found
    above: Floats
    within: Floats
    share: float


class PixelTable:
    """The pixels of the images that have a map, by identity.

    rows: those images. bins: about how many bins there are. marked: their anomalous pixels.
    saturated: of these the ones that can matter to sPRO, with defects in the place of regions.
    """

    def __init__(self, evidence: PixelEvidence, rows: Sequence[ImageRow], bins: int = BINS) -> None:
        self._bins = bins
        self.rows = [row for row in rows if row.entry.identity in evidence.outlines]
        place = {row.entry.identity: index for index, row in enumerate(self.rows)}
        self._evidence = evidence
        self._outlines = [evidence.outlines[row.entry.identity] for row in self.rows]
        self.marked = Marks(evidence.anomalous, place)
        self.saturated = Marks(evidence.saturated, place)
        self._cuts: dict[float, AtCut] = {}

    @cached_property
    def normal_pixels(self) -> Floats:
        """(n,) pixels of each image outside masks."""
        return np.array([outline.counts.sum() for outline in self._outlines], np.float64)

    def on_bins(self, parts: Iterable[Amounts], drawn: Drawn) -> Floats:
        """Weighted amounts at or above the ends of the bins, highest first.

        Returns:
            (bins + 1, resamples), the first row zero.
        """
        points = np.zeros((self.bin_count + 1, drawn(np.empty(0, np.intp)).shape[1]))
        for part in parts:
            starts = np.flatnonzero(np.diff(part.image, prepend=-1))
            ends = np.append(starts[1:], len(part.image))
            for some in _slices(len(starts)):
                entries = slice(starts[some][0], ends[some][-1])
                drawings = drawn(part.image[starts[some]])
                row = np.repeat(np.arange(len(drawings)), ends[some] - starts[some])
                cells = row * self.bin_count + self._bin_of_page[part.page[entries]]
                size = len(drawings) * self.bin_count
                amounts = np.bincount(cells, part.amount[entries], minlength=size)
                points[1:] += amounts.reshape(len(drawings), -1).T @ drawings
        add_up(points)
        return points

    def normals(self, chosen: NDArray[np.bool_]) -> Iterator[Amounts]:
        """The pixels outside masks of the chosen images, (n,) bool, some images at a time."""
        places = np.flatnonzero(chosen)
        for some in _slices(len(places)):
            outlines = [self._outlines[place] for place in places[some]]
            yield Amounts(
                np.repeat(places[some], [len(outline.pages) for outline in outlines]),
                np.concatenate([outline.pages for outline in outlines]),
                np.concatenate([outline.counts for outline in outlines]),
            )

    def normal_shares(self, chosen: NDArray[np.bool_]) -> Iterator[Amounts]:
        """The same as shares of the image's pixels outside its mask, in units of 2**-32."""
        for image, page, pixels in self.normals(chosen):
            yield Amounts(image, page, shares_of(pixels, self.normal_pixels[image]))

    def at_cut(self, cut: float) -> AtCut:
        """What `score >= cut` finds in each image."""
        if cut not in self._cuts:
            self._cuts[cut] = self._at_cut(cut)
        return self._cuts[cut]

    def _at_cut(self, cut: float) -> AtCut:
        page, size = pages_of(np.array([cut]))[0], len(self.rows)
        above, within = np.zeros(size), np.zeros(size)
        for part in self.normals(np.ones(size, np.bool_)):
            above += np.bincount(part.image, part.amount * (part.page > page), minlength=size)
            within += np.bincount(part.image, part.amount * (part.page == page), minlength=size)
        counted = [*self._evidence.normals.values(), self._evidence.background]
        flagged = sum(int(scores.ranks(np.array([cut]))[1][0]) for scores in counted)
        share = (flagged - above.sum()) / max(within.sum(), 1.0)
        return AtCut(
            self.marked.at_cut(cut),
            self.saturated.at_cut(cut),
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
        rated, other = (_mass(self.normals(chosen)) for chosen in (is_normal, ~is_normal))
        ways = (self.marked.amounts(), self.marked.region_shares(), self.marked.image_shares())
        marked = [_mass(parts) for parts in ways]
        return bins_of_pages([rated + other], marked, rated if rated.any() else other, self._bins)


def bins_of_pages(
    normals: Sequence[Floats], marked: Sequence[Floats], rated: Floats, bins: int
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
    present = np.flatnonzero(np.add.reduce([*normals, *marked], axis=0))[::-1]
    wanted = _reached(normals, present) + _reached(marked, present)
    wanted += _rarity(_reached([rated], present))
    step = np.floor(np.append(0.0, wanted[:-1]) * (bins / wanted[-1:].max(initial=1.0)))
    first = np.zeros(_PAGES, np.intp)
    first[present[1:]] = np.diff(step[: len(present)]) > 0
    return np.cumsum(first[::-1])[::-1]


def _reached(masses: Sequence[Floats], pages: Places) -> Floats:
    """Share of the masses at or above each of the descending pages, mean over those not empty."""
    reached = [np.cumsum(mass[pages]) / mass.sum() for mass in masses if mass.any()]
    return sum(reached, np.zeros(len(pages))) / max(len(reached), 1)


def _rarity(rate: Floats) -> Floats:
    """From 0 for rates up to the rarest to 1: their logarithm, straight between powers of two.

    Not a true logarithm, which another machine might round in another way.
    """
    mantissa, exponent = np.frexp(rate)  # 2 · mantissa - 1 is in [0, 1)
    powers = np.where(rate > 0, exponent + 2 * mantissa - 2, -_RAREST)
    return np.maximum(powers, -_RAREST) / _RAREST + 1


def _mass(parts: Iterable[Amounts]) -> Floats:
    """How much lies in each page."""
    mass = np.zeros(_PAGES)
    for part in parts:
        mass += np.bincount(part.page, part.amount, minlength=_PAGES)
    return mass


def _slices(length: int) -> Iterator[slice]:
    for start in range(0, length, _IMAGES_AT_ONCE):
        yield slice(start, start + _IMAGES_AT_ONCE)
