"""The rules that choose a threshold on validation scores.

Samples are images or pixels.  A threshold is used as the cut of `score >= cut`.
"""

from fractions import Fraction
from math import floor
from statistics import pstdev

from tests.reference.exact import Rate, Score, decimal, falling
from tests.reference.ranking import Labels, Scores, counts_at, f1max, split


def threshold(rule: str, scores: Scores, labels: Labels) -> Score | None:
    """Return the threshold of a rule as users write it: `f1`, `max`, `quantile@0.995`, ..."""
    name, _, text = rule.partition("@")
    if name == "manual":
        return Fraction(text)
    if name in WITHOUT_NUMBER:
        return WITHOUT_NUMBER[name](scores, labels)
    return WITH_NUMBER[name](scores, labels, Fraction(text))


def f1_threshold(scores: Scores, labels: Labels) -> Score | None:
    """Lowest cut of largest F1; without anomalous samples the largest score, as `max` has it."""
    best = f1max(scores, labels)
    return max_threshold(scores, labels) if best is None else best.lowest


def max_threshold(scores: Scores, labels: Labels) -> Score | None:
    """Largest normal score; undefined without normal samples."""
    normal, _ = split(scores, labels)
    return max(normal, default=None)


def quantile_threshold(scores: Scores, labels: Labels, q: Rate) -> Fraction | None:
    """Quantile of the normal scores, linear between neighbours at position q x (n - 1)."""
    normal = sorted(Fraction(score) for score in split(scores, labels)[0])
    if not normal:
        return None
    position = decimal(q) * (len(normal) - 1)
    below = floor(position)
    above = min(below + 1, len(normal) - 1)
    return normal[below] + (normal[above] - normal[below]) * (position - below)


def sigma_threshold(scores: Scores, labels: Labels, k: Rate) -> float | None:
    """Mean of the normal scores plus k population standard deviations (divisor n)."""
    normal = [Fraction(score) for score in split(scores, labels)[0]]
    if not normal:
        return None
    mean = sum(normal, Fraction(0)) / len(normal)
    return float(mean + decimal(k) * Fraction(pstdev(normal)))


def fpr_threshold(scores: Scores, labels: Labels, fpr: Rate) -> Score | None:
    """Lowest observed score, of either class, that flags at most `fpr` of the normal samples.

    Undefined without normal samples, and when even the highest observed score flags too many.
    """
    normal, _ = split(scores, labels)
    allowed = decimal(fpr) * len(normal)
    cuts = [cut for cut in falling(scores) if counts_at(scores, labels, cut).fp <= allowed]
    return min(cuts, default=None) if normal else None


def recall_threshold(scores: Scores, labels: Labels, recall: Rate) -> Score | None:
    """Highest observed score that flags at least `recall` of the anomalous samples.

    Undefined without anomalous samples.
    """
    _, anomalous = split(scores, labels)
    needed = decimal(recall) * len(anomalous)
    cuts = [cut for cut in falling(scores) if counts_at(scores, labels, cut).tp >= needed]
    return max(cuts) if anomalous else None


WITHOUT_NUMBER = {"f1": f1_threshold, "max": max_threshold}
WITH_NUMBER = {
    "quantile": quantile_threshold,
    "sigma": sigma_threshold,
    "fpr": fpr_threshold,
    "recall": recall_threshold,
}
