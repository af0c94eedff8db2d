"""The kinds of curves there are, and what is written at their axes."""

from dataclasses import dataclass

from anomeval.metrics import METRICS, Level


@dataclass(frozen=True)
class CurveKind:
    """One kind of curve.

    key: its name in arrays of curves. x, y: the names of the arrays. metric: the short name of the
        area under it. log_x: whether the x axis is logarithmic. stepped: whether curves of few
        scores are drawn as the stairs that they are.
    """

    key: str
    title: str
    x: str
    y: str
    x_label: str
    y_label: str
    metric: str
    levels: tuple[Level, ...] = ("image", "pixel")
    log_x: bool = False
    stepped: bool = False

    @property
    def explanation(self) -> str:
        """What the area under the curve measures, as the metric says it."""
        return METRICS[self.metric].doc.title


_FPR = "false positive rate"

CURVES: dict[str, CurveKind] = {
    kind.key: kind
    for kind in (
        CurveKind("roc", "ROC", "fpr", "tpr", _FPR, "true positive rate", "auroc"),
        CurveKind(
            "pr",
            "Precision-recall",
            *("recall", "precision", "recall", "precision", "ap"),
            stepped=True,
        ),
        CurveKind(
            "pro",
            "Per-region overlap (PRO)",
            *("fpr", "overlap", _FPR, "mean overlap of regions", "aupro"),
            levels=("pixel",),
        ),
        CurveKind(
            "pimo",
            "Per-image overlap (PIMO)",
            *("fpr", "recall", f"shared {_FPR} of normal images", "mean recall of images"),
            "aupimo",
            levels=("pixel",),
            log_x=True,
        ),
    )
}

SWEEP_METRICS = ("precision", "recall", "f1")
"""Short names of what a threshold sweep shows."""
SCORE_LABEL = "raw score"
THRESHOLD_LABEL = "threshold (raw score)"
SHARE_LABEL = "share of the class"
CLASS_LABELS = {"normal": "normal", "anomalous": "anomalous"}
