"""Two metrics and a threshold rule, as examples of plugins for anomeval."""

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from anomeval.counting import label_regions
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.judging.rules import NotFittableError, RuleKind
from anomeval.metrics import Doc, Level, Metric, Outcome
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.preparation import PreparedImage
from anomeval.ranking.operating import most_true_positives
from anomeval.ranking.rates import allowance
from anomeval.ranking.sample import Sample


@dataclass(frozen=True)
class RegionsFound(Metric):
    """Share of defects that are touched at all: a pure function of evidence collected anyway."""

    name: ClassVar[str] = "regions_found"
    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    doc: ClassVar[Doc] = Doc(
        title="Share of regions with a pixel above the cut that flags at most `fpr` of the normals",
        formula="#{regions with a pixel ≥ cut} / #regions",
        undefined="no region in any ground-truth mask, or no pixel outside them",
        source="example of a plugin",
    )

    level: Level = "pixel"
    fpr: float = 0.01

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None) -> Outcome:
        """See `Metric.compute`."""
        pixels = seen.pixels
        assert pixels is not None
        support = {"regions": pixels.region_total}
        negatives = pixels.sample.negative_total
        if not pixels.region_total or not negatives:
            return Outcome(None, "no region, or no pixel outside them", support)
        point = most_true_positives(pixels.sample.ranking, allowance(self.fpr, negatives))
        if point.threshold is None:  # no anomalous pixel is above so many normal ones
            return Outcome(0.0, support=support)
        touched = sum(int((one.recalls > 0).sum()) for one in pixels.overlaps(point.threshold))
        extra = {"threshold": point.threshold}
        return Outcome(touched / pixels.region_total, support=support, extra=extra)


@dataclass(frozen=True)
class FalseBlobs(StreamedMetric):
    """False alarms as an operator sees them: a streamed metric, for blobs are in no evidence."""

    name: ClassVar[str] = "false_blobs"
    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    doc: ClassVar[Doc] = Doc(
        title="Connected blobs above a raw threshold, per normal image",
        formula="#8-connected components of {s ≥ threshold} in normal images / #normal images",
        undefined="no normal image",
        source="example of a plugin",
        higher_is_better=False,
        range="[0, ∞)",
    )

    level: Level = "pixel"
    threshold: float = 0.5

    def start(self) -> "BlobCount":
        """See `StreamedMetric.start`."""
        return BlobCount(self.threshold)


@dataclass
class BlobCount:
    """What `FalseBlobs` remembers: two numbers."""

    threshold: float
    images: int = 0
    blobs: int = 0

    def update(self, image: PreparedImage) -> None:
        """Count the blobs of one image, if it is normal."""
        if image.anomalous or image.anomaly_map is None:
            return
        flagged = image.anomaly_map >= self.threshold
        if image.keep is not None:
            flagged &= image.keep
        self.images += 1
        self.blobs += len(label_regions(flagged)[1])

    def merge(self, other: "BlobCount") -> None:
        """Add what another thread has counted."""
        self.images += other.images
        self.blobs += other.blobs

    def compute(self, judge: OneClassPostProcessor | None) -> Outcome:
        """Blobs per image."""
        support = {"normal_images": self.images}
        if not self.images:
            return Outcome(None, "no normal image", support)
        return Outcome(self.blobs / self.images, support=support, extra={"blobs": self.blobs})


def _robust(sample: Sample, factor: float) -> float:
    normals = sample.normals
    if not normals.total:
        raise NotFittableError("there is no normal score")
    median, low, high = (normals.select(normals.total * quarter // 4) for quarter in (2, 1, 3))
    return median + factor * (high - low)


ROBUST = RuleKind(
    choose=_robust,
    parameter="a number",
    valid=isfinite,
    summary="median of the normals and k interquartile ranges above",
    example=3,
)
