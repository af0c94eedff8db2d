"""Evidence that is complete, made ready for questions. Everything is worked out once, when asked.

`Findings` is what a metric's `compute` gets to see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import INFINITE_PAGES
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow, by_identity, unit_name
from anomeval.evidence.pixels import AnomalousPixels, PixelEvidence
from anomeval.ranking.corners import lowest_above
from anomeval.ranking.operating import flagged
from anomeval.ranking.overlap import RegionShares
from anomeval.ranking.pimo import image_area, pixel_areas
from anomeval.ranking.sample import Sample

_AT_ONCE = 1 << 16  # thresholds: from the highest down until a false positive rate is passed


Ranked = Iterable[tuple[AnomalousPixels, NDArray[Any]]]
"""Anomalous pixels of images, each with where its scores stand in the ranking."""


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
        """One score and label for each `group_id` of a category: the highest of its images'."""
        groups: dict[str, list[ImageRow]] = {}
        for row in self.images:
            groups.setdefault(unit_name(row), []).append(row)
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
        evidence.settle()
        self._evidence = evidence
        self.anomalous = sorted(evidence.anomalous, key=lambda pixels: pixels.identity)
        self.saturated = sorted(evidence.saturated, key=lambda pixels: pixels.identity)
        self.region_total = sum(len(image.sizes) for image in self.anomalous)
        self.defect_total = sum(len(image.sizes) for image in self.saturated)
        self.normal_image_total = evidence.normal_images.total()

    @cached_property
    def sample(self) -> Sample:
        """All pixels: those inside masks against all others of all images."""
        negatives = [*self._evidence.normals.values(), self._evidence.background]
        return Sample([image.scores for image in self.anomalous], negatives)

    @property
    def undivided(self) -> int:
        """Images with anomalous pixels whose defects are not told apart."""
        return len(self.anomalous) - len(self.saturated)

    @cached_property
    def _positions(self) -> list[NDArray[Any]]:
        """For each anomalous image, where its scores stand in the ranking."""
        places = self.sample.ranking.places
        ends = np.cumsum([0, *(len(image.scores) for image in self.anomalous)])
        return [places[start:end] for start, end in pairwise(ends)]

    @cached_property
    def _saturated_positions(self) -> list[NDArray[Any]]:
        """The same of the pixels that can matter to sPRO."""
        ascending = self.sample.ranking.thresholds[::-1]
        last = len(ascending) - 1
        return [last - np.searchsorted(ascending, image.scores) for image in self.saturated]

    def ranked(self) -> Ranked:
        """Each anomalous image with where its scores stand in the ranking, by identity."""
        return zip(self.anomalous, self._positions, strict=True)

    def ranked_saturated(self) -> Ranked:
        """The same with the pixels that can matter to sPRO."""
        return zip(self.saturated, self._saturated_positions, strict=True)

    def region_areas(self, fpr_limit: float) -> list[NDArray[np.float64]]:
        """Per anomalous image, the area under the overlap curve of each of its regions."""
        return self._areas(self.ranked(), fpr_limit)

    def saturated_areas(self, fpr_limit: float) -> list[NDArray[np.float64]]:
        """Per anomalous image, the area under the saturated overlap curve of each defect."""
        return self._areas(self.ranked_saturated(), fpr_limit)

    def _areas(self, ranked: Ranked, fpr_limit: float) -> list[NDArray[np.float64]]:
        shares = RegionShares(self.sample.ranking, fpr_limit)
        return [shares.areas(positions, image.regions, image.sizes) for image, positions in ranked]

    def overlaps(self, cut: float) -> list[ImageOverlap]:
        """Per anomalous image, the recall of each of its regions at a cut."""
        return [_overlap(image, cut) for image in self.anomalous]

    def saturated_overlaps(self, cut: float) -> list[ImageOverlap]:
        """Per anomalous image, the saturated recall of each of its defects at a cut."""
        return [_overlap(image, cut) for image in self.saturated]

    def image_areas(self, low: float, high: float) -> dict[str, float]:
        """Per anomalous image (by identity), its area under recall over ln(shared FPR)."""
        shares = self._leading_areas(low, high)
        areas = {}
        for image, positions in self.ranked():
            top = positions[: np.searchsorted(positions, len(shares))]
            areas[image.identity] = image_area(shares[top], len(image.scores), low, high)
        return areas

    def _leading_areas(self, low: float, high: float) -> NDArray[np.float64]:
        """What a pixel at each of the leading thresholds adds; at all others it adds nothing."""
        thresholds = self.sample.ranking.thresholds
        parts = [np.empty(0)]
        for start in range(0, len(thresholds), _AT_ONCE):
            above, at = self.shared_fpr(thresholds[start : start + _AT_ONCE])
            within = int(np.searchsorted(above, high))
            parts.append(pixel_areas(above[:within], at[:within], low, high))
            if within < len(above):
                break
        return np.concatenate(parts)

    def shared_fpr(
        self, thresholds: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean FPR of the normal images, strictly above and at descending thresholds (n,)."""
        above, at = np.zeros(len(thresholds)), np.zeros(len(thresholds))
        for pixels, counts in sorted(self._evidence.normals.items()):
            count_above, count_at = counts.ranks(thresholds[::-1])
            above += count_above[::-1] / (pixels * self.normal_image_total)
            at += count_at[::-1] / (pixels * self.normal_image_total)
        return above, at

    def images_with_infinities(self) -> list[str]:
        """The images with an infinite pixel; outside masks, as far as outlines can tell them."""
        found = {p.identity for p in self.anomalous if np.isinf(p.scores[[0, -1]]).any()}
        if not self._beyond_float32():
            pages = set(INFINITE_PAGES)
            found |= {
                identity
                for identity, outline in self._evidence.outlines.items()
                if len(outline.pages) and pages & set(outline.pages[[0, -1]].tolist())
            }
        return sorted(found)

    def _beyond_float32(self) -> bool:
        """Whether finite normal scores are in the same page of an outline as infinite ones."""
        largest = float(np.finfo(np.float32).max)
        ends = np.array([-np.inf, -largest, largest, np.inf])
        for counts in self.sample.negatives:
            above, at_or_above = counts.ranks(ends)
            if above[0] > at_or_above[1] or above[2] > at_or_above[3]:
                return True
        return False

    def lowest_normal_above(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The lowest score of the normal images above each descending score; inf: none is."""
        return lowest_above(self._evidence.normals.values(), scores)

    @property
    def image_total(self) -> int:
        """Images with at least one counted pixel."""
        return self.normal_image_total + len(self.anomalous)

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
