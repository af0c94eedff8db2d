"""Metrics of the ranking alone: they need no threshold and read raw scores."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from anomeval.evidence.findings import Findings
from anomeval.evidence.resamples import Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.metric import LEVELS, Doc, Level, Metric, Outcome, check_rate, lacking
from anomeval.ranking import weighted
from anomeval.ranking.areas import area_under_precision_recall, area_under_roc, average_precision
from anomeval.ranking.best import Best, best_f1, best_iou
from anomeval.ranking.operating import fewest_false_positives, most_true_positives
from anomeval.ranking.ranking import Ranking
from anomeval.ranking.rates import allowance, quota
from anomeval.ranking.weighted import Floats, WeightedCurve

Measured = tuple[float, dict[str, float | int | None]]
"""A value and its extras."""

_BOTH_CLASSES = "no normal, or no anomalous score"


@dataclass(frozen=True)
class RankedMetric(Metric):
    """A metric that is one function of the ranking."""

    levels: ClassVar[tuple[Level, ...]] = LEVELS
    needs_negatives: ClassVar[bool] = True

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None = None) -> Outcome:
        """See `Metric.compute`."""
        sample = self.sample(seen)
        support = self.support(sample)
        reason = lacking(sample, self.level, negatives=self.needs_negatives)
        if reason:
            return Outcome(None, reason, support)
        value, extra = self.measure(sample.ranking)
        return Outcome(value, support=support, extra=extra)

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None = None) -> Floats:
        """See `Metric.resample`."""
        return seen.measured(self.level, self.remeasure)

    @abstractmethod
    def measure(self, ranking: Ranking) -> Measured:
        """Value and extras on a ranking that is not lacking anything."""

    @abstractmethod
    def remeasure(self, curve: WeightedCurve) -> Floats:
        """Value of each resample, (resamples,)."""


@dataclass(frozen=True)
class AUROC(RankedMetric):
    """Area under the ROC curve."""

    name: ClassVar[str] = "auroc"
    doc: ClassVar[Doc] = Doc(
        title="Area under the ROC curve; ties count half",
        formula="(#{s⁺ > s⁻} + ½ · #{s⁺ = s⁻}) / (P · N)",
        undefined=_BOTH_CLASSES,
        source="Fawcett, An introduction to ROC analysis, 2006",
    )

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return area_under_roc(ranking), {}

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.area_under_roc(curve)


@dataclass(frozen=True)
class AP(RankedMetric):
    """Average precision."""

    name: ClassVar[str] = "ap"
    needs_negatives: ClassVar[bool] = False
    doc: ClassVar[Doc] = Doc(
        title="Average precision, stepwise",
        formula="Σₖ (Rₖ - Rₖ₋₁) · Pₖ over distinct thresholds, highest first",
        undefined="no anomalous score",
        source="scikit-learn, average_precision_score",
    )

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return average_precision(ranking), {}

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.average_precision(curve)


@dataclass(frozen=True)
class AUPR(RankedMetric):
    """Area under the precision-recall curve by trapezoids."""

    name: ClassVar[str] = "aupr"
    needs_negatives: ClassVar[bool] = False
    doc: ClassVar[Doc] = Doc(
        title="Area under the precision-recall curve, by trapezoids",
        formula="Σₖ (Rₖ - Rₖ₋₁) · (Pₖ + Pₖ₋₁) / 2 in threshold order from (R, P) = (0, 1)",
        undefined="no anomalous score",
        source="common practice; optimistic between points, prefer ap "
        "(Davis and Goadrich, The relationship between PR and ROC curves, 2006)",
    )

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return area_under_precision_recall(ranking), {}

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.area_under_precision_recall(curve)


@dataclass(frozen=True)
class F1Max(RankedMetric):
    """Best F1 over all thresholds."""

    name: ClassVar[str] = "f1max"
    needs_negatives: ClassVar[bool] = False
    is_maximum: ClassVar[bool] = True
    doc: ClassVar[Doc] = Doc(
        title="Best F1 over all thresholds: an oracle that has seen the truth",
        formula="max over t of 2·TP / (2·TP + FP + FN), anomalous if score ≥ t",
        undefined="no anomalous score",
        source="van Rijsbergen, Information Retrieval, 1979",
    )

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return _best(best_f1(ranking))

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.best_f1(curve)


@dataclass(frozen=True)
class IoUMax(RankedMetric):
    """Best intersection over union over all thresholds."""

    name: ClassVar[str] = "ioumax"
    needs_negatives: ClassVar[bool] = False
    is_maximum: ClassVar[bool] = True
    doc: ClassVar[Doc] = Doc(
        title="Best intersection over union over all thresholds: an oracle",
        formula="max over t of TP / (TP + FP + FN), anomalous if score ≥ t",
        undefined="no anomalous score",
        source="Jaccard, 1912",
    )

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return _best(best_iou(ranking))

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.best_iou(curve)


@dataclass(frozen=True)
class PG(RankedMetric):
    """Share of normals that may be skipped: below a cut that misses few anomalies."""

    name: ClassVar[str] = "pg"
    fnr: float = 0.05
    doc: ClassVar[Doc] = Doc(
        title="Share of normals below the cut that misses at most `fnr` of the anomalous",
        formula="TN / N at the highest observed cut with FN ≤ floor(fnr · P)",
        undefined=_BOTH_CLASSES,
        source="PGn of anomalib, with the rate guaranteed instead of interpolated",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(str(self), "fnr", self.fnr, one=False)  # a cut has to find something

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        positives, negatives = ranking.positive_total, ranking.negative_total
        point = fewest_false_positives(ranking, positives - allowance(self.fnr, positives))
        return (negatives - point.flagged) / negatives, {"threshold": point.threshold}

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return 1 - weighted.flagged_where_found(curve, 1 - self.fnr)


@dataclass(frozen=True)
class PB(RankedMetric):
    """Share of anomalies that are caught: above a cut that flags few normals."""

    name: ClassVar[str] = "pb"
    fpr: float = 0.05
    doc: ClassVar[Doc] = Doc(
        title="Share of the anomalous above the cut that flags at most `fpr` of the normals",
        formula="TP / P at the lowest cut with FP ≤ floor(fpr · N)",
        undefined=_BOTH_CLASSES,
        source="PBn of anomalib, with the rate guaranteed instead of interpolated",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(str(self), "fpr", self.fpr)

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return _highest_tpr(ranking, self.fpr)

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.found_where_flagged(curve, self.fpr)


@dataclass(frozen=True)
class FPRAtTPR(RankedMetric):
    """False positive rate where enough anomalies are found."""

    name: ClassVar[str] = "fpr_at_tpr"
    tpr: float = 0.95
    doc: ClassVar[Doc] = Doc(
        title="False positive rate at the highest cut that finds the share `tpr`",
        formula="FP / N at the highest cut with TP ≥ ceil(tpr · P)",
        undefined=_BOTH_CLASSES,
        source="common in out-of-distribution detection (FPR95)",
        higher_is_better=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(str(self), "tpr", self.tpr, zero=False)  # a cut has to find something

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        point = fewest_false_positives(ranking, quota(self.tpr, ranking.positive_total))
        return point.flagged / ranking.negative_total, {"threshold": point.threshold}

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.flagged_where_found(curve, self.tpr)


@dataclass(frozen=True)
class TPRAtFPR(RankedMetric):
    """True positive rate where few normals are flagged."""

    name: ClassVar[str] = "tpr_at_fpr"
    fpr: float = 0.01
    doc: ClassVar[Doc] = Doc(
        title="True positive rate at the lowest cut that flags at most the share `fpr`",
        formula="TP / P at the lowest cut with FP ≤ floor(fpr · N)",
        undefined=_BOTH_CLASSES,
        source="operating point of the ROC curve, Fawcett 2006",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(str(self), "fpr", self.fpr)

    def measure(self, ranking: Ranking) -> Measured:
        """See `RankedMetric.measure`."""
        return _highest_tpr(ranking, self.fpr)

    def remeasure(self, curve: WeightedCurve) -> Floats:
        """See `RankedMetric.remeasure`."""
        return weighted.found_where_flagged(curve, self.fpr)


def _best(best: Best) -> Measured:
    return best.value, {
        "threshold": best.lowest_threshold,
        "highest_tied_threshold": best.highest_threshold,
    }


def _highest_tpr(ranking: Ranking, fpr: float) -> Measured:
    point = most_true_positives(ranking, allowance(fpr, ranking.negative_total))
    return point.flagged / ranking.positive_total, {"threshold": point.threshold}
