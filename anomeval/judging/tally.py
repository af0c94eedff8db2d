"""What became of the scores of one level when they were normalized, stored and decided upon."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import ScoreCounts
from anomeval.judging.scale import Scale


@dataclass(frozen=True)
class LevelSummary:
    """Counts of one level.

    values: raw scores. anomalous: decided to be so. clamped_low, clamped_high: stored as exactly
        0 and 1, the ends of the scale, where scores are tied.
    distinct, distinct_stored: different scores, raw and as stored. Where the two are equal, no
        score is tied with another, and the ranking within each category is that of the raw scores.
        None where the scale is not known.
    """

    values: int
    anomalous: int
    clamped_low: int
    clamped_high: int
    distinct: int | None
    distinct_stored: int | None


class Tally:
    """Counts the scores of one level, an image at a time.

    Scores are counted apart by the scale that they were normalized on.
    """

    def __init__(self) -> None:
        self._values = self._anomalous = self._low = self._high = 0
        self._dtype = np.dtype(np.float64)
        self._raw: dict[Scale, ScoreCounts] = {}
        self._scales_known = True

    def take(
        self,
        raw: NDArray[Any],
        stored: NDArray[Any] | None,
        decided: NDArray[np.bool_] | None,
        scale: Scale | None,
    ) -> None:
        """Count some scores.

        Args:
            raw: any shape, free of NaN.
            stored: the same normalized, as they are stored; None = they are not.
            decided: which are anomalous; None = it was not decided.
            scale: what they were normalized on; None = not known.
        """
        self._values += raw.size
        self._anomalous += 0 if decided is None else int(decided.sum())
        if stored is not None:
            self._low += int((stored == 0).sum())
            self._high += int((stored == 1).sum())
            self._dtype = stored.dtype
        if scale is None:
            self._scales_known = False
        else:
            self._raw.setdefault(scale, ScoreCounts()).absorb(raw)

    def summary(self) -> LevelSummary | None:
        """All counts; None if there was nothing to count."""
        if not self._values:
            return None
        counts = (self._values, self._anomalous, self._low, self._high)
        if not self._scales_known:
            return LevelSummary(*counts, distinct=None, distinct_stored=None)
        pairs = [_distinct(raw, scale, self._dtype) for scale, raw in self._raw.items()]
        return LevelSummary(
            *counts,
            distinct=sum(raw for raw, _ in pairs),
            distinct_stored=sum(stored for _, stored in pairs),
        )


def _distinct(counts: ScoreCounts, scale: Scale, dtype: np.dtype[Any]) -> tuple[int, int]:
    """How many different scores were counted, and how many are left once stored as `dtype`.

    Normalizing and rounding never change the order, so equal stored scores are neighbours.
    """
    raw = stored = 0
    last: NDArray[Any] = np.empty(0, dtype)
    for values, _ in counts.blocks():
        kept = np.concatenate([last, scale.normalize(values).astype(dtype)])
        raw += len(values)
        stored += int((kept[1:] != kept[:-1]).sum()) + (0 if len(last) else 1)
        last = kept[-1:]
    return raw, stored
