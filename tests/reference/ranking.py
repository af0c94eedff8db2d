"""Metrics of scores against labels: images one by one, or the pixels of all images pooled.

One decision rule: a score is flagged at a cut when `score >= cut`.  Label 1 is anomalous, the
positive class.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import NamedTuple

from tests.reference.exact import Rate, Score, Value, decimal, falling, ratio

Scores = Sequence[Score]
Labels = Sequence[int]


class Counts(NamedTuple):
    """How decisions and labels meet: the four cells of the confusion matrix."""

    tp: int
    fp: int
    fn: int
    tn: int


class Best(NamedTuple):
    """The best value over all cuts, and the lowest and highest observed score attaining it."""

    value: Fraction
    lowest: Score
    highest: Score


def split(scores: Scores, labels: Labels) -> tuple[list[Score], list[Score]]:
    """Return the scores of the normal samples and those of the anomalous samples."""
    pairs = list(zip(scores, labels, strict=True))
    return [s for s, label in pairs if not label], [s for s, label in pairs if label]


def counts(flagged: Sequence[bool], labels: Labels) -> Counts:
    """Count decisions against labels."""
    pairs = [(bool(flag), bool(label)) for flag, label in zip(flagged, labels, strict=True)]
    return Counts(
        tp=pairs.count((True, True)),
        fp=pairs.count((True, False)),
        fn=pairs.count((False, True)),
        tn=pairs.count((False, False)),
    )


def counts_at(scores: Scores, labels: Labels, cut: Score) -> Counts:
    """Count what happens when every score of at least `cut` is flagged."""
    return counts([score >= cut for score in scores], labels)


def counts_along(scores: Scores, labels: Labels) -> list[Counts]:
    """Count with nothing flagged, then at every distinct score, from the highest down."""
    nothing = counts([False] * len(scores), labels)
    return [nothing] + [counts_at(scores, labels, cut) for cut in falling(scores)]


def precision(at: Counts) -> Value:
    """TP / (TP + FP), undefined when nothing is flagged."""
    return ratio(at.tp, at.tp + at.fp)


def recall(at: Counts) -> Value:
    """TP / (TP + FN), undefined without anomalous samples."""
    return ratio(at.tp, at.tp + at.fn)


def specificity(at: Counts) -> Value:
    """TN / (TN + FP), undefined without normal samples."""
    return ratio(at.tn, at.tn + at.fp)


def accuracy(at: Counts) -> Value:
    """(TP + TN) / all, undefined without samples."""
    return ratio(at.tp + at.tn, sum(at))


def f1(at: Counts) -> Value:
    """2 TP / (2 TP + FP + FN), undefined when nothing is anomalous and nothing flagged."""
    return ratio(2 * at.tp, 2 * at.tp + at.fp + at.fn)


def iou(at: Counts) -> Value:
    """TP / (TP + FP + FN), undefined when nothing is anomalous and nothing flagged."""
    return ratio(at.tp, at.tp + at.fp + at.fn)


def auroc(scores: Scores, labels: Labels) -> Value:
    """Probability that an anomalous sample outranks a normal one, a tie counting half.

    The Wilcoxon-Mann-Whitney form of the area under the ROC curve (Fawcett, 2006).
    """
    normal, anomalous = split(scores, labels)
    won = sum(a > n for a in anomalous for n in normal)
    tied = sum(a == n for a in anomalous for n in normal)
    return ratio(won + Fraction(tied, 2), len(normal) * len(anomalous))


def precision_recall_curve(scores: Scores, labels: Labels) -> list[tuple[Fraction, Fraction]]:
    """Return (recall, precision) from (0, 1) on, at every distinct score from the highest down.

    At least one sample must be anomalous.
    """
    anomalous = sum(bool(label) for label in labels)
    flagged = counts_along(scores, labels)[1:]
    return [(Fraction(0), Fraction(1))] + [
        (Fraction(at.tp, anomalous), Fraction(at.tp, at.tp + at.fp)) for at in flagged
    ]


def average_precision(scores: Scores, labels: Labels) -> Value:
    """Sum over falling thresholds of (recall gained) x (precision there), no interpolation."""
    if not any(labels):
        return None
    curve = precision_recall_curve(scores, labels)
    return sum(
        ((r1 - r0) * p1 for (r0, _), (r1, p1) in pairwise(curve)),
        start=Fraction(0),
    )


def aupr_trapezoid(scores: Scores, labels: Labels) -> Value:
    """Area under straight lines through the (recall, precision) points in threshold order."""
    if not any(labels):
        return None
    curve = precision_recall_curve(scores, labels)
    return sum(
        ((r1 - r0) * (p0 + p1) / 2 for (r0, p0), (r1, p1) in pairwise(curve)),
        start=Fraction(0),
    )


def best_over_cuts(
    measure: Callable[[Counts], Value], scores: Scores, labels: Labels
) -> Best | None:
    """Try every observed score as the cut; undefined without anomalous samples."""
    if not any(labels):
        return None
    tried = [(measure(counts_at(scores, labels, cut)), cut) for cut in falling(scores)]
    value = max(value for value, _ in tried if value is not None)
    cuts = [cut for tried_value, cut in tried if tried_value == value]
    return Best(value, lowest=min(cuts), highest=max(cuts))


def f1max(scores: Scores, labels: Labels) -> Best | None:
    """Largest F1 that any cut attains."""
    return best_over_cuts(f1, scores, labels)


def iou_max(scores: Scores, labels: Labels) -> Best | None:
    """Largest intersection over union that any cut attains."""
    return best_over_cuts(iou, scores, labels)


def pg(scores: Scores, labels: Labels, fnr: Rate) -> Value:
    """Share of normal samples below the highest cut that misses at most `fnr` of the anomalous.

    floor(fnr x P) anomalous samples may be missed; the cut is the largest anomalous score that
    misses no more, and the normal samples strictly below it count.  Undefined without both
    classes.
    """
    normal, anomalous = split(scores, labels)
    if not normal or not anomalous:
        return None
    allowed = floor(decimal(fnr) * len(anomalous))
    cut = max(cut for cut in anomalous if sum(a < cut for a in anomalous) <= allowed)
    return Fraction(sum(n < cut for n in normal), len(normal))


def pb(scores: Scores, labels: Labels, fpr: Rate) -> Value:
    """Largest share of anomalous samples flagged by a cut that flags at most `fpr` of the normal.

    floor(fpr x N) normal samples may be flagged; flagging nothing at all is one of the choices.
    Undefined without both classes.
    """
    normal, anomalous = split(scores, labels)
    if not normal or not anomalous:
        return None
    allowed = floor(decimal(fpr) * len(normal))
    most = max(at.tp for at in counts_along(scores, labels) if at.fp <= allowed)
    return Fraction(most, len(anomalous))


def fpr_at_tpr(scores: Scores, labels: Labels, tpr: Rate) -> Value:
    """Smallest false positive rate of any cut whose true positive rate is at least `tpr`."""
    normal, anomalous = split(scores, labels)
    if not normal or not anomalous:
        return None
    curve = counts_along(scores, labels)
    enough = [at.fp for at in curve if Fraction(at.tp, len(anomalous)) >= decimal(tpr)]
    return Fraction(min(enough), len(normal))


def tpr_at_fpr(scores: Scores, labels: Labels, fpr: Rate) -> Value:
    """Largest true positive rate of any cut whose false positive rate is at most `fpr`."""
    normal, anomalous = split(scores, labels)
    if not normal or not anomalous:
        return None
    curve = counts_along(scores, labels)
    allowed = [at.tp for at in curve if Fraction(at.fp, len(normal)) <= decimal(fpr)]
    return Fraction(max(allowed), len(anomalous))
