"""Evidence that is complete, made ready for questions. Everything is worked out once, when asked.

`Findings` is what a metric's `compute` gets to see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow, by_identity
from anomeval.evidence.pixels import AnomalousPixels, PixelEvidence
from anomeval.parallel import mapped
from anomeval.ranking.operating import flagged
from anomeval.ranking.overlap import RegionShares
from anomeval.ranking.pimo import image_area
from anomeval.ranking.sample import Sample

_SKIM = 4096  # one threshold in so many is looked at to find where a false positive rate is passed


class Findings:
    """The answers that one group's evidence holds."""

    def __init__(self, evidence: Evidence, *, has_pixels: bool = True) -> None:
        self.images: Sequence[ImageRow] = by_identity(evidence.images)
        self.pixels = PixelFindings(evidence.pixels) if has_pixels else None
        self.streams = evidence.streams

    @cached_property
    def image_sample(self) -> Sample:
        """Image scores by label. Images whose score was dropped are not among them."""
        return _sample_of([(row.score, row.anomalous) for row in self.images])

    @cached_property
    def group_sample(self) -> Sample:
        """One score and label for each `group_id`: the highest score, anomalous if any image is."""
        groups: dict[str, list[ImageRow]] = {}
        for row in self.images:
            groups.setdefault(row.entry.group_id or row.entry.identity, []).append(row)
        return _sample_of([_highest(rows) for rows in groups.values()])


@dataclass(frozen=True)
class ImageOverlap:
    """How well the regions of one image are covered by a cut.

    recalls: (r,) float64, share of each region at or above the cut.
    """

    identity: str
    sizes: NDArray[np.int64]
    recalls: NDArray[np.float64]


class PixelFindings:
    """Answers about the pixels of a group of images."""

    def __init__(self, evidence: PixelEvidence) -> None:
        self._evidence = evidence
        self.anomalous = sorted(evidence.anomalous, key=lambda pixels: pixels.identity)
        self.region_total = sum(len(image.sizes) for image in self.anomalous)
        self.normal_image_total = evidence.normal_images.total()

    @cached_property
    def sample(self) -> Sample:
        """All pixels: those inside masks against all others of all images."""
        negatives = [*self._evidence.normals.values(), self._evidence.background]
        return Sample([image.scores for image in self.anomalous], negatives)

    @cached_property
    def _positions(self) -> list[NDArray[np.uint32]]:
        """For each anomalous image, where its scores stand in the ranking."""
        ascending = self.sample.ranking.thresholds[::-1]
        last = len(ascending) - 1

        def places(image: AnomalousPixels) -> NDArray[np.uint32]:
            return (last - np.searchsorted(ascending, image.scores)).astype(np.uint32)

        return mapped(places, self.anomalous)

    def ranked(self) -> Iterator[tuple[AnomalousPixels, NDArray[np.uint32]]]:
        """Each anomalous image with where its scores stand in the ranking, by identity."""
        return zip(self.anomalous, self._positions, strict=True)

    def region_areas(self, fpr_limit: float) -> list[NDArray[np.float64]]:
        """Per anomalous image, the area under the overlap curve of each of its regions."""
        shares = RegionShares(self.sample.ranking, fpr_limit)

        def areas(ranked: tuple[AnomalousPixels, NDArray[np.uint32]]) -> NDArray[np.float64]:
            image, positions = ranked
            return shares.areas(positions, image.regions, image.sizes)

        return mapped(areas, self.ranked())

    def overlaps(self, cut: float) -> list[ImageOverlap]:
        """Per anomalous image, the recall of each of its regions at a cut."""
        return [_overlap(image, cut) for image in self.anomalous]

    def image_areas(self, low: float, high: float) -> dict[str, float]:
        """Per anomalous image (by identity), its area under recall over ln(shared FPR)."""
        fpr_above, fpr_at = self._leading_fpr(high)
        within = len(fpr_above)
        areas = {}
        for image, positions in self.ranked():
            top = positions[: np.searchsorted(positions, within)]
            areas[image.identity] = image_area(
                fpr_above[top], fpr_at[top], len(image.scores), low, high
            )
        return areas

    def _leading_fpr(self, limit: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean false positive rate of the normal images, above and at the leading thresholds.

        Only the thresholds whose rate above is below the limit are returned.
        """
        thresholds = self.sample.ranking.thresholds
        skimmed = thresholds[::_SKIM]
        passed = int(np.searchsorted(self.shared_fpr(skimmed)[0], limit))
        leading = thresholds[: passed * _SKIM]
        above, at = self.shared_fpr(leading)
        within = int(np.searchsorted(above, limit))
        return above[:within], at[:within]

    def shared_fpr(
        self, thresholds: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean FPR of the normal images, strictly above and at descending thresholds (n,)."""
        above, at = np.zeros(len(thresholds)), np.zeros(len(thresholds))
        for pixels, counts in sorted(self._evidence.normals.items()):
            if not pixels:
                continue
            count_above, count_at = counts.ranks(thresholds[::-1])
            above += count_above[::-1] / (pixels * self._rated_images)
            at += count_at[::-1] / (pixels * self._rated_images)
        return above, at

    @property
    def _rated_images(self) -> int:
        """Normal images with at least one counted pixel."""
        return self.normal_image_total - self._evidence.normal_images[0]

    @property
    def normal_pixel_total(self) -> int:
        """Pixels of the normal images."""
        return sum(size * count for size, count in self._evidence.normal_images.items())

    @property
    def pixel_total(self) -> int:
        """All counted pixels."""
        return self.sample.positive_total + self.sample.negative_total


def mean(values: Sequence[float]) -> float:
    """Mean that is rounded once, so the order of values cannot matter."""
    return fsum(values) / len(values)


def _sample_of(judged: Sequence[tuple[float | None, bool]]) -> Sample:
    known = [(score, anomalous) for score, anomalous in judged if score is not None]
    scores = np.array([score for score, _ in known], np.float64)
    return Sample.of(scores, np.array([anomalous for _, anomalous in known], np.bool_))


def _highest(rows: Sequence[ImageRow]) -> tuple[float | None, bool]:
    scores = [row.score for row in rows if row.score is not None]
    return max(scores, default=None), any(row.anomalous for row in rows)


def _overlap(image: AnomalousPixels, cut: float) -> ImageOverlap:
    found = image.regions[flagged(image.scores, cut)]
    hits = np.bincount(found, minlength=len(image.sizes))
    return ImageOverlap(image.identity, image.sizes, hits / image.sizes)
