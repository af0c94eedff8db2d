"""Threshold rules: from the scores of a validation split to one raw threshold.

A rule is a value with a name that can be typed: `f1`, `quantile@0.995`. Every rule is exact over
all scores of its level, pixels included.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor, inf, isfinite, nextafter
from typing import Any, NamedTuple

import numpy as np

from anomeval.counting import ScoreCounts
from anomeval.counting.exact import as_float, root
from anomeval.errors import UsageError
from anomeval.plugins import BUILT_IN, Registry
from anomeval.ranking.best import best_f1
from anomeval.ranking.rates import allowance, exact_rate, quota
from anomeval.ranking.sample import Sample


class NotFittableError(Exception):
    """This split cannot support the rule; the message says what it lacks."""


class Choice(NamedTuple):
    """A threshold, and the rule that gave it (another than asked for where that fell back)."""

    threshold: float
    rule: str
    fallback: str | None = None  # why another rule had to serve


class RuleKind(NamedTuple):
    """How a family of rules is typed, and what it means."""

    choose: Callable[[Sample, float], float]
    parameter: str | None  # what the number after @ is; None: the rule takes none
    valid: Callable[[float], bool]
    summary: str
    example: float | None = None  # a usual parameter


@dataclass(frozen=True)
class ThresholdRule:
    """One threshold rule. `str(rule)` parses back to an equal rule."""

    name: str = "f1"
    parameter: float | None = None

    def __str__(self) -> str:
        return self.name if self.parameter is None else f"{self.name}@{number_text(self.parameter)}"

    def choose(self, sample: Sample) -> Choice:
        """Choose a threshold on a sample.

        Raises:
            NotFittableError: the sample lacks what the rule needs.
        """
        if self.name == "f1" and not sample.positive_total:
            threshold = _highest_normal(sample, 0.0)
            reason = "no anomalous score to weigh against; the highest normal score is used"
            return Choice(threshold, "max", reason)
        return Choice(RULES[self.name].choose(sample, self.parameter or 0.0), str(self))


def parse_rule(text: str) -> ThresholdRule:
    """Read a rule as typed.

    Raises:
        UsageError: unknown name, or a parameter that is missing, superfluous or out of range.
    """
    name, _, number = text.strip().partition("@") if isinstance(text, str) else ("", "", "")
    kind = RULES.get(name)
    if kind is None:
        raise UsageError(f"unknown threshold rule {text!r}; known are {', '.join(known_rules())}")
    if kind.parameter is None:
        if number:
            raise UsageError(f"threshold rule {name!r} takes no parameter, got {number!r}")
        return ThresholdRule(name)
    try:
        parameter = float(number)
    except ValueError:
        parameter = float("nan")
    if not kind.valid(parameter):
        raise UsageError(f"threshold rule {text!r}: needs {kind.parameter}, as {_example(name)}")
    return ThresholdRule(name, parameter)


def number_text(number: float) -> str:
    """The shortest text that reads back as the same number: 3, 0.995, 1e-05."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def known_rules() -> list[str]:
    """The rules as people type them."""
    return [_example(name) for name in RULES]


def rule_origins(rules: Iterable[str]) -> dict[str, str]:
    """Where those rules come from that are not built in, by name, sorted.

    Args:
        rules: known rules as typed, parameters included.
    """
    names = sorted({text.partition("@")[0] for text in rules})
    origins = {name: RULES.origin(name) for name in names}
    return {name: origin for name, origin in origins.items() if origin != BUILT_IN}


def _example(name: str) -> str:
    return str(ThresholdRule(name, RULES[name].example))


def _best_f1(sample: Sample, _: float) -> float:
    """The lowest of the thresholds with the best F1."""
    return best_f1(sample.ranking).lowest_threshold


def _highest_normal(sample: Sample, _: float) -> float:
    normals = _normals(sample)
    return normals.select(normals.total - 1)


def _quantile(sample: Sample, rate: float) -> float:
    """Quantile of the normal scores, linear between neighbours."""
    normals = _normals(sample)
    position = exact_rate(rate) * (normals.total - 1)
    index = floor(position)
    lower = normals.select(index)
    if position == index:
        return lower
    upper = normals.select(index + 1)
    if not (isfinite(lower) and isfinite(upper)):
        return upper
    return float(Fraction(lower) + (position - index) * (Fraction(upper) - Fraction(lower)))


def _sigma(sample: Sample, factor: float) -> float:
    """Mean of the normal scores and so many standard deviations (of the population) above."""
    normals = _normals(sample)
    if not all(map(isfinite, normals.range() or ())):
        raise NotFittableError("the normal scores hold infinities, so they have no mean")
    total, squares = normals.moments()
    mean = total / normals.total
    deviation = root(squares / normals.total - mean**2)
    threshold = as_float(mean + exact_rate(factor) * deviation)
    if not isfinite(threshold):
        raise NotFittableError("it lies beyond the largest number there is")
    return threshold


def _false_positive_rate(sample: Sample, rate: float) -> float:
    """The lowest observed score that flags at most this share of the normals.

    Where every observed score flags more, the smallest number above them all.
    """
    normals = _normals(sample)
    beyond = normals.total - 1 - allowance(rate, normals.total)  # the highest that must stay below
    floor_score = normals.select(beyond) if beyond >= 0 else -inf
    observed = [normals.successor(floor_score) if beyond >= 0 else normals.select(0)]
    for scores in sample.positives:
        above = scores[scores.astype(np.float64) > floor_score]  # the bound must not be rounded
        observed.append(float(above.min()) if len(above) else None)
    return min((s for s in observed if s is not None), default=nextafter(floor_score, inf))


def _recall(sample: Sample, rate: float) -> float:
    """The highest score that finds at least this share of the anomalous."""
    if not sample.positive_total:
        raise NotFittableError("there is no anomalous score, so no recall")
    needed = quota(rate, sample.positive_total)
    return float(sample.ranking.thresholds[sample.ranking.position_of(needed)])


def _manual(_: Sample, threshold: float) -> float:
    return threshold


def _normals(sample: Sample) -> ScoreCounts:
    if not sample.negative_total:
        raise NotFittableError("there is no normal score")
    return sample.normals


def _is_rate(number: float) -> bool:
    return 0 <= number <= 1


def _is_positive_rate(number: float) -> bool:
    return 0 < number <= 1


def rule_fault(name: str, kind: Any) -> str | None:
    """Why something cannot serve as the threshold rule of this name; None if it can."""
    if not isinstance(kind, RuleKind):
        return "it is no anomeval.judging.rules.RuleKind"
    if not name.isidentifier():
        return "a name has letters, digits and _"
    if (kind.parameter is None) != (kind.example is None):
        return "a rule with a parameter, and no other, has an example of it"
    return None


_BUILT_IN = {
    "f1": RuleKind(_best_f1, None, isfinite, "best F1 (max where nothing is anomalous)"),
    "max": RuleKind(_highest_normal, None, isfinite, "highest normal score"),
    "quantile": RuleKind(
        _quantile, "a share from 0 to 1", _is_rate, "quantile of the normals", 0.995
    ),
    "sigma": RuleKind(
        _sigma, "a number", isfinite, "mean + k standard deviations of the normals", 3
    ),
    "fpr": RuleKind(
        _false_positive_rate,
        "a share from 0 to 1",
        _is_rate,
        "lowest score that flags at most this share of the normals",
        0.01,
    ),
    "recall": RuleKind(
        _recall,
        "a share above 0 and up to 1",  # a cut has to find something
        _is_positive_rate,
        "highest score that finds this share",
        0.95,
    ),
    "manual": RuleKind(_manual, "a raw score", isfinite, "the raw score given", 2.5),
}

RULES = Registry("anomeval.thresholds", "threshold rule", _BUILT_IN, rule_fault)
"""Every threshold rule there is, by the name people type."""
