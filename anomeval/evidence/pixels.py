"""What is remembered of the pixels: exact counts of normal scores, and the anomalous ones."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import (
    Coarse,
    Counts,
    ScoreCounts,
    descending,
    label_regions,
    narrowest,
)
from anomeval.parallel import Lock
from anomeval.predictions.channels import belonging
from anomeval.predictions.preparation import PreparedImage


@dataclass(frozen=True, slots=True)
class AnomalousPixels:
    """The pixels inside the ground-truth mask of one image.

    scores: (n,) float32 or float64, descending.
    regions: (n,) integers as narrow as they go, the 8-connected region of each pixel.
    sizes: (r,) int64, pixels of each region.
    """

    identity: str
    scores: NDArray[Any]
    regions: NDArray[Any]
    sizes: Counts


class PixelEvidence:
    """Mergeable evidence of all pixels of a group of images.

    normals: scores of normal images, apart by the image's pixel count, because the false positive
        rate that AUPIMO shares is a mean of per-image rates.
    background: scores outside the masks of anomalous images.
    saturated: of images whose defects are told apart the pixels that can matter to sPRO, defect by
        defect in the place of regions.
    outlines: for each image (by identity) a coarse histogram of its scores outside the mask; the
        resamples that intervals are made of need no more.
    """

    def __init__(self) -> None:
        self.normals: dict[int, ScoreCounts] = {}
        self.normal_images: Counter[int] = Counter()
        self.background = ScoreCounts()
        self.anomalous: list[AnomalousPixels] = []
        self.saturated: list[AnomalousPixels] = []
        self.outlines: dict[str, Coarse] = {}
        self._home: PixelEvidence | None = None
        self._lock = Lock()

    def add(self, image: PreparedImage) -> None:
        """Count the pixels of one image that has an anomaly map; one without any is passed over."""
        assert image.anomaly_map is not None
        scores, mask = image.anomaly_map, image.mask
        if image.keep is not None:
            scores = scores[image.keep]
            mask = None if mask is None else mask[image.keep]
            if not scores.size:
                return
        counted = self.background if image.anomalous else self._normals_of_size(scores.size)
        inside, outline = counted.absorb(scores, mask, coarse=True)
        assert outline is not None
        self.outlines[image.entry.identity] = outline
        if not image.anomalous:
            self.normal_images[scores.size] += 1
        elif len(inside):
            self.anomalous.append(_anomalous_pixels(image, inside))
            if image.channels is not None:
                self.saturated.append(_saturated_pixels(image, inside))

    def merge(self, other: "PixelEvidence") -> None:
        """Add all that `other` has seen; `other` stays as it is."""
        for size, counts in other.normals.items():
            self._normals_of_size(size).merge(counts)
        self.background.merge(other.background)
        self._extend(other)

    def settle(self) -> None:
        """Give back memory that only adding needs; more may be added all the same."""
        for counts in (*self.normals.values(), self.background):
            counts.settle()

    def fork(self) -> "PixelEvidence":
        """A partner for another thread to count into; `join` brings its evidence home."""
        part = PixelEvidence()
        part._home = self
        part.background = self.background.fork()
        return part

    def join(self, part: "PixelEvidence") -> None:
        """Take over all that a partner made by `fork` has seen; it must not be used again."""
        for size, counts in part.normals.items():
            self._normals_of_size(size).join(counts)
        self.background.join(part.background)
        self._extend(part)

    def _extend(self, other: "PixelEvidence") -> None:
        self.normal_images.update(other.normal_images)
        self.anomalous.extend(other.anomalous)
        self.saturated.extend(other.saturated)
        self.outlines.update(other.outlines)

    def _normals_of_size(self, pixels: int) -> ScoreCounts:
        if pixels not in self.normals:
            self.normals[pixels] = self._home._fork_of(pixels) if self._home else ScoreCounts()
        return self.normals[pixels]

    def _fork_of(self, pixels: int) -> ScoreCounts:
        with self._lock:  # several partners may meet a new image size at once
            return self._normals_of_size(pixels).fork()


def _anomalous_pixels(image: PreparedImage, scores: NDArray[Any]) -> AnomalousPixels:
    assert image.mask is not None
    regions, sizes = label_regions(image.mask)
    if image.keep is not None:  # regions are those of the annotation; dropped pixels leave them
        present, renumbered = np.unique(regions[image.keep[image.mask]], return_inverse=True)
        regions = renumbered.astype(np.int32)
        sizes = np.bincount(regions, minlength=len(present)).astype(np.int64)
    return _descending(image.entry.identity, scores, regions, sizes)


def _saturated_pixels(image: PreparedImage, scores: NDArray[Any]) -> AnomalousPixels:
    """The highest scores of each defect, as many as are enough: no other can matter to sPRO.

    `min(found, enough) / enough` is the share found of these.
    """
    assert image.mask is not None
    assert image.channels is not None
    inside = image.mask if image.keep is None else image.mask & image.keep
    bits = image.channels.bits[inside]
    found: list[NDArray[Any]] = []
    for defect, enough in image.channels.defects:
        own = scores[belonging(bits, defect)]
        if len(own):
            found.append(np.sort(own)[::-1][:enough])
    sizes = np.array([len(own) for own in found], np.int64)
    regions = np.repeat(np.arange(len(found), dtype=np.int32), sizes)
    return _descending(image.entry.identity, np.concatenate(found), regions, sizes)


def _descending(
    identity: str, scores: NDArray[Any], regions: NDArray[np.int32], sizes: Counts
) -> AnomalousPixels:
    # Ties in the order of regions, as the order of pixels within them must not matter.
    scores, tags = descending(scores, regions.view(np.uint32))
    return AnomalousPixels(identity, scores, tags.astype(narrowest(len(sizes))), sizes)
