"""Points on the ROC curve that people run their line at."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.ranking import Ranking


def flagged(scores: NDArray[Any], cut: float) -> NDArray[np.bool_]:
    """The one decision rule: anomalous means `raw score >= cut`. Any shape; NaN is normal.

    Compared as float64, so that no cut is rounded to the type of the scores.
    """
    return np.asarray(np.asarray(scores) >= np.array([cut]))


class OperatingPoint(NamedTuple):
    """How many scores are flagged, and the threshold where (None: no score is high enough)."""

    flagged: int
    threshold: float | None


def fewest_false_positives(ranking: Ranking, needed: int) -> OperatingPoint:
    """False positives at the highest threshold that finds `needed` positives, 1 or more."""
    position = ranking.position_of(needed)
    return OperatingPoint(ranking.flagged(position), float(ranking.thresholds[position]))


def most_true_positives(ranking: Ranking, allowed: int) -> OperatingPoint:
    """True positives at the lowest threshold that flags at most `allowed` negatives."""
    within = ranking.within(allowed)
    if within == 0:
        return OperatingPoint(0, None)
    found = int(ranking.positives[:within].sum(dtype=np.int64))
    return OperatingPoint(found, float(ranking.thresholds[within - 1]))


@dataclass(frozen=True)
class Confusion:
    """Decisions against the truth, counted. Anomalous is the positive class."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
