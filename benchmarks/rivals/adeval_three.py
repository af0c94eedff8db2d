"""ADEval without torch: three metrics from 1000 equal bins, its default.

Image by image, which is as fast as handing it all images at once and as its accumulator class,
needs the least memory, and no range of scores that somebody has to know beforehand.
"""

import sys

import h5py
from reading import Values, report

sys.modules["torch"] = None  # type: ignore[assignment]  # ADEval does without where there is none
from adeval import auroc_aupr_aupro  # noqa: E402
from adeval.mem_effic import ReusableGenerator  # noqa: E402


def evaluate(path: str) -> Values:
    with h5py.File(path) as file:
        scores, masks = (
            ReusableGenerator(range(len(file[name])), file[name].__getitem__)
            for name in ("anomaly_map", "gt_mask")
        )
        auroc, aupr, aupro = auroc_aupr_aupro(scores, masks)
    return {"auroc": float(auroc), "aupr": float(aupr), "aupro": float(aupro)}


if __name__ == "__main__":
    report(evaluate)
