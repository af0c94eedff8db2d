"""Do 95 % intervals cover the true value in 95 % of all data sets? Prints a Markdown table.

    python benchmarks/coverage.py            the table of docs/uncertainty.md, about half an hour
    python benchmarks/coverage.py --quick    the same with a tenth of the data sets

Each line simulates data sets of a kind, with defects and images that differ as in `simulation`, and
counts how often the interval holds the true value, which is that of one data set of 30,000 images.
Beside it, the same for plain percentiles of the same resamples. The outcome is the same in every
run: all is drawn from fixed seeds.
"""

import argparse
import os
import sys
import time
from dataclasses import dataclass, field, replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices are small here

import numpy as np
from numpy.typing import NDArray
from simulation import World, detect, photograph

from anomeval.evidence.findings import Findings
from anomeval.metrics import AP, AUPIMO, AUPRO, AUROC, F1Max, Metric
from anomeval.uncertainty.resampling import Quantities, Resampling, Uncertainty, mean_uncertainty
from anomeval.workflows.options import REPLICATES

LEVEL = 0.95
POPULATION = 30_000
METRICS: tuple[Metric, ...] = (
    AUROC("image"),
    AP("image"),
    F1Max("image"),
    AUROC("pixel"),
    AP("pixel"),
    F1Max("pixel"),
    AUPRO(),
    AUPIMO(),
)


@dataclass(frozen=True)
class Setting:
    """A kind of data set: so many normal and anomalous objects of a world, drawn so often.

    categories: of so many images each; values are means over them.
    """

    name: str
    normal: int
    anomalous: int
    data_sets: int
    world: World = field(default_factory=World)
    categories: int = 1


SETTINGS = (
    Setting("80 images", 40, 40, 2000),
    Setting("300 images", 150, 150, 1000),
    Setting("80 images, 20 anomalous", 60, 20, 600),
    Setting("80 images, good detector", 40, 40, 600, World(distance=3.3, visible=1.2)),
    Setting("80 images, 10 % of defects invisible", 40, 40, 600, World(missed=0.1, visible=1.0)),
    Setting("80 images, few huge defects", 40, 40, 600, World(sizes=1.4)),
    Setting("80 images, uneven normals", 40, 40, 600, World(offset=0.3, stretch=0.25)),
    Setting("80 objects in 3 views each", 40, 40, 400, World(views=3)),
    Setting("mean of 5 categories of 40 images", 20, 20, 400, categories=5),
    Setting("20 images", 10, 10, 600),
)


def truth(setting: Setting) -> list[float]:
    """The values on a population with the same share of anomalous images."""
    rng = _generator(setting, "population")
    share = setting.anomalous / (setting.normal + setting.anomalous)
    objects = POPULATION // setting.world.views
    anomalous = round(objects * share)
    scene = photograph(setting.world, objects - anomalous, anomalous, rng, "population")
    findings = Findings(detect(setting.world, scene, rng))
    return [value_of(metric, findings) for metric in METRICS]


def _generator(setting: Setting, purpose: str) -> np.random.Generator:
    return np.random.default_rng(list(f"{setting.name}, {purpose}".encode()))


def value_of(metric: Metric, findings: Findings) -> float:
    value = metric.compute(findings, None).value
    assert value is not None
    return value


def covered(setting: Setting, true: list[float]) -> NDArray[np.float64]:
    """Of each data set and metric: missed low, missed high, width, missed by percentiles."""
    rng = _generator(setting, "data sets")
    found = np.full((setting.data_sets, len(METRICS), 4), np.nan)
    for number in range(setting.data_sets):
        categories = [
            category(setting, rng, f"{setting.name} {number} {index}")
            for index in range(setting.categories)
        ]
        known = [
            mean_uncertainty({str(index): part for index, part in enumerate(parts)})
            for parts in zip(*categories, strict=True)
        ]
        for column, (found_out, value) in enumerate(zip(known, true, strict=True)):
            ends = found_out.interval(LEVEL)
            if ends is None or found_out.replicates is None:
                continue
            low, high = np.nanquantile(found_out.replicates.values(), [0.025, 0.975])
            missed = ends[0] > value, ends[1] < value
            found[number, column] = (*missed, ends[1] - ends[0], not low <= value <= high)
    return found


def category(setting: Setting, rng: np.random.Generator, prefix: str) -> list[Uncertainty]:
    """What is known about each metric on a data set of one category."""
    scene = photograph(setting.world, setting.normal, setting.anomalous, rng, prefix)
    evidence = detect(setting.world, scene, rng)
    findings = Findings(evidence)
    resampling = Resampling(evidence, has_pixels=True, replicates=REPLICATES)
    known = []
    for metric in METRICS:
        known += resampling.estimate(Quantities.of(metric, None), [value_of(metric, findings)])
    return known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data sets")
    parser.add_argument("--only", help="settings whose name contains this")
    arguments = parser.parse_args()
    print("| data | metric | true | covered | too high | too low | width | percentiles |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for setting in SETTINGS:
        if arguments.only and arguments.only not in setting.name:
            continue
        if arguments.quick:
            setting = replace(setting, data_sets=setting.data_sets // 10)
        started, true = time.perf_counter(), truth(setting)
        found = np.nanmean(covered(setting, true), axis=0)
        for metric, value, (high, low, width, plain) in zip(METRICS, true, found, strict=True):
            name = str(metric).partition("(")[0]
            rates = f"{1 - high - low:.3f} | {high:.3f} | {low:.3f} | {width:.3f} | {1 - plain:.3f}"
            print(f"| {setting.name} | {name} | {value:.4f} | {rates} |", flush=True)
        print(f"{setting.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
