"""What do the bins cost that pixels are resampled in? Prints a Markdown table.

    python benchmarks/bins.py

Maps are drawn on a grid of scores with a page of its own for each, so without any merging of pages
resamples are exact. Against these stand resamples in the usual number of bins, and resamples of
scores that lie ever closer together, until a few pages hold them all. Errors are in standard
errors of the metric, after values were put right by the exact one, and as a mean over data sets.
`left open` is what decides whether an interval is given: how far the value could be elsewhere for
all that the bins tell, over the standard deviation that one image contributes.
"""

import os
from dataclasses import replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices are small here

import numpy as np
from numpy.typing import NDArray
from simulation import World, detect, photograph

from anomeval.counting import Coarse
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.resampled_pixels import BINS
from anomeval.evidence.resamples import ExtremeResample, ResampledEvidence, Resamples
from anomeval.metrics import AP, AUPIMO, AUPRO, AUROC, F1Max, Metric
from anomeval.uncertainty.draws import draw

METRICS: tuple[Metric, ...] = (AUROC("pixel"), AP("pixel"), F1Max("pixel"), AUPRO(), AUPIMO())
RESAMPLES = 300
DATA_SETS = 5
_POSITIVE = 0x8000  # page of the score 0


def closer(evidence: Evidence, factor: int) -> Evidence:
    """The same ranking with scores so close that `factor` pages become one."""
    moved = Evidence()
    moved.images = evidence.images
    for name, outline in evidence.pixels.outlines.items():
        page = _POSITIVE + (outline.pages.astype(np.int64) - _POSITIVE) // factor
        pages, place = np.unique(page.astype(np.uint16), return_inverse=True)
        counts = np.bincount(place, outline.counts).astype(np.int64)
        moved.pixels.outlines[name] = Coarse(pages, counts)
    for image in evidence.pixels.anomalous:
        page = image.scores.view(np.uint32) >> 16
        scores = ((page // factor << 16) | 0x8000).view(np.float32)
        moved.pixels.anomalous.append(replace(image, scores=scores))
    moved.pixels.normals, moved.pixels.background = (
        evidence.pixels.normals,
        evidence.pixels.background,
    )
    return moved


def resampled(evidence: Evidence, bins: int) -> tuple[list[NDArray[np.float64]], list[float], int]:
    """For each metric its values, the last with every image once, and what the bins leave open."""
    seen = ResampledEvidence(evidence, bins=bins)
    drawn = draw(seen.units.names, RESAMPLES)
    whole = Resamples(seen, np.concatenate([drawn, np.ones_like(drawn[:, :1])], axis=1))
    values, left_open = [], []
    for metric in METRICS:
        values.append(metric.resample(whole, None))
        ends = [ExtremeResample(whole, RESAMPLES, best=best) for best in (False, True)]
        left_open.append(float(np.ptp([metric.resample(end, None)[0] for end in ends])))
    return values, left_open, seen.pixels.bin_count


def main() -> None:
    names = " | ".join(f"{str(metric).partition('(')[0]} | left open" for metric in METRICS)
    print(f"| images | pages as one | bins | {names} |")
    print("|--:|--:|--:|" + "--:|" * 2 * len(METRICS))
    for images in (80, 300):
        for factor in (1, 4, 16, 32, 64, 128):
            rows, bins = [], []
            for number in range(DATA_SETS):
                rng = np.random.default_rng([images, number])
                scene = photograph(World(), images // 2, images // 2, rng, f"{number}")
                evidence = detect(World(), scene, rng)
                true, _, _ = resampled(evidence, 1 << 16)
                found, left_open, count = resampled(closer(evidence, factor), BINS)
                bins.append(count)
                rows.append(
                    [
                        figure
                        for each in zip(true, found, left_open, strict=True)
                        for figure in figures(*each, images)
                    ]
                )
            shown = " | ".join(f"{number:.3f}" for number in np.mean(rows, axis=0))
            print(f"| {images} | {factor} | {np.mean(bins):.0f} | {shown} |", flush=True)


def figures(
    true: NDArray[np.float64], found: NDArray[np.float64], left_open: float, images: int
) -> tuple[float, float]:
    """Error in standard errors, and what is left open in deviations of an image."""
    error = (found[:-1] - found[-1]) - (true[:-1] - true[-1])
    deviation = true[:-1].std()
    return float(error.std() / deviation), left_open / deviation / np.sqrt(images / 2)


if __name__ == "__main__":
    main()
