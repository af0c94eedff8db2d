"""How well regions of each size are found, category by category."""

from collections.abc import Iterator, Mapping

import numpy as np

from anomeval.evidence.findings import Findings, PixelFindings, mean
from anomeval.judging.post_processor import Fit
from anomeval.metrics import AUPRO
from anomeval.reporting.region_sizes import RegionSizes, size_class


def regions_by_size(
    findings: Mapping[str | None, Findings], fit: Fit | None
) -> Iterator[RegionSizes]:
    """The classes of size that have a region, smallest first."""
    for category, seen in findings.items():
        if seen.pixels is not None and seen.pixels.region_total:
            judge = fit.for_category(category) if fit else None
            yield from _of_category(category, seen.pixels, judge.pixel_cut if judge else None)


def _of_category(
    category: str | None, pixels: PixelFindings, cut: float | None
) -> Iterator[RegionSizes]:
    sizes = np.concatenate([image.sizes for image in pixels.anomalous])
    areas = np.concatenate(AUPRO().areas(pixels)) if pixels.sample.negative_total else None
    overlaps = None if cut is None else pixels.overlaps(cut)
    recalls = None if overlaps is None else np.concatenate([one.recalls for one in overlaps])
    for low, high in sorted(set(map(size_class, sizes.tolist()))):
        alike = (low <= sizes) & (sizes <= high)
        found = None if recalls is None else recalls[alike]
        yield RegionSizes(
            category=category,
            low=low,
            high=high,
            regions=int(alike.sum()),
            aupro=None if areas is None else mean(areas[alike].tolist()),
            hit=None if found is None else int((found > 0).sum()),
            pro=None if found is None else mean(found.tolist()),
        )
