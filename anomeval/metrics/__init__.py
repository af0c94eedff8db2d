"""What can be asked of the evidence: metrics as named, frozen values."""

from anomeval.metrics.decided import F1, Accuracy, IoU, Precision, Recall, Specificity
from anomeval.metrics.metric import LEVELS, Doc, Level, Metric, Outcome
from anomeval.metrics.ranked import AP, AUPR, AUROC, PB, PG, F1Max, FPRAtTPR, IoUMax, TPRAtFPR
from anomeval.metrics.regional import AUPIMO, AUPRO, PRO

METRICS: dict[str, type[Metric]] = {
    family.name: family
    for family in (
        AUROC,
        AP,
        AUPR,
        F1Max,
        F1,
        Precision,
        Recall,
        Specificity,
        Accuracy,
        IoU,
        IoUMax,
        AUPRO,
        PRO,
        AUPIMO,
        PG,
        PB,
        FPRAtTPR,
        TPRAtFPR,
    )
}
"""Every metric there is, by the name people type."""

__all__ = [
    "AP",
    "AUPIMO",
    "AUPR",
    "AUPRO",
    "AUROC",
    "F1",
    "LEVELS",
    "METRICS",
    "PB",
    "PG",
    "PRO",
    "Accuracy",
    "Doc",
    "F1Max",
    "FPRAtTPR",
    "IoU",
    "IoUMax",
    "Level",
    "Metric",
    "Outcome",
    "Precision",
    "Recall",
    "Specificity",
    "TPRAtFPR",
]
