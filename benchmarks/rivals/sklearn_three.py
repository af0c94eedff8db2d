"""scikit-learn: area under the ROC curve, average precision, and F1max from the PR curve."""

import numpy as np
from reading import Values, report, whole
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score


def evaluate(path: str) -> Values:
    maps, masks = whole(path)
    scores, truth = maps.ravel(), masks.ravel()
    precision, recall, _ = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    return {
        "auroc": float(roc_auc_score(truth, scores)),
        "ap": float(average_precision_score(truth, scores)),
        "f1max": float(f1.max()),
    }


if __name__ == "__main__":
    report(evaluate)
