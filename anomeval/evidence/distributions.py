"""Where scores lie: moments, quantiles and histograms of a class, and how two classes differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, fsum, isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import ScoreCounts
from anomeval.counting.exact import as_float, root
from anomeval.ranking.rates import exact_rate
from anomeval.ranking.sample import Sample
from anomeval.ranking.sweep import even_edges

SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""The quantiles that are told."""

BINS = 30


@dataclass(frozen=True)
class ScoreSummary:
    """Where the scores of one class lie.

    mean, std: None where there are too few or infinite scores; std is that of the sample, None
        where it lies beyond all numbers.
    quantiles: pairs of a share and the observed score at that place of the ascending order.
    log_mean, log_std: of the natural logarithm of the finite scores above zero, which are all but
        `log_left_out`.
    counts: how many scores each bin of the level has. log_counts: how many logarithms each bin of
        logarithms has.
    """

    count: int
    mean: float | None
    std: float | None
    quantiles: Sequence[tuple[float, float]]
    log_mean: float | None
    log_std: float | None
    log_left_out: int
    counts: Sequence[int]
    log_counts: Sequence[int] = ()


def counted(scores: Iterable[NDArray[Any]]) -> ScoreCounts:
    """Arrays of scores as one multiset."""
    counts = ScoreCounts()
    for some in scores:
        counts.absorb(some)
    return counts


def bin_edges(sample: Sample, bins: int = BINS) -> list[float]:
    """Edges of equally wide bins over both classes; none where scores are infinite or absent."""
    if not sample.positive_total + sample.negative_total:
        return []
    low, high = sample.range()
    if not (isfinite(low) and isfinite(high)):
        return []
    edges: list[float] = even_edges(low, high, bins).tolist()
    return edges


def log_bin_edges(classes: Sequence[ScoreCounts], bins: int = BINS) -> list[float]:
    """Edges of equally wide bins over the logarithms of all classes; none where there are none."""
    logs = [found for scores in classes if len(found := _logs(scores)[0])]
    if not logs:
        return []
    low, high = min(one.min() for one in logs), max(one.max() for one in logs)
    edges: list[float] = even_edges(low, high, bins).tolist()
    return edges


def summary(
    scores: ScoreCounts, edges: Sequence[float], log_edges: Sequence[float] = ()
) -> ScoreSummary:
    """Sum up the scores of one class."""
    mean, std = _moments(scores)
    logs, times = _logs(scores)
    log_mean, log_std, used = _log_moments(logs, times)
    return ScoreSummary(
        count=scores.total,
        mean=mean,
        std=std,
        quantiles=_quantiles(scores),
        log_mean=log_mean,
        log_std=log_std,
        log_left_out=scores.total - used,
        counts=_histogram(scores, edges),
        log_counts=np.histogram(logs, log_edges, weights=times)[0].tolist() if log_edges else [],
    )


def ks_distance(first: ScoreCounts, second: ScoreCounts) -> float | None:
    """Largest distance between the shares at or below any score (Kolmogorov and Smirnov).

    None where a class is empty.
    """
    if not (first.total and second.total):
        return None
    largest = 0.0
    for one in (first, second):
        for values, _ in one.blocks():
            shares = first.ranks(values)[0] / first.total, second.ranks(values)[0] / second.total
            largest = max(largest, float(np.abs(shares[0] - shares[1]).max(initial=0.0)))
    return largest


def _moments(scores: ScoreCounts) -> tuple[float | None, float | None]:
    ends = scores.range()
    if ends is None or not all(map(isfinite, ends)):
        return None, None
    total, squares = scores.moments()
    mean = float(total / scores.total)
    if scores.total < 2:
        return mean, None
    std = as_float(root((squares - total**2 / scores.total) / (scores.total - 1)))
    return mean, std if isfinite(std) else None


def _log_moments(
    logs: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[float | None, float | None, int]:
    """Mean, standard deviation, and how many scores have a logarithm."""
    used = int(counts.sum())
    if not used:
        return None, None, 0
    mean = fsum(logs * counts) / used
    if used < 2:
        return mean, None, used
    return mean, sqrt(fsum((logs - mean) ** 2 * counts) / (used - 1)), used


def _logs(scores: ScoreCounts) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The logarithms of distinct scores, (n,), and how often each occurs."""
    logs, counts = [np.empty(0)], [np.empty(0, np.int64)]
    for values, times in scores.blocks():
        usable = (values > 0) & np.isfinite(values)
        logs.append(np.log(np.asarray(values[usable], np.float64)))
        counts.append(times[usable])
    return np.concatenate(logs), np.concatenate(counts)


def _quantiles(scores: ScoreCounts) -> list[tuple[float, float]]:
    if not scores.total:
        return []
    places = [floor(exact_rate(share) * (scores.total - 1)) for share in SHARES]
    return [(share, scores.select(place)) for share, place in zip(SHARES, places, strict=True)]


def _histogram(scores: ScoreCounts, edges: Sequence[float]) -> list[int]:
    if not edges:
        return []
    reached = scores.ranks(np.array(edges))[1]
    counts = reached[:-1] - reached[1:]
    counts[-1] += reached[-1]  # the last bin holds its upper edge, too
    whole: list[int] = counts.tolist()
    return whole
