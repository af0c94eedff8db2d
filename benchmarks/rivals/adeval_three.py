"""ADEval without torch: three metrics from 1000 equal bins, its default.

`EvalAccumulator` is its fastest way: one pass, image by image. It has to be told the range of the
scores beforehand; here it gets the true range, and for free.
"""

import sys

from reading import Values, one_by_one, report

sys.modules["torch"] = None  # type: ignore[assignment]  # ADEval does without it if it is absent
from adeval import EvalAccumulator  # noqa: E402


def evaluate(path: str) -> Values:
    low, high = map(float, sys.argv[2:4])
    accumulator = EvalAccumulator(low, high)
    for scores, mask in one_by_one(path):
        accumulator.add_anomap(scores, mask)
    found = accumulator.summary()
    return {name: found[f"p_{name}"] for name in ("auroc", "aupr", "aupro")}


if __name__ == "__main__":
    report(evaluate)
