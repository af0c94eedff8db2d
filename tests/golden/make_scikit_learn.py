"""Write scikit_learn.json: what scikit-learn makes of the data set.

python -m tests.golden.make_scikit_learn
"""

import json
import platform
from pathlib import Path

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn import metrics

from tests.golden.data import dataset

TARGET = Path(__file__).with_name("scikit_learn.json")


def main() -> None:
    """Compute and write."""
    data = dataset()
    values = {
        **level("image", data.labels, data.scores),
        **level("pixel", data.masks.ravel(), data.maps.ravel()),
    }
    document = {
        "made_by": {
            "command": "python -m tests.golden.make_scikit_learn",
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "values": values,
    }
    TARGET.write_text(json.dumps(document, indent=2) + "\n")


def level(name: str, labels: NDArray[np.uint8], scores: NDArray[np.floating]) -> dict[str, float]:
    """Ranking metrics, the best F1, and decisions at the median score."""
    precision, recall, _ = metrics.precision_recall_curve(labels, scores)
    flagged = scores >= np.median(scores)
    return {
        f"{name}_auroc": float(metrics.roc_auc_score(labels, scores)),
        f"{name}_ap": float(metrics.average_precision_score(labels, scores)),
        f"{name}_aupr": float(metrics.auc(recall, precision)),
        f"{name}_f1max": max(
            float(metrics.f1_score(labels, scores >= cut)) for cut in np.unique(scores)
        ),
        f"{name}_ioumax": max(
            float(metrics.jaccard_score(labels, scores >= cut)) for cut in np.unique(scores)
        ),
        f"{name}_cut": float(np.median(scores)),
        f"{name}_f1": float(metrics.f1_score(labels, flagged)),
        f"{name}_precision": float(metrics.precision_score(labels, flagged)),
        f"{name}_recall": float(metrics.recall_score(labels, flagged)),
        f"{name}_specificity": float(metrics.recall_score(labels, flagged, pos_label=0)),
        f"{name}_accuracy": float(metrics.accuracy_score(labels, flagged)),
        f"{name}_iou": float(metrics.jaccard_score(labels, flagged)),
    }


if __name__ == "__main__":
    main()
