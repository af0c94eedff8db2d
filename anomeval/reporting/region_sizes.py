"""Regions by size: small defects are missed where large ones are found."""

from dataclasses import dataclass

from anomeval.reporting.numerals import count_text

_SMALLEST = 15
"""Pixels up to which regions are of the first class; each further class is four times as large."""


@dataclass(frozen=True)
class RegionSizes:
    """Regions of like size in one category.

    low, high: pixels that such a region has. regions: how many there are.
    aupro: mean over them of the area under the curve of each, up to the false positive rate of
        0.3; None without a pixel outside the masks.
    hit, pro: of how many a pixel is found at the fitted pixel cut, and the mean share that is
        found; None without one.
    """

    category: str | None
    low: int
    high: int
    regions: int
    aupro: float | None
    hit: int | None
    pro: float | None


def size_class(size: int) -> tuple[int, int]:
    """The least and the most pixels of the regions that one of so many belongs to: 16 to 63."""
    low, high = 1, _SMALLEST
    while size > high:
        low, high = high + 1, 4 * high + 3
    return low, high


def size_text(low: int, high: int) -> str:
    """A class as people read it."""
    return f"{count_text(low)}\N{EN DASH}{count_text(high)} px"
