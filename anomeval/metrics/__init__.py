"""What can be asked of the evidence: metrics as named, frozen values."""

from anomeval.metrics.decided import F1, Accuracy, IoU, Precision, Recall, Specificity
from anomeval.metrics.derived import MAD
from anomeval.metrics.families import family_fault
from anomeval.metrics.metric import LEVELS, Doc, Level, Metric, Outcome
from anomeval.metrics.ranked import AP, AUPR, AUROC, PB, PG, F1Max, FPRAtTPR, IoUMax, TPRAtFPR
from anomeval.metrics.regional import AUPIMO, AUPRO, PRO
from anomeval.metrics.saturated import AUSPRO, SPRO
from anomeval.metrics.swept import MF1, MAcc, MIoU
from anomeval.plugins import Registry

_BUILT_IN: tuple[type[Metric], ...] = (
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
    MAD,
    MF1,
    MAcc,
    MIoU,
    AUSPRO,
    SPRO,
)

METRICS = Registry(
    "anomeval.metrics", "metric", {family.name: family for family in _BUILT_IN}, family_fault
)
"""Every metric there is, by the name people type; those of plugins after the built-in ones."""

PixelAUPRO = AUPRO
PixelAUPIMO = AUPIMO
"""Overlap exists at pixel level only, so these are the same metrics under a longer name."""

__all__ = [
    "AP",
    "AUPIMO",
    "AUPR",
    "AUPRO",
    "AUROC",
    "AUSPRO",
    "F1",
    "LEVELS",
    "MAD",
    "METRICS",
    "MF1",
    "PB",
    "PG",
    "PRO",
    "SPRO",
    "Accuracy",
    "Doc",
    "F1Max",
    "FPRAtTPR",
    "IoU",
    "IoUMax",
    "Level",
    "MAcc",
    "MIoU",
    "Metric",
    "Outcome",
    "PixelAUPIMO",
    "PixelAUPRO",
    "Precision",
    "Recall",
    "Specificity",
    "TPRAtFPR",
]
