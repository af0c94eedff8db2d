"""torchmetrics: area under the ROC curve, average precision, and F1max from the PR curve."""

import torch
from reading import Values, one_by_one, report
from torchmetrics import MetricCollection
from torchmetrics.classification import (
    BinaryAUROC,
    BinaryAveragePrecision,
    BinaryPrecisionRecallCurve,
)


def evaluate(path: str) -> Values:
    metrics = MetricCollection(
        {
            "auroc": BinaryAUROC(validate_args=False),
            "ap": BinaryAveragePrecision(validate_args=False),
            "curve": BinaryPrecisionRecallCurve(validate_args=False),
        }
    )  # a collection shares one state of all pixels among the three
    for scores, mask in one_by_one(path):
        metrics.update(torch.from_numpy(scores), torch.from_numpy(mask).int())
    found = metrics.compute()
    precision, recall, _ = found["curve"]
    f1 = 2 * precision * recall / (precision + recall).clamp_min(1e-30)
    return {"auroc": float(found["auroc"]), "ap": float(found["ap"]), "f1max": float(f1.max())}


if __name__ == "__main__":
    report(evaluate)
