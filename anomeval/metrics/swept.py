"""Means over thresholds that divide the range of scores: they depend on the scale of the scores."""

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import ClassVar

from anomeval.errors import UsageError
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.decided import F1, DecidedMetric, IoU, Recall
from anomeval.metrics.metric import Doc, Level, Metric, Outcome, check_rate
from anomeval.ranking.sweep import cut_at, places

_SOURCE = (
    "Zhang et al., ADer: a comprehensive benchmark for multi-class visual anomaly detection, 2024; "
    "with `score ≥ cut` for `score > cut`"
)
_UNDEFINED = "no anomalous pixel, all scores are equal, or one is infinite"


@dataclass(frozen=True)
class SweptMetric(Metric):
    """The mean of a metric of decisions over some cuts; no interval, for they move with the range.

    low, high, step: places of the cuts between the lowest score, 0, and the highest, 1.
    """

    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    decided: ClassVar[type[DecidedMetric]]
    """What is averaged."""

    level: Level = "pixel"
    low: float = 0.2
    high: float = 0.8
    step: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("low", "high"):
            check_rate(str(self), name, getattr(self, name))
        check_rate(str(self), "step", self.step, zero=False)
        if self.low > self.high:
            raise UsageError(f"{self}: low must not be above high")

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None = None) -> Outcome:
        """See `Metric.compute`."""
        sample = self.sample(seen)
        support = self.support(sample)
        if not sample.positive_total:
            return Outcome(None, "no anomalous pixels", support)
        lowest, highest = sample.range()
        if not (isfinite(lowest) and isfinite(highest)):
            return Outcome(None, "infinite scores cannot be divided evenly", support)
        if lowest == highest:
            return Outcome(None, "all scores are equal", support)
        measure = self.decided(level=self.level)
        shares = [
            Fraction(*measure.share(sample.confusion(cut_at(place, lowest, highest))))
            for place in places(self.low, self.high, self.step)
        ]
        extra = {"lowest_score": lowest, "highest_score": highest, "cuts": len(shares)}
        return Outcome(float(sum(shares) / len(shares)), support=support, extra=extra)


@dataclass(frozen=True)
class MF1(SweptMetric):
    """Mean F1."""

    name: ClassVar[str] = "mf1"
    decided: ClassVar[type[DecidedMetric]] = F1
    doc: ClassVar[Doc] = Doc(
        title="Mean F1 over cuts at even places of the range of scores",
        formula="mean of 2·TP / (2·TP + FP + FN) at lowest + p · (highest - lowest), p from low to "
        "high by step",
        undefined=_UNDEFINED,
        source=_SOURCE,
    )


@dataclass(frozen=True)
class MAcc(SweptMetric):
    """Mean recall, which its source calls accuracy."""

    name: ClassVar[str] = "macc"
    decided: ClassVar[type[DecidedMetric]] = Recall
    doc: ClassVar[Doc] = Doc(
        title="Mean share of the anomalous that is flagged, over cuts at even places of the range; "
        "called accuracy, as that of one class, and not punished for false positives",
        formula="mean of TP / P at lowest + p · (highest - lowest), p from low to high by step",
        undefined=_UNDEFINED,
        source=_SOURCE,
    )


@dataclass(frozen=True)
class MIoU(SweptMetric):
    """Mean intersection over union."""

    name: ClassVar[str] = "miou"
    decided: ClassVar[type[DecidedMetric]] = IoU
    doc: ClassVar[Doc] = Doc(
        title="Mean intersection over union over cuts at even places of the range of scores",
        formula="mean of TP / (TP + FP + FN) at lowest + p · (highest - lowest), p from low to "
        "high by step",
        undefined=_UNDEFINED,
        source=_SOURCE,
    )
