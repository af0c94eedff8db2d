"""How much better a value became from one result to another, resample by resample."""

from anomeval.reporting.result import Row
from anomeval.reporting.verdict import Change
from anomeval.uncertainty import paired
from anomeval.uncertainty.paired import Difference


def why_unpaired(before: Row | None, after: Row | None) -> str | None:
    """Why two values have no resamples in common; None if they have."""
    for name, row in (("the baseline", before), ("the result", after)):
        if row is None or row.value is None or row.replicates is None:
            reason = row.confidence_reason if row else None
            return f"{name} has no replicates" + (f" ({reason})" if reason else "")
    assert before is not None
    assert after is not None
    assert before.replicates is not None
    assert after.replicates is not None
    return paired.why_unpaired(before.replicates, after.replicates)


def difference(before: Row, after: Row) -> Difference:
    """The second value less the first; they must pair, see `why_unpaired`."""
    assert before.value is not None
    assert before.replicates is not None
    assert after.value is not None
    assert after.replicates is not None
    return Difference.of(before.value, before.replicates, after.value, after.replicates)


def change(before: Row, after: Row, *, lower_is_better: bool, confidence: float) -> Change:
    """How much better the second value is, with one-sided bounds of a confidence each."""
    found = difference(before, after)
    low, high = found.at_least(confidence), found.at_most(confidence)
    if lower_is_better:
        return Change(-found.value, -high, -low, confidence)
    return Change(found.value, low, high, confidence)


def chance_of_drop(before: Row, after: Row, allowed: float, *, lower_is_better: bool) -> float:
    """The chance of a drop as large as is seen if the true one is as large as `allowed`."""
    found = difference(before, after)
    return found.p_not_above(allowed) if lower_is_better else found.p_not_below(-allowed)
