"""The change of a value from one result to another, with the uncertainty of the pair."""

from math import inf

import numpy as np

from anomeval.reporting.result import Row
from anomeval.reporting.verdict import Change
from anomeval.uncertainty.interval import student_quantile


def why_unpaired(before: Row | None, after: Row | None) -> str | None:
    """Why two values have no common resamples; None if they have."""
    for name, row in (("the baseline", before), ("the result", after)):
        if row is None or row.replicates is None:
            reason = row.confidence_reason if row else None
            return f"{name} has no replicates" + (f" ({reason})" if reason else "")
    return None


def change(before: Row, after: Row, *, lower_is_better: bool, confidence: float) -> Change:
    """How much better a value became, with the ends that a pair of results allows."""
    assert before.replicates and after.replicates
    assert before.value is not None and after.value is not None
    sign = -1 if lower_is_better else 1
    a, b = before.replicates.values(), after.replicates.values()
    n = min(len(a), len(b))
    gain = sign * (after.value - before.value)
    reach = student_quantile(confidence, inf) * float(np.nanstd(b[:n] - a[:n]))
    return Change(gain, gain - reach, gain + reach, confidence)
