"""Metrics of decisions at the fitted cut: they need a fit and count `raw score >= cut`."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

import numpy as np

from anomeval.evidence.findings import Findings
from anomeval.evidence.resamples import Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.metric import LEVELS, Class, Doc, Level, Metric, Outcome, lacking
from anomeval.ranking.operating import Confusion
from anomeval.ranking.weighted import Floats

Tally = TypeVar("Tally", int, Floats)
TallyOut = TypeVar("TallyOut", int, Floats, covariant=True)


class Counted(Protocol[TallyOut]):
    """Decisions against the truth, counted once or on each of many resamples."""

    @property
    def true_positives(self) -> TallyOut: ...  # noqa: D102
    @property
    def false_positives(self) -> TallyOut: ...  # noqa: D102
    @property
    def false_negatives(self) -> TallyOut: ...  # noqa: D102
    @property
    def true_negatives(self) -> TallyOut: ...  # noqa: D102


@dataclass(frozen=True)
class DecidedMetric(Metric):
    """A share of counted decisions."""

    levels: ClassVar[tuple[Level, ...]] = LEVELS

    @property
    def needs_fit(self) -> bool:
        """Always: see `Metric.needs_fit`."""
        return True

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None) -> Outcome:
        """See `Metric.compute`."""
        sample = self.sample(seen)
        support = self.support(sample)
        fitted = self.fitted(judge)
        if fitted is None:
            return Outcome(None, f"no threshold was fitted at {self.level} level", support)
        reason = lacking(sample, self.level) if not (support and sum(support.values())) else None
        counts = sample.confusion(fitted.scale.cut)
        share, whole = self.share(counts)
        extra = _extra(fitted.scale.cut, counts)
        if reason or whole == 0:
            return Outcome(None, reason or self.doc.undefined, support, extra)
        return Outcome(share / whole, support=support, extra=extra)

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None) -> Floats | None:
        """See `Metric.resample`."""
        fitted = self.fitted(judge)
        if fitted is None:
            return None
        share, whole = self.share(seen.confusion(self.level, fitted.scale.cut))
        return share / np.where(whole == 0, np.nan, whole)

    @abstractmethod
    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """Numerator and denominator; a denominator of 0 means undefined."""


@dataclass(frozen=True)
class F1(DecidedMetric):
    """Harmonic mean of precision and recall."""

    name: ClassVar[str] = "f1"
    doc: ClassVar[Doc] = Doc(
        title="F1 at the fitted cut",
        formula="2·TP / (2·TP + FP + FN)",
        undefined="nothing is anomalous and nothing is flagged",
        source="van Rijsbergen, Information Retrieval, 1979",
    )

    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """See `DecidedMetric.share`."""
        found = 2 * counts.true_positives
        return found, found + counts.false_positives + counts.false_negatives


@dataclass(frozen=True)
class Precision(DecidedMetric):
    """Share of the flagged that is anomalous."""

    name: ClassVar[str] = "precision"
    doc: ClassVar[Doc] = Doc(
        title="Share of the flagged that is anomalous",
        formula="TP / (TP + FP)",
        undefined="nothing is flagged",
        source="standard",
    )

    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """See `DecidedMetric.share`."""
        return counts.true_positives, counts.true_positives + counts.false_positives


@dataclass(frozen=True)
class Recall(DecidedMetric):
    """Share of the anomalous that is flagged."""

    name: ClassVar[str] = "recall"
    classes: ClassVar[tuple[Class, ...]] = ("anomalous",)
    doc: ClassVar[Doc] = Doc(
        title="Share of the anomalous that is flagged (true positive rate)",
        formula="TP / (TP + FN)",
        undefined="nothing is anomalous",
        source="standard",
    )

    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """See `DecidedMetric.share`."""
        return counts.true_positives, counts.true_positives + counts.false_negatives


@dataclass(frozen=True)
class Specificity(DecidedMetric):
    """Share of the normal that is left alone."""

    name: ClassVar[str] = "specificity"
    classes: ClassVar[tuple[Class, ...]] = ("normal",)
    doc: ClassVar[Doc] = Doc(
        title="Share of the normal that is not flagged (true negative rate)",
        formula="TN / (TN + FP)",
        undefined="nothing is normal",
        source="standard",
    )

    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """See `DecidedMetric.share`."""
        return counts.true_negatives, counts.true_negatives + counts.false_positives


@dataclass(frozen=True)
class Accuracy(DecidedMetric):
    """Share of right decisions."""

    name: ClassVar[str] = "accuracy"
    doc: ClassVar[Doc] = Doc(
        title="Share of right decisions; misleads where one class is rare",
        formula="(TP + TN) / (TP + FP + FN + TN)",
        undefined="there is nothing to decide",
        source="standard",
    )

    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """See `DecidedMetric.share`."""
        right = counts.true_positives + counts.true_negatives
        return right, right + counts.false_positives + counts.false_negatives


@dataclass(frozen=True)
class IoU(DecidedMetric):
    """Intersection over union of flagged and anomalous."""

    name: ClassVar[str] = "iou"
    doc: ClassVar[Doc] = Doc(
        title="Intersection over union of flagged and anomalous",
        formula="TP / (TP + FP + FN)",
        undefined="nothing is anomalous and nothing is flagged",
        source="Jaccard, 1912",
    )

    def share(self, counts: Counted[Tally]) -> tuple[Tally, Tally]:
        """See `DecidedMetric.share`."""
        found = counts.true_positives
        return found, found + counts.false_positives + counts.false_negatives


def _extra(cut: float, counts: Confusion) -> dict[str, float | int | None]:
    return {
        "cut": cut,
        "true_positives": counts.true_positives,
        "false_positives": counts.false_positives,
        "false_negatives": counts.false_negatives,
        "true_negatives": counts.true_negatives,
    }
