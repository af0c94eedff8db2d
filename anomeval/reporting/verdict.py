"""What a gate decided, as data. Every written form of it is a function of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from anomeval.errors import ExitStatus, Problem
from anomeval.reporting.changes import Changes
from anomeval.reporting.result import Caution, Group

Test = Literal["point", "regression", "non-inferiority"]
Severity = Literal["error", "warn"]
Bound = Literal["min", "max", "max_share", "max_drop", "max_drop_rel"]
DROPS: tuple[Bound, ...] = ("max_drop", "max_drop_rel")
"""Bounds on what became worse, which a test judges."""
Outcome = Literal["passed", "failed", "warned", "unjudged"]


@dataclass(frozen=True)
class Change:
    """How much better a value became: negative is worse, whatever the metric's direction.

    low, high: with `confidence` it is at least low, and with the same at most high.
    """

    gain: float
    low: float
    high: float
    confidence: float


@dataclass(frozen=True)
class Check:
    """One bound held against one value.

    metric: its canonical text, or the name of a count; then `whole` is what it is counted among.
    group: the images the value is about, None for all. scope: as the rule has it.
    bound: the number of the rule; `limit` is the value that just passes it.
    test: what decided. lower_is_better: then a rise counts as a drop.
    change: where intervals were looked at. margin: by how much the bound was kept, negative where
        it was broken. reason: why the check could not be judged.
    """

    metric: str
    group: Group | None
    scope: str
    kind: Bound
    bound: float
    severity: Severity
    test: Test
    outcome: Outcome
    value: float | None = None
    baseline: float | None = None
    limit: float | None = None
    lower_is_better: bool = False
    change: Change | None = None
    margin: float | None = None
    reason: str | None = None
    whole: int | None = None

    @property
    def gain(self) -> float | None:
        """How much better the value became; None without a baseline."""
        if self.value is None or self.baseline is None:
            return None
        gain = self.value - self.baseline
        return -gain if self.lower_is_better else gain


@dataclass(frozen=True)
class Verdict:
    """What a gate decided.

    result, baseline: names of what was judged. checks: worst first.
    problems: why nothing can be said at all; then there are no checks.
    notes: how the verdict came about, such as which test was taken and why.
    cautions: those of the result that bear upon the verdict.
    """

    result: str
    baseline: str | None
    checks: Sequence[Check]
    problems: Sequence[Problem] = ()
    changes: Changes | None = None
    notes: Sequence[str] = ()
    cautions: Sequence[Caution] = ()

    @property
    def status(self) -> ExitStatus:
        """The exit status: what cannot be judged outweighs what failed."""
        outcomes = {check.outcome for check in self.checks}
        if self.problems or "unjudged" in outcomes:
            return ExitStatus.CANNOT_JUDGE
        return ExitStatus.GATE_FAILED if "failed" in outcomes else ExitStatus.DONE

    @property
    def word(self) -> str:
        """passed, failed or cannot judge."""
        words = {ExitStatus.DONE: "passed", ExitStatus.GATE_FAILED: "failed"}
        return words.get(self.status, "cannot judge")

    def of_outcome(self, *outcomes: Outcome) -> list[Check]:
        """The checks that came out so."""
        return [check for check in self.checks if check.outcome in outcomes]
