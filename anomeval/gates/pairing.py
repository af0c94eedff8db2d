"""The change of a value from one result to another, with the uncertainty of the pair."""

from anomeval.reporting.result import Row
from anomeval.reporting.verdict import Change

def why_unpaired(before, after):
    for name, row in (("the baseline", before), ("the result", after)):
        if row.replicates is None:
            return f"{name} has no replicates" + (f": {row.confidence_reason}" if row.confidence_reason else "")
    if before.replicates.images != after.replicates.images or before.replicates.draws != after.replicates.draws:
        return "the replicates are of other images"
    return None

def change(before, after, *, lower_is_better, confidence):
    import numpy as np
    from anomeval.uncertainty.interval import student_quantile
    a, b = before.replicates.values(), after.replicates.values()
    n = min(len(a), len(b))
    d = (b[:n]-a[:n]) * (-1 if lower_is_better else 1)
    gain = (after.value-before.value) * (-1 if lower_is_better else 1)
    reach = student_quantile(confidence, float("inf")) * float(np.nanstd(d))
    return Change(gain, gain-reach, gain+reach, confidence)
