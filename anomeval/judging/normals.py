"""Where the normal scores of a validation split lie, as a table that travels with its fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import ScoreCounts

POINTS = 101
"""Places of the ascending order of each part that are kept, equally far apart."""


@dataclass(frozen=True)
class NormalScores:
    """The distribution of normal scores, exact at some of them.

    count: how many there are. scores: observed ones, ascending; of few scores all. below,
    at_or_below: how many scores are less than each, and how many at most as large.
    """

    count: int
    scores: tuple[float, ...]
    below: tuple[int, ...]
    at_or_below: tuple[int, ...]

    @classmethod
    def of(cls, parts: Sequence[ScoreCounts]) -> "NormalScores | None":
        """The table of the union of some multisets; None where it is empty."""
        total = sum(part.total for part in parts)
        if not total:
            return None
        scores = np.unique(np.concatenate([_spread(part) for part in parts]))
        above, at_or_above = _ranks(parts, scores)
        below, at_or_below = (total - at_or_above).tolist(), (total - above).tolist()
        return cls(total, tuple(scores.tolist()), tuple(below), tuple(at_or_below))

    def distance(self, parts: Sequence[ScoreCounts]) -> tuple[float, float] | None:
        """Between what bounds the distance of Kolmogorov and Smirnov to other scores lies.

        Both are that distance where the table holds every score. None where there are no others.

        Args:
            parts: multisets whose union are the others.
        """
        total = sum(part.total for part in parts)
        if not total:
            return None
        above, at_or_above = _ranks(parts, np.array(self.scores))
        theirs_below, theirs_at = (total - at_or_above) / total, (total - above) / total
        below, at = (np.array(counts) / self.count for counts in (self.below, self.at_or_below))
        low = max(np.abs(theirs_at - at).max(), np.abs(theirs_below - below).max())
        between = [np.abs(theirs_below[1:] - at[:-1]), np.abs(theirs_at[:-1] - below[1:])]
        return float(low), float(max(low, *(gaps.max(initial=0.0) for gaps in between)))


def _spread(part: ScoreCounts) -> NDArray[np.float64]:
    """Scores at equally distant places of the ascending order, (at most POINTS,)."""
    places = np.unique(np.arange(POINTS) * (part.total - 1) // (POINTS - 1))
    found = [np.empty(0)]
    seen = 0
    for values, counts in part.blocks() if part.total else ():
        upto = seen + np.cumsum(counts)
        start, seen = seen, int(upto[-1]) if len(upto) else seen
        inside = places[(places >= start) & (places < seen)]
        found.append(values[np.searchsorted(upto, inside, side="right")].astype(np.float64))
    return np.concatenate(found)


def _ranks(
    parts: Sequence[ScoreCounts], scores: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many scores of all parts lie strictly above, and at or above, each score."""
    above, reached = np.zeros((2, len(scores)), np.int64)
    for part in parts:
        part_above, part_reached = part.ranks(scores)
        above, reached = above + part_above, reached + part_reached
    return above, reached
