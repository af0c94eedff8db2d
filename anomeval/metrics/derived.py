"""Metrics made of other metrics."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomeval.evidence.findings import Findings, mean
from anomeval.evidence.resamples import Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.metric import Doc, Level, Metric, Outcome, check_rate
from anomeval.metrics.ranked import AP, AUROC, F1Max
from anomeval.metrics.regional import AUPRO
from anomeval.ranking.weighted import Floats


@dataclass(frozen=True)
class MAD(Metric):
    """Mean of seven metrics of both levels."""

    name: ClassVar[str] = "mad"
    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    level: Level = "pixel"
    fpr_limit: float = 0.3
    doc: ClassVar[Doc] = Doc(
        title="mAD: mean of AUROC, AP and oracle F1 at both levels, and AUPRO",
        formula="(image AUROC + AP + F1max + pixel AUROC + AP + F1max + AUPRO) / 7",
        undefined="any of the seven is",
        source="Zhang et al., ADer: a comprehensive benchmark for multi-class visual anomaly "
        "detection, 2024; with exact F1max, and image scores as the file has them",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(str(self), "fpr_limit", self.fpr_limit, zero=False)

    def members(self) -> tuple[Metric, ...]:
        """The seven."""
        return (
            *(family(level="image") for family in (AUROC, AP, F1Max)),
            *(family(level="pixel") for family in (AUROC, AP, F1Max)),
            AUPRO(fpr_limit=self.fpr_limit),
        )

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None = None) -> Outcome:
        """See `Metric.compute`."""
        outcomes = {str(metric): metric.compute(seen, judge) for metric in self.members()}
        values = {name: outcome.value for name, outcome in outcomes.items()}
        support = {n: c for outcome in outcomes.values() for n, c in outcome.support.items()}
        known = [value for value in values.values() if value is not None]
        if len(known) < len(values):
            first = next(name for name, value in values.items() if value is None)
            reason = f"{first} is undefined: {outcomes[first].reason}"
            return Outcome(None, reason, support, values)
        return Outcome(mean(known), support=support, extra=values)

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None = None) -> Floats:
        """See `Metric.resample`."""
        total = np.zeros(len(seen))
        for metric in self.members():
            resampled = metric.resample(seen, judge)
            assert resampled is not None
            total += resampled
        return total / len(self.members())
