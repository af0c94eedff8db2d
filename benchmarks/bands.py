"""Do pointwise bands of 95 % hold the true curve at 95 % of its places? Prints a Markdown table.

    python benchmarks/bands.py [DATA SETS]    200 by default, some minutes

Each line simulates data sets of a kind, as `coverage.py` does, and counts at how many places along
x the band holds the true height, that of one data set of 30,000 images. `worst` is the lowest such
share in any tenth of the x axis where at least half of the data sets have a band; `long` is how
much of the axis has one. The outcome is the same in every run.
"""

import sys
from collections.abc import Sequence

import numpy as np
from coverage import POPULATION, Setting
from numpy.typing import NDArray
from simulation import World, detect, photograph

from anomeval.evidence.curves import curves
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import Findings
from anomeval.reporting.figures.kinds import CurveKind
from anomeval.reporting.figures.traces import Trace, heights, traces
from anomeval.uncertainty.bands import Band
from anomeval.workflows.banding import EVERY, PLACES, Key, curve_bands

LEVEL = 0.95
STRETCHES = 10
DECADES = 6  # of the logarithmic axis
SETTINGS = (
    Setting("40 images", 16, 24, 200),
    Setting("80 images", 40, 40, 200),
    Setting("80 images, uneven normals", 40, 40, 200, World(offset=0.3, stretch=0.25)),
)


def main(data_sets: int) -> None:
    """A line for each setting and kind of curve."""
    print("| data | curve | covered | worst | long |\n|---|---|--:|--:|--:|")
    for setting in SETTINGS:
        share = setting.anomalous / (setting.normal + setting.anomalous)
        anomalous = round(POPULATION * share)
        true = traces_of(simulated(setting, "truth", POPULATION - anomalous, anomalous))
        counts = np.zeros((len(EVERY), STRETCHES, 3))
        for number in range(data_sets):
            evidence = simulated(setting, f"{number}", setting.normal, setting.anomalous)
            counts += counted(evidence, true)
        for (kind, level), (held, judged, sets) in zip(
            EVERY, counts.transpose(0, 2, 1), strict=True
        ):
            usual = sets >= data_sets / 2
            worst = (held / np.maximum(judged, 1))[usual].min()
            line = f"{held.sum() / judged.sum():.3f} | {worst:.3f}"
            long = judged.sum() / (data_sets * PLACES)
            print(f"| {setting.name} | {level} {kind.key} | {line} | {long:.2f} |", flush=True)


def simulated(setting: Setting, name: str, normal: int, anomalous: int) -> Evidence:
    """One data set of a setting."""
    rng = np.random.default_rng(list(f"{setting.name}, {name}".encode()))
    scene = photograph(setting.world, normal, anomalous, rng, f"{setting.name} {name}")
    return detect(setting.world, scene, rng)


def traces_of(evidence: Evidence) -> dict[Key, Trace]:
    """Its curves."""
    arrays = curves(Findings(evidence))
    return {key: traces(arrays, *key)[0] for key in EVERY}


def counted(evidence: Evidence, true: dict[Key, Trace]) -> NDArray[np.float64]:
    """By curve and stretch of x: places held, places judged, and 1 where there are any."""
    arrays = curves(Findings(evidence))
    bands = curve_bands({"": evidence}, arrays, LEVEL, has_pixels=True)
    counts = np.zeros((len(EVERY), STRETCHES, 3))
    for row, (kind, level) in zip(counts, EVERY, strict=True):
        band = bands[kind.key, level, ""]
        if isinstance(band, Band):
            height = heights(true[kind, level], kind, band.x)
            held = (band.low <= height) & (height <= band.high)
            stretch = stretches(kind, band.x)
            row[:, 0] = np.bincount(stretch, held, STRETCHES)
            row[:, 1] = np.bincount(stretch, minlength=STRETCHES)
            row[:, 2] = row[:, 1] > 0
    return counts


def stretches(kind: CurveKind, x: NDArray[np.float64]) -> Sequence[int]:
    """In which tenth of the axis each place lies."""
    share = 1 + np.log10(x) / DECADES if kind.log_x else x
    tenth: list[int] = np.clip((share * STRETCHES).astype(int), 0, STRETCHES - 1).tolist()
    return tenth


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
