"""MEBin: one binary mask per image, cut where the number of components is most stable.

Main element binarization (Huang et al., 2025), over one set of images that share a score range.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from tests.reference.exact import Mask, Score
from tests.reference.regions import regions

TOP = 255
STEP = 4
SHORTEST_RUN = 4
ABOVE, BELOW = 3, 2
"""Reach of the 6 x 6 erosion square towards lower and towards higher rows and columns."""


class Binarized(NamedTuple):
    """The raw threshold of one image and the mask of the pixels strictly above it."""

    threshold: Fraction
    mask: Mask


class Stable(NamedTuple):
    """The chosen level, 0 to 255, and the number of components that is stable down to it."""

    level: int
    components: int


def mebin(maps: Sequence[Sequence[Sequence[Score]]], erosion: bool = True) -> list[Binarized]:
    """Return threshold and mask of every image; with no score range at all, masks are empty."""
    low, high = score_range(maps)
    return [
        above(scores, low + (high - low) * Fraction(level_of(scores, low, high, erosion), TOP))
        for scores in maps
    ]


def score_range(maps: Sequence[Sequence[Sequence[Score]]]) -> tuple[Fraction, Fraction]:
    """Return the lowest and highest image maximum; if equal, the lowest score of all instead."""
    peaks = [max(Fraction(score) for row in scores for score in row) for scores in maps]
    if min(peaks) < max(peaks):
        return min(peaks), max(peaks)
    return min(Fraction(score) for scores in maps for row in scores for score in row), max(peaks)


def level_of(
    scores: Sequence[Sequence[Score]], low: Fraction, high: Fraction, erosion: bool
) -> int:
    """Return the stable level of one image; without a score range the top, which keeps nothing."""
    if low == high:
        return TOP
    return stable_level([component_count(scores, q, low, high, erosion) for q in levels()]).level


def levels() -> range:
    """Return the levels at which components are counted: 255, 251, ..., 3."""
    return range(TOP, -1, -STEP)


def component_count(
    scores: Sequence[Sequence[Score]], level: int, low: Fraction, high: Fraction, erosion: bool
) -> int:
    """Count the 8-connected components of what lies strictly above the level on a 0-255 scale."""
    scaled = [
        [max((Fraction(score) - low) / (high - low) * TOP, Fraction(0)) for score in row]
        for row in scores
    ]
    mask = above(scaled, Fraction(level)).mask
    return len(regions(eroded(mask) if erosion else mask))


def above(scores: Sequence[Sequence[Score]], threshold: Fraction) -> Binarized:
    """Return the mask of the pixels strictly above the threshold."""
    return Binarized(threshold, [[int(score > threshold) for score in row] for row in scores])


def eroded(mask: Mask) -> Mask:
    """Keep the pixels whose 6 x 6 surroundings are all set; outside the image counts as set."""
    return [
        [
            int(
                all(
                    value
                    for line in mask[max(row - ABOVE, 0) : row + BELOW + 1]
                    for value in line[max(column - ABOVE, 0) : column + BELOW + 1]
                )
            )
            for column in range(len(values))
        ]
        for row, values in enumerate(mask)
    ]


def stable_level(counts: Sequence[int]) -> Stable:
    """Return the lowest level of the longest run of equal, non-zero component counts.

    Runs shorter than four levels do not count; with none left the top level is chosen.  Of
    component counts with equally long longest runs the one whose first run comes first wins,
    and of its longest runs the first.
    """
    longest: dict[int, tuple[int, int]] = {}
    end = -1
    for count, run in groupby(counts):
        length = len(list(run))
        end += length
        if count and length >= SHORTEST_RUN and length > longest.get(count, (0, 0))[0]:
            longest[count] = (length, end)
    if not longest:
        return Stable(TOP, 0)
    count = max(longest, key=lambda seen: longest[seen][0])
    return Stable(TOP - longest[count][1] * STEP, count)
