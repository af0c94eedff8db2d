"""Exact values the plain way: sort all pixels of all images at once, in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from reading import Values, report, whole
from scipy.ndimage import label

FPR_LIMIT = 0.3


def evaluate(path: str) -> Values:
    maps, masks = whole(path)
    weights = region_weights(masks)
    scores = maps.ravel().astype(np.float64)
    order = np.argsort(scores)[::-1]
    scores, weights = scores[order], weights[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # of each group of ties
    tp = np.append(0, np.cumsum(weights > 0)[ends])
    fp = np.append(0, ends + 1) - tp
    shares = np.cumsum(weights[weights > 0], dtype=np.longdouble)  # millions of small numbers
    overlap = np.append(0, shares)[tp].astype(np.float64)
    return {
        "auroc": int(np.sum(np.diff(fp) * (tp[1:] + tp[:-1]))) / (2 * int(tp[-1]) * int(fp[-1])),
        **precision_recall(tp, fp),
        "aupro": limited_area(fp / fp[-1], overlap, FPR_LIMIT) / FPR_LIMIT,
        "distinct_scores": len(ends),
    }


def region_weights(masks: NDArray[Any]) -> NDArray[np.float64]:
    """1 / (pixels of its region x regions) for each anomalous pixel, 0 for all others."""
    weights = np.zeros(masks.shape)
    regions = 0
    for mask, weight in zip(masks, weights, strict=True):
        labels, count = label(mask, np.ones((3, 3)))
        inside = labels > 0
        weight[inside] = 1 / np.bincount(labels[inside])[labels[inside]]
        regions += count
    weights /= regions
    return weights.ravel()


def precision_recall(tp: NDArray[np.int64], fp: NDArray[np.int64]) -> Values:
    recall = tp / tp[-1]
    precision = np.append(1.0, tp[1:] / (tp[1:] + fp[1:]))
    return {
        "ap": float(np.sum(np.diff(recall) * precision[1:])),
        "aupr": float(np.trapezoid(precision, recall)),
        "f1max": float(np.max(2 * tp / (tp + fp + tp[-1]))),
    }


def limited_area(x: NDArray[Any], y: NDArray[Any], limit: float) -> float:
    """Area under a curve up to a limit, with a straight line to the point at the limit."""
    inside = int(np.searchsorted(x, limit, side="right"))
    at_limit = np.interp(limit, x[inside - 1 : inside + 1], y[inside - 1 : inside + 1])
    area = np.trapezoid(np.append(y[:inside], at_limit), np.append(x[:inside], limit))
    return float(area)


if __name__ == "__main__":
    report(evaluate)
