"""A rule held against a result: which values it is about, and whether each keeps its bounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from anomeval.gates.pairing import change, why_unpaired
from anomeval.gates.rules import Rule, Scope
from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metrics
from anomeval.reporting.headings import heading
from anomeval.reporting.result import Group, Result, Row
from anomeval.reporting.verdict import Bound, Check, Outcome, Test

CONFIDENCE = 0.95
"""How sure an end of the interval is that a test looks at; 1 less this is its false alarm rate."""

_ORDER: tuple[Outcome, ...] = ("unjudged", "failed", "warned", "passed")

GroupKey = tuple[tuple[str, str], ...]


class Table:
    """The rows of a result by metric and group."""

    def __init__(self, result: Result) -> None:
        self._rows = {(row.metric, key_of(row.group)): row for row in result.rows}

    def get(self, metric: str, group: GroupKey) -> Row | None:
        """The row of a metric on a group; () is all images."""
        return self._rows.get((metric, group))

    @cached_property
    def metrics(self) -> list[str]:
        """Every metric, in order."""
        return list(dict.fromkeys(metric for metric, _ in self._rows))

    def groups(self, metric: str) -> list[GroupKey]:
        """The groups a metric was computed on; neither all images, nor means."""
        keys = [key for name, key in self._rows if name == metric and key]
        return [key for key in keys if "mean" not in dict(key)]


def key_of(group: Group | None) -> GroupKey:
    """A group as something to look up; all images are ()."""
    return tuple(sorted((group or {}).items()))


@dataclass(frozen=True)
class _Target:
    """One bound on one value. among: how many values are judged at once."""

    metric: str
    group: GroupKey
    kind: Bound
    bound: float
    among: int = 1


class Checking:
    """Rules held against one result, and a baseline where there is one."""

    def __init__(self, result: Result, baseline: Result | None, test: Test | None) -> None:
        self._now = Table(result)
        self._then = Table(baseline) if baseline else None
        self._test = test

    def checks(self, rule: Rule) -> list[Check]:
        """The checks that a rule comes down to.

        Raises:
            UsageError: the rule names no metric.
        """
        found: list[Check] = []
        for metric in self._metrics(rule.metric):
            for kind, bound in _bounds(rule):
                groups = self._groups(metric, rule.scope)
                many = len(groups) if rule.scope.extent in ("each", "worst") else 1
                targets = [_Target(metric, group, kind, bound, many) for group in groups]
                judged = [self._judged(rule, target) for target in targets]
                if rule.scope.extent == "worst" and judged:
                    judged = [min(judged, key=worst_first)]
                found += judged or [_empty(rule, metric, kind, bound)]
        return found

    def _metrics(self, text: str) -> list[str]:
        """Canonical texts; without a level, those of every level that either result has."""
        known = dict.fromkeys([*self._now.metrics, *(self._then.metrics if self._then else ())])
        if text in known:
            return [text]
        levels = {heading(metric).level for metric in known}
        return [str(m) for m in parse_metrics([text], METRICS, levels)]  # type: ignore[arg-type]

    def _groups(self, metric: str, scope: Scope) -> list[GroupKey]:
        if scope.extent == "mean":
            return [()]
        tables = [self._now, *([self._then] if self._then else [])]
        groups = dict.fromkeys(group for table in tables for group in table.groups(metric))
        return [group for group in groups if _is_meant(dict(group), scope)]

    def _judged(self, rule: Rule, target: _Target) -> Check:
        now = self._now.get(target.metric, target.group)
        then = self._then.get(target.metric, target.group) if self._then else None
        check = Check(
            metric=target.metric,
            group=dict(target.group) or None,
            scope=str(rule.scope),
            kind=target.kind,
            bound=target.bound,
            severity=rule.severity,
            test="point",
            outcome="unjudged",
            value=now.value if now else None,
            baseline=then.value if then else None,
            lower_is_better=heading(target.metric).lower_is_better,
        )
        reason = _why_undefined(now, "the result")
        if target.kind != "min":
            reason = reason or _why_undefined(then, "the baseline") or _why_unlike(then, now)
        if reason or now is None:
            return _unjudged(check, reason or "")
        if target.kind == "min" or then is None:
            return _settled(replace(check, limit=target.bound), _exact_margin(check, target.bound))
        return self._drop(rule, target, check, then, now)

    def _drop(self, rule: Rule, target: _Target, check: Check, then: Row, now: Row) -> Check:
        assert then.value is not None
        allowed = Fraction(repr(target.bound))
        if target.kind == "max_drop_rel":
            allowed *= abs(Fraction(repr(then.value)))
        sign = -1 if check.lower_is_better else 1
        limit = Fraction(repr(then.value)) - sign * allowed
        check = replace(check, limit=float(limit))
        unpaired = why_unpaired(then, now)
        asked = rule.test or self._test
        test: Test = asked or ("point" if unpaired else "regression")
        if unpaired and test != "point":
            return _unjudged(replace(check, test=test), f"test {test}: {unpaired}")
        check = replace(check, test=test)
        point = _exact_margin(check, limit)
        if test == "point":
            return _settled(check, point)
        # A family of values is judged together: one false alarm among all of them is one too many.
        # Non-inferiority has to hold for every one of them, which needs no correction.
        shared = target.among if test == "regression" else 1
        confidence = 1 - (1 - CONFIDENCE) / shared
        worse = check.lower_is_better
        seen = change(then, now, lower_is_better=worse, confidence=confidence)
        end = seen.high if test == "regression" else seen.low
        margin = end + float(allowed)
        check = replace(check, change=seen)
        return _settled(check, max(margin, point) if test == "regression" else margin)


def _bounds(rule: Rule) -> Iterator[tuple[Bound, float]]:
    if rule.minimum is not None:
        yield "min", rule.minimum
    if rule.max_drop is not None:
        yield "max_drop", rule.max_drop
    if rule.max_drop_rel is not None:
        yield "max_drop_rel", rule.max_drop_rel


def _is_meant(group: Mapping[str, str], scope: Scope) -> bool:
    if scope.extent == "category":
        return group == {"category": scope.name}
    return scope.extent != "defect" or group.get("defect_type") == scope.name


def _exact_margin(check: Check, limit: float | Fraction) -> float:
    """How far a value is on the right side of a limit, as the decimal numbers that both are."""
    assert check.value is not None
    exact = limit if isinstance(limit, Fraction) else Fraction(repr(limit))
    margin = Fraction(repr(check.value)) - exact
    return float(-margin if check.lower_is_better else margin)


def _settled(check: Check, margin: float) -> Check:
    if margin >= 0:  # whatever is not known to be kept has failed
        return replace(check, outcome="passed", margin=margin)
    outcome: Outcome = "failed" if check.severity == "error" else "warned"
    return replace(check, outcome=outcome, margin=margin)


def _unjudged(check: Check, reason: str) -> Check:
    outcome: Outcome = "unjudged" if check.severity == "error" else "warned"
    return replace(check, outcome=outcome, reason=reason)


def worst_first(check: Check) -> tuple[int, bool, float]:
    """Sorts checks: what could not be judged, then what was broken most."""
    return _ORDER.index(check.outcome), check.margin is not None, check.margin or 0.0


def _empty(rule: Rule, metric: str, kind: Bound, bound: float) -> Check:
    """The check of a scope that has no values."""
    by = "defect_type" if rule.scope.extent == "defect" else "category"
    reason = f"there are no values of scope {rule.scope}: score with --by {by}"
    check = Check(metric, None, str(rule.scope), kind, bound, rule.severity, "point", "unjudged")
    return _unjudged(check, reason)


def _why_undefined(row: Row | None, name: str) -> str | None:
    if row is None:
        return f"{name} has no such value"
    return None if row.value is not None else f"undefined in {name}: {row.reason}"


def _why_unlike(then: Row | None, now: Row | None) -> str | None:
    """Means over other groups are not the same quantity."""
    assert then is not None
    assert now is not None
    counts = [(row.extra.get("groups"), row.extra.get("undefined")) for row in (then, now)]
    if counts[0] == counts[1]:
        return None
    return "it is defined in other groups than in the baseline"
