"""How scores are spread, counted exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.sample import Sample
from anomeval.ranking.sweep import even_edges

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_LARGEST = float(np.finfo(np.float64).max)

BINS = {"image": 24, "pixel": 64, "sample": 24}
"""How many bins the scores of each level are counted in."""


@dataclass(frozen=True)
class Histogram:
    """Scores of the two classes in equal bins, the last one closed; infinite scores are in none.

    edges: (n + 1,) ascending. normal, anomalous: (n,) counts. infinite: how many scores are.
    """

    edges: Floats
    normal: Counts
    anomalous: Counts
    infinite: int = 0

    def shares(self, name: str) -> Floats:
        """The counts of a class as shares of all of its counted scores."""
        counts: Counts = getattr(self, name)
        return counts / max(int(counts.sum()), 1)

    def as_dict(self) -> dict[str, list[float]]:
        """The arrays by their names."""
        return {name: getattr(self, name).tolist() for name in ("edges", "normal", "anomalous")}


def histogram(sample: Sample, edges: Floats) -> Histogram:
    """Count the scores between given edges."""
    normal = np.zeros(len(edges) - 1, np.int64)
    for counts in sample.negatives:
        above, at_or_above = counts.ranks(edges)
        at_or_above[-1] = above[-1]  # the last bin holds its upper edge
        normal += at_or_above[:-1] - at_or_above[1:]
    anomalous = np.zeros(len(normal), np.int64)
    for scores in sample.positives:
        anomalous += np.histogram(np.asarray(scores, np.float64), edges)[0]
    return Histogram(edges, normal, anomalous, _infinite(sample))


def edges_of(samples: list[Sample], bins: int) -> Floats | None:
    """Edges that hold all finite scores of some samples; None where there is no such score."""
    ends = [end for sample in samples for end in _finite_ends(sample)]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    if low == high:
        room = max(0.5, abs(low) / 4)
        low, high = max(low - room, -_LARGEST), min(high + room, _LARGEST)
    return even_edges(low, high, bins)


def _infinite(sample: Sample) -> int:
    ends = np.array([-np.inf, np.inf])
    count = sum(int(np.isinf(scores).sum()) for scores in sample.positives)
    for counts in sample.negatives:
        above, at_or_above = counts.ranks(ends)
        count += int((at_or_above - above).sum())
    return count


def _finite_ends(sample: Sample) -> list[float]:
    arrays: list[NDArray[Any]] = list(sample.positives)
    for counts in sample.negatives:
        ends = np.array(counts.range() or (), np.float64)
        if np.isfinite(ends).all():
            arrays.append(ends)
        else:
            arrays += [values for values, _ in counts.blocks()]
    finite = [array[np.isfinite(array)] for array in arrays]
    return [float(end) for array in finite if len(array) for end in (array.min(), array.max())]
