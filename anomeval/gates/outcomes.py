"""What comes out of a check."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from anomeval.gates.rules import Scope
from anomeval.reporting.verdict import Check, Outcome

_ORDER: tuple[Outcome, ...] = ("unjudged", "failed", "warned", "passed")


def exact_margin(check: Check, limit: Fraction) -> float:
    """How far a value is on the right side of a limit, as the decimal numbers that both are."""
    assert check.value is not None
    margin = Fraction(repr(check.value)) - limit
    return float(-margin if check.lower_is_better else margin)


def settled(check: Check, margin: float) -> Check:
    """The check with what follows from by how much its bound was kept, or broken."""
    if margin >= 0:  # whatever is not known to be kept has failed
        return replace(check, outcome="passed", margin=margin)
    outcome: Outcome = "failed" if check.severity == "error" else "warned"
    return replace(check, outcome=outcome, margin=margin)


def unjudged(check: Check, reason: str) -> Check:
    """The check as one that cannot be judged, and why."""
    outcome: Outcome = "unjudged" if check.severity == "error" else "warned"
    return replace(check, outcome=outcome, reason=reason)


def worst_first(check: Check) -> tuple[int, bool, float]:
    """Sorts checks: what could not be judged, then what was broken most."""
    return _ORDER.index(check.outcome), check.margin is not None, check.margin or 0.0


def of_scope(scope: Scope, checks: Sequence[Check]) -> list[Check]:
    """The checks of one bound that count: where the scope is the worst group, that one alone."""
    return [min(checks, key=worst_first)] if scope.extent == "worst" else list(checks)
