"""Anomalous and normal scores of one level: what thresholds are fitted on and curves drawn from."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import ScoreCounts
from anomeval.ranking.operating import Confusion, flagged
from anomeval.ranking.ranking import Ranking, rank


class Sample:
    """Scores of the two classes.

    positives: arrays of anomalous scores, in any order.
    negatives: multisets whose union are the normal scores.
    """

    def __init__(self, positives: Sequence[NDArray[Any]], negatives: Sequence[ScoreCounts]) -> None:
        self.positives = positives
        self.negatives = negatives

    @classmethod
    def of(cls, scores: NDArray[np.float64], anomalous: NDArray[np.bool_]) -> "Sample":
        """From one array of scores (n,) and one of labels (n,)."""
        negatives = ScoreCounts()
        positives, _ = negatives.absorb(scores, anomalous)
        return cls([positives], [negatives])

    @cached_property
    def ranking(self) -> Ranking:
        """The counts that every ranking metric is made of."""
        return rank(self.positives, self.negatives)

    @property
    def positive_total(self) -> int:
        """How many anomalous scores there are."""
        return sum(len(scores) for scores in self.positives)

    @property
    def negative_total(self) -> int:
        """How many normal scores there are."""
        return sum(counts.total for counts in self.negatives)

    def confusion(self, cut: float) -> Confusion:
        """Decisions by the one rule, anomalous if `score >= cut`, against the truth."""
        true_positives = sum(int(flagged(scores, cut).sum()) for scores in self.positives)
        threshold = np.array([cut], np.float64)
        false_positives = sum(int(counts.ranks(threshold)[1][0]) for counts in self.negatives)
        return Confusion(
            true_positives,
            false_positives,
            self.positive_total - true_positives,
            self.negative_total - false_positives,
        )

    def range(self) -> tuple[float, float]:
        """Lowest and highest score of both classes; there must be at least one."""
        ends = [float(end) for scores in self.positives if len(scores) for end in _ends(scores)]
        for counts in self.negatives:
            ends.extend(counts.range() or ())
        return min(ends), max(ends)

    @cached_property
    def normals(self) -> ScoreCounts:
        """All normal scores as one multiset."""
        if len(self.negatives) == 1:
            return self.negatives[0]
        whole = ScoreCounts()
        for counts in self.negatives:
            whole.merge(counts)
        return whole


def _ends(scores: NDArray[Any]) -> tuple[float, float]:
    return float(scores.min()) + 0.0, float(scores.max()) + 0.0
