"""sPRO as the evaluation of MVTec LOCO goes about it, on a channel for each annotated defect.

Another way to what `saturated` defines: nothing is packed into bits, saturations are worked out
from what `defects_config.json` says, and a pixel is flagged strictly above a threshold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from tests.reference.exact import Map, Rate, Score, Value, decimal
from tests.reference.overlap import Point, area_up_to

Channel = Sequence[Sequence[bool]]
"""The pixels of one defect."""


@dataclass(frozen=True)
class Entry:
    """What the list of defects says: pixels that are enough, or a share of the defect's area."""

    threshold: Rate
    relative: bool

    def saturation(self, area: int) -> int:
        """Pixels that are enough of a defect of this area; no area needs less than a pixel."""
        enough = floor(decimal(self.threshold) * area) if self.relative else int(self.threshold)
        return max(1, min(enough, area))


@dataclass(frozen=True)
class Shown:
    """One image: its map, and each of its defects with the entry that it is an example of."""

    map: Map
    defects: Sequence[tuple[Channel, Entry]] = ()


def curve(images: Sequence[Shown]) -> list[Point]:
    """Return rate of defect-free pixels and mean saturated overlap, flagged above each score."""
    scores = {score for image in images for row in image.map for score in row if score is not None}
    return [_point(images, threshold) for threshold in [*sorted(scores, reverse=True), -1e99]]


def auspro(images: Sequence[Shown], fpr_limit: Rate) -> Value:
    """Return the area up to the limit over the limit; undefined without defects or background."""
    limit = decimal(fpr_limit)
    has_background = any(_is_free(image, *pixel) for image in images for pixel in _pixels(image))
    if not has_background or not any(image.defects for image in images):
        return None
    return area_up_to(curve(images), limit) / limit


def spro(images: Sequence[Shown], threshold: Score) -> Value:
    """Return the mean over all defects of all images, flagged strictly above the threshold."""
    return _point(images, threshold)[1] if any(image.defects for image in images) else None


def _point(images: Sequence[Shown], threshold: Score) -> Point:
    free = false = 0
    shares = []
    for image in images:
        flagged = {(r, c) for r, c in _pixels(image) if (image.map[r][c] or 0) > threshold}
        for r, c in _pixels(image):
            if _is_free(image, r, c):
                free += 1
                false += (r, c) in flagged
        for channel, entry in image.defects:
            inside = {(r, c) for r, c in _pixels(image) if channel[r][c]}
            enough = entry.saturation(len(inside))
            shares.append(min(Fraction(len(flagged & inside), enough), Fraction(1)))
    overlap = sum(shares, Fraction(0)) / len(shares) if shares else Fraction(0)
    return Fraction(false, free) if free else Fraction(0), overlap


def _pixels(image: Shown) -> list[tuple[int, int]]:
    return [(r, c) for r, row in enumerate(image.map) for c in range(len(row))]


def _is_free(image: Shown, row: int, column: int) -> bool:
    return not any(channel[row][column] for channel, _ in image.defects)
