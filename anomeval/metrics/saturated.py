"""Overlap that saturates: of each defect a part is enough, and defects may overlap (sPRO)."""

from dataclasses import dataclass
from typing import ClassVar

from anomeval.evidence.findings import ImageOverlap, PixelFindings
from anomeval.evidence.resamples import Resamples
from anomeval.metrics.metric import Doc
from anomeval.metrics.regional import AUPRO, PRO, RegionalMetric
from anomeval.ranking.weighted import Floats, WeightedCurve

_SOURCE = (
    "Bergmann et al., Beyond dents and scratches: logical constraints in unsupervised anomaly "
    "detection and localization, IJCV 2022"
)
_OVERLAP = "min(#{s ≥ t in defect} / saturation, 1), saturation in pixels of gt_saturation"


@dataclass(frozen=True)
class Saturated(RegionalMetric):
    """What is to be found are the defects that the ground truth tells apart, not regions."""

    counted: ClassVar[str] = "defects"
    needed_fields: ClassVar[tuple[str, ...]] = ("gt_saturation",)

    def region_total(self, pixels: PixelFindings) -> int:
        """See `RegionalMetric.region_total`."""
        return pixels.defect_total

    def lacking_regions(self, pixels: PixelFindings) -> str | None:
        """See `RegionalMetric.lacking_regions`."""
        if pixels.undivided:
            images = f"{pixels.undivided} of {len(pixels.anomalous)} images with anomalous pixels"
            return f"gt_saturation is missing for {images}"
        return super().lacking_regions(pixels)


@dataclass(frozen=True)
class AUSPRO(Saturated, AUPRO):
    """Area under the saturated per-region overlap curve."""

    name: ClassVar[str] = "auspro"
    fpr_limit: float = 0.05
    doc: ClassVar[Doc] = Doc(
        title="Area under the saturated per-region overlap curve up to a false positive rate",
        formula=f"∫₀ᴸ sPRO d(FPR) / L, sPRO = mean over defects of {_OVERLAP}",
        undefined="no defect in any ground-truth mask, or no pixel outside them",
        source=f"{_SOURCE}; FPR over all pixels without a defect, linear between points; at all "
        "thresholds, where the official code refines some until it is fine enough",
    )

    def areas(self, pixels: PixelFindings) -> list[Floats]:
        """See `AUPRO.areas`."""
        return pixels.saturated_areas(self.fpr_limit)

    def curve(self, seen: Resamples) -> WeightedCurve:
        """See `AUPRO.curve`."""
        return seen.saturated_curve


@dataclass(frozen=True)
class SPRO(Saturated, PRO):
    """Mean saturated per-region overlap at one cut."""

    name: ClassVar[str] = "spro"
    doc: ClassVar[Doc] = Doc(
        title="Mean saturated per-region overlap at the fitted cut, or at a given raw threshold",
        formula=f"mean over defects of {_OVERLAP}, t = cut; false positives do not count",
        undefined="no defect in any ground-truth mask",
        source=_SOURCE,
    )

    def overlaps(self, pixels: PixelFindings, cut: float) -> list[ImageOverlap]:
        """See `PRO.overlaps`."""
        return pixels.saturated_overlaps(cut)

    def resampled(self, seen: Resamples, cut: float) -> Floats:
        """See `PRO.resampled`."""
        return seen.saturated_overlap(cut)
