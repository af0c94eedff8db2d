"""Rules of a gate, and how they are typed.

A bound is `[SCOPE:]METRIC=VALUE`, as `pixel_aupro=0.90` or `worst:image_auroc=0.8`; a drop may be a
share of the baseline's value, as `category:bottle:aupro@0.3=1%`. SCOPE is mean, each, worst,
category:NAME or defect:NAME. Counts stand where metrics do, as `new_missed=0`, and may be bounded
by a share of what they are counted among, as `false_alarms=1%`.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from anomeval.errors import Problem, UsageError
from anomeval.reporting.counts import ALIASES, COUNTS, Count
from anomeval.reporting.verdict import Severity, Test

Extent = Literal["mean", "each", "worst", "category", "defect"]
NAMED: tuple[Extent, ...] = ("category", "defect")
"""Extents that need a name."""

_SCOPES = "mean, each, worst, category:NAME or defect:NAME"


@dataclass(frozen=True)
class Scope:
    """Which values of a metric a rule is about.

    mean: the value over all images, or the mean over groups. each: of every group.
    worst: the group that fares worst. category, defect: the groups of that name.
    """

    extent: Extent = "mean"
    name: str | None = None

    def __str__(self) -> str:
        return self.extent if self.name is None else f"{self.extent}:{self.name}"


@dataclass(frozen=True)
class Rule:
    """Bounds on one metric, or on one count.

    metric: as typed; of counts the name. minimum: the worst value that passes; where lower is
        better, the highest.
    maximum: the highest value that passes, of counts and of metrics where lower is better.
    max_share: the same of a count, as a share of what it is counted among.
    max_drop: how much worse than the baseline a value may be. max_drop_rel: the same as a share
        of the baseline's value.
    test: what a drop is judged by; None: the best that the results allow.
    """

    metric: str
    scope: Scope = Scope()
    minimum: float | None = None
    max_drop: float | None = None
    max_drop_rel: float | None = None
    test: Test | None = None
    severity: Severity = "error"
    maximum: float | None = None
    max_share: float | None = None

    def __post_init__(self) -> None:
        drops = (self.max_drop, self.max_drop_rel)
        bounds = (self.minimum, self.maximum, self.max_share, *drops)
        if all(bound is None for bound in bounds):
            raise UsageError(f"rule on {self.metric}: set min, max, max_drop or max_drop_rel")
        for bound in bounds:
            if bound is not None and not isfinite(bound):
                raise UsageError(f"rule on {self.metric}: a bound is a finite number")
        for drop in drops:
            if drop is not None and not drop >= 0:
                raise UsageError(f"rule on {self.metric}: a drop is 0 or more, got {drop!r}")
        if self.test is not None and drops == (None, None):
            what = f"rule on {self.metric}: test {self.test!r} would judge nothing, it is for drops"
            raise UsageError(Problem(what, remedy="set max_drop, or leave test out"))
        if self.count is not None:
            self._check_count(self.count)

    def _check_count(self, count: Count) -> None:
        """Refuse what no count can be held to."""
        if (self.minimum, self.max_drop, self.max_drop_rel) != (None, None, None):
            new = "" if count.is_new else f"; new_{self.metric} counts what the baseline had right"
            raise UsageError(f"{self.metric} is a count, which has a max alone{new}")
        if self.maximum is not None and self.maximum < 0:
            raise UsageError(f"{self.metric}: a count is 0 or more, got {self.maximum:g}")
        if self.maximum is not None and not self.maximum.is_integer():
            what = f"{self.metric}: a count is a whole number, got {self.maximum!r}"
            raise UsageError(Problem(what, remedy="for a share write a percentage, as 1%"))
        if self.max_share is not None and not 0 <= self.max_share <= 1:
            raise UsageError(f"{self.metric}: a share lies between 0 and 100 %")
        if count.kind == "false_alarms" and self.scope.extent == "defect":
            raise UsageError(f"{self.scope}:{self.metric}: false alarms have no defect type")

    @property
    def count(self) -> Count | None:
        """What is counted; None where the rule is about a metric."""
        return COUNTS.get(self.metric)

    @property
    def is_about_drop(self) -> bool:
        """Whether a test decides."""
        return self.max_drop is not None or self.max_drop_rel is not None

    @property
    def needs_baseline(self) -> bool:
        """Whether the rule is about a drop, or about what is new."""
        return self.is_about_drop or (self.count is not None and self.count.is_new)


def parse_scope(text: str) -> Scope:
    """Read a scope.

    Raises:
        UsageError: it is none.
    """
    word, colon, name = text.partition(":")
    for extent in get_args(Extent):
        if word == extent and (bool(name) if extent in NAMED else not colon):
            return Scope(extent, name or None)
    raise UsageError(f"cannot read {text!r} as a scope; it can be {_SCOPES}")


def parse_minimum(text: str) -> Rule:
    """Read a bound of --min.

    Raises:
        UsageError: it does not have the form [SCOPE:]METRIC=VALUE.
    """
    scope, metric, value = _split("--min", text)
    return Rule(metric, scope, minimum=_number("--min", text, value))


def parse_max_drop(text: str) -> Rule:
    """Read a bound of --max-drop.

    Raises:
        UsageError: it does not have the form [SCOPE:]METRIC=VALUE[%].
    """
    scope, metric, value = _split("--max-drop", text)
    if not value.endswith("%"):
        return Rule(metric, scope, max_drop=_number("--max-drop", text, value))
    share = _number("--max-drop", text, value.removesuffix("%"))
    return Rule(metric, scope, max_drop_rel=float(f"{share / 100:.15g}"))


def parse_maximum(text: str) -> Rule:
    """Read a bound of --max.

    Raises:
        UsageError: it does not have the form [SCOPE:]METRIC=VALUE[%].
    """
    scope, metric, value = _split("--max", text)
    _number("--max", text, value.removesuffix("%"))
    maximum, max_share = maximum_of(metric, value)
    return Rule(metric, scope, maximum=maximum, max_share=max_share)


def maximum_of(metric: str, value: str) -> tuple[float | None, float | None]:
    """The maximum and max_share that a number or percentage sets: one of them, the other None.

    In percent of a count it is a share, of a metric the value.
    """
    if not value.endswith("%"):
        return float(value), None
    share = float(f"{float(value.removesuffix('%')) / 100:.15g}")
    return (None, share) if metric in COUNTS else (share, None)


def _split(option: str, text: str) -> tuple[Scope, str, str]:
    """Scope, metric and value: neither metrics nor values hold what separates them."""
    left, equals, value = text.rpartition("=")
    scope, _, metric = left.rpartition(":")
    if not (equals and metric.strip() and value.strip()):
        example = "missed=0" if option == "--max" else "image_auroc=0.9"
        raise UsageError(f"{option} {text!r}: write METRIC=VALUE, as {example}")
    name = metric.strip()
    return parse_scope(scope.strip()) if scope else Scope(), ALIASES.get(name, name), value.strip()


def _number(option: str, text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise UsageError(f"{option} {text!r}: {value!r} is not a finite number")
    return number
