"""What to know before believing a fitted threshold: from the split that it was chosen on."""

from collections.abc import Iterator
from math import inf, nextafter

from anomeval.judging.honesty import FalsePositives, asked_rate
from anomeval.judging.post_processor import FittedLevel
from anomeval.ranking.areas import area_under_roc
from anomeval.ranking.sample import Sample
from anomeval.reporting.result import Caution
from anomeval.workflows.cautions import counted

_HALF = 0.5
"""What a coin would reach: as AUROC, and as the share of normals that are flagged."""


def threshold_cautions(
    level: str, place: str, sample: Sample, fitted: FittedLevel
) -> Iterator[Caution]:
    """Whether scores point the wrong way, and whether the cut flags nothing or too much.

    Args:
        level: "image" or "pixel".
        place: what was fitted, in words: `image level of bottle`.
        sample: the scores that it was fitted on.
        fitted: what came of it.
    """
    if message := _inverted(level, sample):
        yield Caution("inverted_scores", f"{place}: {message}")
    if not sample.negative_total:
        message = f"no normal {level} in this split: nothing is known of false alarms"
        yield Caution("no_normals", f"{place}: {message}; fit on normal images as well")
    if message := _nothing_flagged(level, sample, fitted.scale.cut):
        yield Caution("nothing_flagged", f"{place}: {message}")
    if message := _many_false_alarms(level, fitted):
        yield Caution("many_false_alarms", f"{place}: {message}")


def _inverted(level: str, sample: Sample) -> str | None:
    if not (sample.positive_total and sample.negative_total):
        return None
    area = area_under_roc(sample.ranking)
    if area >= _HALF:
        return None
    return (
        f"scores are lower for anomalous {level}s than for normal ones (AUROC {area:.4g}): "
        "do high scores mean anomalous in this file?"
    )


def _nothing_flagged(level: str, sample: Sample, cut: float) -> str | None:
    """Normals alone may well stay below the cut, unless it is that of scores tied at the top."""
    highest = sample.range()[1]
    top = sample.confusion(highest)
    tied = top.true_positives + top.false_positives
    if cut == nextafter(highest, inf) and tied > 1:
        return (
            f"nothing is flagged: the cut, {cut!r}, is the next number above the highest score, "
            f"{highest!r}, which {top.false_positives:,} of {sample.negative_total:,} normal "
            f"{level}s have; where scores were clamped, fit on raw ones, or allow more false "
            "alarms"
        )
    found = sample.confusion(cut)
    if not sample.positive_total or found.true_positives:
        return None
    anomalous = counted(sample.positive_total, f"anomalous {level}")
    if found.false_positives:
        return f"none of {anomalous} is flagged"
    return f"nothing is flagged, none of {anomalous}: every score is below the cut"


def _many_false_alarms(level: str, fitted: FittedLevel) -> str | None:
    flagged, rule = fitted.false_positives, fitted.rule
    if flagged is None or flagged.rate < _HALF or _as_asked(flagged, rule):
        return None
    option = "--threshold" if level == "image" else "--pixel-threshold"
    remedy = f"{option} fpr@0.01"
    if fitted.scale.sensitivity > 0.5:
        remedy = f"a lower --{level}-sensitivity"
    return (
        f"the cut flags {flagged.flagged:,} of {flagged.total:,} normal {level}s; "
        f"to flag fewer, fit with {remedy}"
    )


def _as_asked(flagged: FalsePositives, rule: str) -> bool:
    """Whether the rule itself says that so many are flagged."""
    asked = asked_rate(rule)
    lone_highest = rule == "max" and flagged.flagged == 1
    return lone_highest or (asked is not None and asked >= flagged.rate)
