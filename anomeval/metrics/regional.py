"""Metrics that ask where: overlap with each ground-truth region, and image by image."""

from dataclasses import dataclass
from math import isnan
from typing import ClassVar

import numpy as np

from anomeval.errors import UsageError
from anomeval.evidence.findings import Findings, ImageOverlap, PixelFindings, mean
from anomeval.evidence.resamples import Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.metric import Class, Doc, Level, Metric, Outcome, check_rate
from anomeval.ranking.overlap import mean_area
from anomeval.ranking.weighted import Floats, WeightedCurve, area_over_logarithm, area_up_to


@dataclass(frozen=True)
class RegionalMetric(Metric):
    """A metric of the pixels in their places."""

    level: Level = "pixel"
    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    counted: ClassVar[str] = "regions"
    """What is to be found, one by one."""

    def region_total(self, pixels: PixelFindings) -> int:
        """How many of these there are."""
        return pixels.region_total

    def region_support(self, pixels: PixelFindings) -> dict[str, int]:
        """Counts of pixels and of the regions they form."""
        return {**self.support(pixels.sample), self.counted: self.region_total(pixels)}

    def lacking_regions(self, pixels: PixelFindings) -> str | None:
        """Why there is no overlap at all. None if nothing is lacking."""
        if self.region_total(pixels):
            return None
        return f"no {self.counted.removesuffix('s')} in any ground-truth mask"


@dataclass(frozen=True)
class AUPRO(RegionalMetric):
    """Area under the per-region overlap curve."""

    name: ClassVar[str] = "aupro"
    fpr_limit: float = 0.3
    doc: ClassVar[Doc] = Doc(
        title="Area under the per-region overlap curve up to a false positive rate",
        formula="∫₀ᴸ PRO d(FPR) / L, PRO = mean over regions of the share of the region ≥ t",
        undefined="no region in any ground-truth mask, or no pixel outside them",
        source="Bergmann et al., The MVTec anomaly detection dataset, IJCV 2021: 8-connected "
        "regions, FPR over all pixels outside them, linear between points",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(str(self), "fpr_limit", self.fpr_limit, zero=False)

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None = None) -> Outcome:
        """See `Metric.compute`."""
        assert seen.pixels is not None
        support = self.region_support(seen.pixels)
        if reason := self.lacking_regions(seen.pixels):
            return Outcome(None, reason, support)
        if not seen.pixels.sample.negative_total:
            return Outcome(None, "no pixel outside the ground-truth masks", support)
        return Outcome(mean_area(self.areas(seen.pixels)), support=support)

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None = None) -> Floats:
        """See `Metric.resample`."""
        return area_up_to(self.curve(seen), self.fpr_limit)

    def areas(self, pixels: PixelFindings) -> list[Floats]:
        """Per anomalous image, the area under the curve of each region."""
        return pixels.region_areas(self.fpr_limit)

    def curve(self, seen: Resamples) -> WeightedCurve:
        """Overlap against the false positive rate, on each resample."""
        return seen.region_curve


@dataclass(frozen=True)
class PRO(RegionalMetric):
    """Mean per-region overlap at one cut."""

    name: ClassVar[str] = "pro"
    classes: ClassVar[tuple[Class, ...]] = ("anomalous",)
    threshold: float | None = None
    doc: ClassVar[Doc] = Doc(
        title="Mean per-region overlap at the fitted cut, or at a given raw threshold",
        formula="mean over regions of #{s ≥ cut in region} / #region; false positives do not count",
        undefined="no region in any ground-truth mask",
        source="Bergmann et al., Uninformed students, CVPR 2020",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold is not None and isnan(self.threshold):
            raise UsageError(f"{self}: threshold must be a number")

    @property
    def needs_fit(self) -> bool:
        """Unless a threshold is given: see `Metric.needs_fit`."""
        return self.threshold is None

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None) -> Outcome:
        """See `Metric.compute`."""
        assert seen.pixels is not None
        support = self.region_support(seen.pixels)
        cut = self._cut(judge)
        if cut is None:
            return Outcome(None, "no threshold was fitted at pixel level", support)
        if reason := self.lacking_regions(seen.pixels):
            return Outcome(None, reason, support, {"cut": cut})
        recalls = np.concatenate([image.recalls for image in self.overlaps(seen.pixels, cut)])
        missed = int((recalls == 0).sum())
        extra = {"cut": cut, f"{self.counted}_missed": missed}
        return Outcome(mean(recalls.tolist()), support=support, extra=extra)

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None) -> Floats | None:
        """See `Metric.resample`."""
        cut = self._cut(judge)
        return None if cut is None else self.resampled(seen, cut)

    def overlaps(self, pixels: PixelFindings, cut: float) -> list[ImageOverlap]:
        """Per anomalous image, the share of each region that is found."""
        return pixels.overlaps(cut)

    def resampled(self, seen: Resamples, cut: float) -> Floats:
        """The mean share on each resample."""
        return seen.overlap(cut)

    def _cut(self, judge: OneClassPostProcessor | None) -> float | None:
        fitted = self.fitted(judge)
        return self.threshold if fitted is None or self.threshold is not None else fitted.scale.cut


@dataclass(frozen=True)
class AUPIMO(RegionalMetric):
    """Mean over anomalous images of the area under their per-image overlap curve."""

    name: ClassVar[str] = "aupimo"
    fpr_low: float = 1e-5
    fpr_high: float = 1e-4
    doc: ClassVar[Doc] = Doc(
        title="Area under per-image recall over ln(shared FPR), mean over anomalous images",
        formula="mean over images of ∫ recallᵢ d(ln F) / ln(high / low), F = mean FPR of the "
        "normal images, from fpr_low to fpr_high",
        undefined="no normal image, or no image with an anomalous pixel",
        source="Bertoldo et al., AUPIMO: redefining visual anomaly detection benchmarks with high "
        "speed and low tolerance, 2024; exact instead of sampled thresholds",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.fpr_low < self.fpr_high <= 1:
            raise UsageError(
                f"{self}: the bounds must satisfy 0 < fpr_low < fpr_high <= 1, "
                f"got {self.fpr_low!r} and {self.fpr_high!r}"
            )

    @property
    def window(self) -> tuple[float, float]:
        """The shared false positive rates from and up to which the area is taken."""
        return self.fpr_low, self.fpr_high

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None = None) -> Outcome:
        """See `Metric.compute`."""
        assert seen.pixels is not None
        pixels = seen.pixels
        support = {
            "normal_images": pixels.normal_image_total,
            "normal_pixels": pixels.normal_pixel_total,
            "anomalous_images": len(pixels.anomalous),
        }
        if not pixels.anomalous:
            return Outcome(None, "no image with an anomalous pixel", support)
        if not pixels.normal_pixel_total:
            return Outcome(None, "no normal image", support)
        areas = pixels.image_areas(self.fpr_low, self.fpr_high)
        return Outcome(mean(list(areas.values())), support=support, per_image=areas)

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None = None) -> Floats:
        """See `Metric.resample`."""
        return area_over_logarithm(seen.image_curve, self.fpr_low, self.fpr_high)
