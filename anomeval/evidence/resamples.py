"""The evidence seen again under many weightings of its images.

A resample of a data set is the same evidence with a whole number at each image: how often it was
drawn. Image scores are few, so their resampled curves are exact. Pixels are many, so their
resampled curves are exact at the ends of some hundred bins and run straight between them.

All that is summed over images are whole numbers below 2**53 in float64. Such sums are exact in
any order, so neither threads nor the linear algebra at hand can change a bit of the outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow, by_identity
from anomeval.evidence.outlines import PixelTable
from anomeval.ranking.weighted import Floats, Measure, WeightedConfusion, WeightedCurve

Weights = NDArray[np.uint8]
"""How often each unit was drawn into each resample: (units, resamples)."""

_BLOCK = 1 << 22
"""Numbers in a temporary array of image scores by resamples: 32 MiB."""


@dataclass(frozen=True)
class Units:
    """What is drawn: images, or where they share a `group_id` all of a group at once.

    names: (u,) ascending, what the draws are derived from.
    anomalous: (u,) whether any of the unit's images is. Draws are balanced within the two classes.
    of_image: the unit of each image, by identity.
    """

    names: Sequence[str]
    anomalous: NDArray[np.bool_]
    of_image: Mapping[str, int]

    @classmethod
    def of(cls, rows: Sequence[ImageRow]) -> "Units":
        """The units that the images form."""
        names = sorted({unit_name(row) for row in rows})
        place = {name: index for index, name in enumerate(names)}
        of_image = {row.entry.identity: place[unit_name(row)] for row in rows}
        anomalous = np.zeros(len(names), np.bool_)
        anomalous[[of_image[row.entry.identity] for row in rows if row.anomalous]] = True
        return cls(names, anomalous, of_image)

    def __len__(self) -> int:
        return len(self.names)


def unit_name(row: ImageRow) -> str:
    """What an image is drawn as: itself, or its group within its category."""
    entry = row.entry
    if not entry.group_id:
        return f"image\0{entry.identity}"
    return f"group\0{entry.category or ''}\0{entry.group_id}"


class ResampledEvidence:
    """What does not depend on the weights: made once, seen under as many weightings as wanted."""

    def __init__(self, evidence: Evidence, *, has_pixels: bool = True) -> None:
        self.rows = by_identity(evidence.images)
        self.units = Units.of(self.rows)
        unit_of = np.array([self.units.of_image[row.entry.identity] for row in self.rows], np.intp)
        self._unit_of = unit_of
        self.pixels = None
        if has_pixels:
            self.pixels = PixelTable(evidence.pixels, self.rows)

    def unit_of_images(self) -> NDArray[np.intp]:
        """The unit of each row."""
        return self._unit_of
