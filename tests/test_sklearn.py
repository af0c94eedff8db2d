"""scikit-learn agrees on random data in which most scores tie."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    jaccard_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from tests.support import Picture, fit_at, pictures_of, score_of

Labels = NDArray[np.int64]
Scores = NDArray[np.float64]

CUT = 3.0

RANKED = {"auroc": roc_auc_score, "ap": average_precision_score}
DECIDED = {
    "f1": f1_score,
    "precision": precision_score,
    "recall": recall_score,
    "accuracy": accuracy_score,
    "iou": jaccard_score,
}

seeds = pytest.mark.parametrize("seed", range(8))


def tied(seed: int, count: int) -> tuple[Labels, Scores]:
    """Labels of both classes, one in four anomalous, and scores of seven values."""
    random = np.random.default_rng(seed)
    labels = np.append([0, 1], random.random(count - 2) < 0.25).astype(int)
    return labels, (random.integers(0, 6, count) + labels * random.integers(0, 2, count)) * 1.0


def images(seed: int) -> tuple[list[Picture], Labels, Scores]:
    """200 images."""
    labels, scores = tied(seed, 200)
    return pictures_of(scores.tolist(), labels.tolist()), labels, scores


def pixels(seed: int) -> tuple[list[Picture], Labels, Scores]:
    """Five images of 12 x 12 pixels."""
    labels, scores = tied(seed, 5 * 144)
    maps, masks = scores.reshape(5, 12, 12).tolist(), labels.reshape(5, 12, 12).tolist()
    return [Picture(map=m, mask=k) for m, k in zip(maps, masks, strict=True)], labels, scores


levels = pytest.mark.parametrize(
    ("level", "draw"), [("image", images), ("pixel", pixels)], ids=["image", "pixel"]
)


@seeds
@levels
@pytest.mark.parametrize("name", RANKED)
def test_rankings_agree(level: str, draw: Callable, name: str, seed: int) -> None:
    """Areas under the ROC curve and average precision, to rounding."""
    pictures, labels, scores = draw(seed)
    row = score_of(pictures, f"{level}_{name}")[f"{level}_{name}"]
    assert row.value == pytest.approx(RANKED[name](labels, scores), rel=1e-12)


@seeds
@levels
@pytest.mark.parametrize("name", DECIDED)
def test_decisions_agree(level: str, draw: Callable, name: str, seed: int) -> None:
    """Counts of decisions at a cut that many scores are equal to."""
    pictures, labels, scores = draw(seed)
    row = score_of(pictures, f"{level}_{name}", fit=fit_at(CUT))[f"{level}_{name}"]
    assert row.value == pytest.approx(DECIDED[name](labels, scores >= CUT), rel=1e-12)


@seeds
@levels
def test_the_best_f1_agrees(level: str, draw: Callable, seed: int) -> None:
    """The largest F1 of all cuts, and it is reached at the threshold that is told."""
    pictures, labels, scores = draw(seed)
    row = score_of(pictures, f"{level}_f1max")[f"{level}_f1max"]
    best = max(f1_score(labels, scores >= cut) for cut in np.unique(scores))
    assert row.value == pytest.approx(best, rel=1e-12)
    assert row.value == pytest.approx(f1_score(labels, scores >= row.extra["threshold"]), rel=1e-12)
