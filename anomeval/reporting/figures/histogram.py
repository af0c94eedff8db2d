"""How scores are spread, counted exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.sample import Sample

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

BINS = {"image": 24, "pixel": 64, "sample": 24}
"""How many bins the scores of each level are counted in."""


@dataclass(frozen=True)
class Histogram:
    """Scores of the two classes in equal bins, the last one closed; infinite scores are in none.

    edges: (n + 1,) ascending. normal, anomalous: (n,) counts.
    """

    edges: Floats
    normal: Counts
    anomalous: Counts

    def shares(self, name: str) -> Floats:
        """The counts of a class as shares of all of its counted scores."""
        counts: Counts = getattr(self, name)
        return counts / max(int(counts.sum()), 1)


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
    return Histogram(edges, normal, anomalous)


def edges_of(samples: list[Sample], bins: int) -> Floats | None:
    """Edges that hold all finite scores of some samples; None where there is no such score."""
    ends = [end for sample in samples for end in _finite_ends(sample)]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


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
