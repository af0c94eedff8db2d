"""Rules of a gate, and how they are typed.

A bound is `[SCOPE:]METRIC=VALUE`, as `pixel_aupro=0.90` or `worst:image_auroc=0.8`; a drop may be a
share of the baseline's value, as `category:bottle:aupro@0.3=1%`. SCOPE is mean, each, worst,
category:NAME or defect:NAME.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from anomeval.errors import UsageError
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
    """Bounds on one metric.

    metric: as typed. minimum: the worst value that passes; where lower is better, the highest.
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

    def __post_init__(self) -> None:
        bounds = (self.minimum, self.max_drop, self.max_drop_rel)
        if all(bound is None for bound in bounds):
            raise UsageError(f"rule on {self.metric}: set min, max_drop or max_drop_rel")
        for bound in bounds:
            if bound is not None and not isfinite(bound):
                raise UsageError(f"rule on {self.metric}: a bound is a finite number")
        for drop in bounds[1:]:
            if drop is not None and not drop >= 0:
                raise UsageError(f"rule on {self.metric}: a drop is 0 or more, got {drop!r}")

    @property
    def needs_baseline(self) -> bool:
        """Whether the rule is about a drop."""
        return self.max_drop is not None or self.max_drop_rel is not None


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


def _split(option: str, text: str) -> tuple[Scope, str, str]:
    """Scope, metric and value: neither metrics nor values hold what separates them."""
    left, equals, value = text.rpartition("=")
    scope, _, metric = left.rpartition(":")
    if not (equals and metric.strip() and value.strip()):
        raise UsageError(f"{option} {text!r}: write METRIC=VALUE, as image_auroc=0.9")
    return parse_scope(scope.strip()) if scope else Scope(), metric.strip(), value.strip()


def _number(option: str, text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise UsageError(f"{option} {text!r}: {value!r} is not a finite number")
    return number
