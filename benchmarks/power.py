"""How often does a paired comparison find that a model got worse? Prints a Markdown table.

    python benchmarks/power.py            the table of docs/uncertainty.md, about ten minutes
    python benchmarks/power.py --quick    the same with a tenth of the pairs

Two detectors see the same 160 images. Most of what makes an image easy or hard is common to both,
as for two training runs of one model. The second detector is worse by a known drop, or not at all.
Counted is how often a difference shows: by the paired interval of the two results' replicates, and
by intervals of the two values that do not overlap, which is what one would do without pairing.
"""

import argparse
import os
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices are small here

import numpy as np
from numpy.typing import NDArray
from simulation import World, detect, photograph

from anomeval.evidence.findings import Findings
from anomeval.metrics import AP, AUPRO, AUROC, Metric
from anomeval.uncertainty.paired import Difference
from anomeval.uncertainty.replicates import Replicates
from anomeval.uncertainty.resampling import Quantities, Resampling
from anomeval.workflows.options import REPLICATES

LEVEL = 0.95
IMAGES = 160
METRICS: tuple[Metric, ...] = (AUROC("image"), AP("image"), AUROC("pixel"), AP("pixel"), AUPRO())


@dataclass(frozen=True)
class Study:
    """So many pairs of detectors.

    own: share of the variance between images that is a detector's own. drop: see `detect`.
    """

    own: float
    drop: float
    pairs: int


STUDIES = (
    Study(own=0.1, drop=0.0, pairs=1000),
    Study(own=0.4, drop=0.0, pairs=500),
    Study(own=0.1, drop=0.04, pairs=200),
    Study(own=0.1, drop=0.1, pairs=200),
    Study(own=0.1, drop=0.25, pairs=200),
)


@dataclass(frozen=True)
class Measured:
    """A value with its interval and its replicates."""

    value: float
    low: float
    high: float
    replicates: Replicates


def measured(study: Study, number: int) -> list[tuple[Measured, Measured]]:
    """Both detectors by every metric, on images of their own."""
    rng = np.random.default_rng([round(1000 * study.own), round(1000 * study.drop), number])
    scene = photograph(World(), IMAGES // 2, IMAGES // 2, rng, f"pair {number}")
    found = []
    for drop in (0.0, study.drop):
        evidence = detect(World(), scene, rng, own=study.own, drop=drop)
        findings = Findings(evidence)
        resampling = Resampling(evidence, has_pixels=True, replicates=REPLICATES)
        found.append([measure(metric, findings, resampling) for metric in METRICS])
    return list(zip(*found, strict=True))


def measure(metric: Metric, findings: Findings, resampling: Resampling) -> Measured:
    value = metric.compute(findings, None).value
    assert value is not None
    (known,) = resampling.estimate(Quantities.of(metric, None), [value])
    ends = known.interval(LEVEL)
    assert ends is not None
    assert known.replicates is not None
    return Measured(value, *ends, known.replicates)


def verdicts(first: Measured, second: Measured) -> tuple[float, ...]:
    """The difference; whether it shows two-sided, as a drop, and by intervals apart."""
    difference = Difference.of(first.value, first.replicates, second.value, second.replicates)
    return (
        difference.value,
        difference.p_value() < 1 - LEVEL,
        difference.at_most(LEVEL) < 0,
        second.high < first.low or first.high < second.low,
    )


def rates(study: Study) -> NDArray[np.float64]:
    """Mean of the verdicts, and the standard deviation of the difference, for each metric."""
    found = np.array(
        [[verdicts(*pair) for pair in measured(study, number)] for number in range(study.pairs)]
    )
    return np.concatenate([found.mean(axis=0), found[:, :, :1].std(axis=0)], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pairs")
    quick = parser.parse_args().quick
    print("| own | drop | metric | difference | ± | paired | paired, drop | no overlap |")
    print("|--:|--:|---|--:|--:|--:|--:|--:|")
    for study in STUDIES:
        pairs = study.pairs // 10 if quick else study.pairs
        table = rates(Study(study.own, study.drop, pairs))
        for metric, (difference, two, one, apart, deviation) in zip(METRICS, table, strict=True):
            name = str(metric).partition("(")[0]
            numbers = f"{difference:+.4f} | {deviation:.4f} | {two:.3f} | {one:.3f} | {apart:.3f}"
            print(f"| {study.own} | {study.drop} | {name} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
