"""What is remembered of the pixels: exact counts of normal scores, and the anomalous ones."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, ScoreCounts, label_regions
from anomeval.predictions.preparation import PreparedImage


@dataclass(frozen=True, slots=True)
class AnomalousPixels:
    """The pixels inside the ground-truth mask of one image.

    scores: (n,) float32 or float64, descending.
    regions: (n,) int32, the 8-connected region of each pixel.
    sizes: (r,) int64, pixels of each region.
    """

    identity: str
    scores: NDArray[Any]
    regions: NDArray[np.int32]
    sizes: Counts


class PixelEvidence:
    """Mergeable evidence of all pixels of a group of images.

    normals: scores of normal images, apart by the image's pixel count, because the false positive
        rate that AUPIMO shares is a mean of per-image rates.
    background: scores outside the masks of anomalous images.
    """

    def __init__(self) -> None:
        self.normals: dict[int, ScoreCounts] = {}
        self.normal_images: Counter[int] = Counter()
        self.background = ScoreCounts()
        self.anomalous: list[AnomalousPixels] = []

    def add(self, image: PreparedImage) -> None:
        """Count the pixels of one image that has an anomaly map."""
        assert image.anomaly_map is not None
        scores, mask = image.anomaly_map, image.mask
        if image.keep is not None:
            scores = scores[image.keep]
            mask = None if mask is None else mask[image.keep]
        if not image.anomalous:
            self._normals_of_size(scores.size).absorb(scores)
            self.normal_images[scores.size] += 1
            return
        inside, _ = self.background.absorb(scores, mask)
        if len(inside):
            self.anomalous.append(_anomalous_pixels(image, inside))

    def merge(self, other: "PixelEvidence") -> None:
        """Add all that `other` has seen; `other` stays as it is."""
        for size, counts in other.normals.items():
            self._normals_of_size(size).merge(counts)
        self.normal_images.update(other.normal_images)
        self.background.merge(other.background)
        self.anomalous.extend(other.anomalous)

    def _normals_of_size(self, pixels: int) -> ScoreCounts:
        return self.normals.setdefault(pixels, ScoreCounts())


def _anomalous_pixels(image: PreparedImage, scores: NDArray[Any]) -> AnomalousPixels:
    assert image.mask is not None
    regions, sizes = label_regions(image.mask)
    if image.keep is not None:  # regions are those of the annotation; dropped pixels leave them
        regions = regions[image.keep[image.mask]]
        present, regions = np.unique(regions, return_inverse=True)
        regions = regions.astype(np.int32)
        sizes = np.bincount(regions, minlength=len(present)).astype(np.int64)
    order = np.argsort(scores)[::-1]
    return AnomalousPixels(image.entry.identity, scores[order], regions[order], sizes)
