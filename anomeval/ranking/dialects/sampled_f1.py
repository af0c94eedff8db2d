"""The best F1 among a few thresholds on normalized scores."""

from math import isinf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.sample import Sample

STEPS = 20
"""Thresholds 0, 1/20, ..., 1 of the range."""


class SampledBest(NamedTuple):
    """The best F1, the raw threshold above which scores were flagged, and its place from 0 to 1."""

    value: float
    threshold: float
    place: float


def best_sampled_f1(sample: Sample) -> SampledBest:
    """Best 2·TP / (2·TP + FP + FN), anomalous if `score > threshold`, over 21 thresholds.

    They divide the range of all scores evenly. Needs at least one positive.
    """
    low, high = sample.range()
    return max(
        (_f1(sample, low, high, step / STEPS) for step in range(STEPS + 1)),
        key=lambda best: best.value,
    )


def _f1(sample: Sample, low: float, high: float, place: float) -> SampledBest:
    wide = isinf(high - low)
    threshold = (1 - place) * low + place * high if wide else low + place * (high - low)
    found = sum(int((scores > threshold).sum()) for scores in sample.positives)
    flagged = sum(int(counts.ranks(_one(threshold))[0][0]) for counts in sample.negatives)
    value = 2 * found / (found + sample.positive_total + flagged)
    return SampledBest(value, threshold, place)


def _one(threshold: float) -> NDArray[np.float64]:
    return np.array([threshold], np.float64)
