"""Curves as data: exact at each of their points, which are bounded in number."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.findings import Findings, PixelFindings, Ranked
from anomeval.ranking.ranking import Ranking
from anomeval.ranking.sample import Sample

POINTS = 1000
"""Thresholds at most at which a curve is given."""

Arrays = Mapping[str, NDArray[Any]]


def curves(findings: Findings) -> dict[str, NDArray[Any]]:
    """The curves that a group's evidence supports, as named arrays of equal length per curve.

    `image_roc_fpr`, `_tpr`, `_threshold`; `image_pr_recall`, `_precision`, `_threshold`; the same
    for pixels; `pixel_pro_fpr`, `_overlap`, `_threshold`; where defects are told apart the same as
    `pixel_spro`; `pixel_pimo_fpr`, `_threshold` (points,), `_recall` (images, points) with
    `_image_path` (images,). Thresholds descend.
    """
    arrays = _sample_curves("image", findings.image_sample)
    if findings.pixels is not None:
        arrays |= _sample_curves("pixel", findings.pixels.sample)
        if findings.pixels.region_total and findings.pixels.sample.negative_total:
            arrays |= _overlap_curve("pro", findings.pixels, findings.pixels.ranked())
            if not findings.pixels.undivided:
                ranked = findings.pixels.ranked_saturated()
                arrays |= _overlap_curve("spro", findings.pixels, ranked)
        if findings.pixels.anomalous and findings.pixels.normal_pixel_total:
            arrays |= _per_image_curves(findings.pixels)
    return arrays


def chosen_positions(ranking: Ranking, points: int = POINTS) -> NDArray[np.intp]:
    """Positions of the ranking, ascending: half evenly spread, half denser towards the top."""
    last = len(ranking.thresholds) - 1
    even = np.linspace(0, last, min(points // 2, last + 1))
    dense = np.geomspace(1, last + 1, min(points // 2, last + 1)) - 1
    return np.unique(np.rint(np.concatenate([even, dense])).astype(np.intp))


def _flagged(ranking: Ranking, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
    """Normal scores at or above the thresholds at these positions."""
    above = ranking.negatives_above[chosen].astype(np.int64)
    flagged: NDArray[np.int64] = above + ranking.negatives_tied[chosen]
    return flagged


def _sample_curves(level: str, sample: Sample) -> dict[str, NDArray[Any]]:
    if not sample.positive_total:
        return {}
    ranking = sample.ranking
    chosen = chosen_positions(ranking)
    found = np.cumsum(ranking.positives, dtype=np.int64)[chosen]
    flagged = _flagged(ranking, chosen)
    recall, thresholds = found / ranking.positive_total, ranking.thresholds[chosen]
    arrays = {
        f"{level}_pr_recall": recall,
        f"{level}_pr_precision": found / (found + flagged),
        f"{level}_pr_threshold": thresholds,
    }
    if ranking.negative_total:
        arrays[f"{level}_roc_fpr"] = flagged / ranking.negative_total
        arrays[f"{level}_roc_tpr"] = recall
        arrays[f"{level}_roc_threshold"] = thresholds
    return arrays


def _overlap_curve(name: str, pixels: PixelFindings, found: Ranked) -> dict[str, NDArray[Any]]:
    ranking = pixels.sample.ranking
    chosen = chosen_positions(ranking)
    overlap, found = np.zeros(len(chosen)), list(found)
    total = sum(len(image.sizes) for image, _ in found)
    for image, positions in found:
        weights = 1 / (image.sizes[image.regions] * total)
        step = np.searchsorted(chosen, positions)  # the first point at which the pixel is found
        overlap += np.bincount(step, weights=weights, minlength=len(chosen))
    return {
        f"pixel_{name}_fpr": _flagged(ranking, chosen) / ranking.negative_total,
        f"pixel_{name}_overlap": np.cumsum(overlap),
        f"pixel_{name}_threshold": ranking.thresholds[chosen],
    }


def _per_image_curves(pixels: PixelFindings) -> dict[str, NDArray[Any]]:
    ranking = pixels.sample.ranking
    chosen = chosen_positions(ranking, POINTS // 4)
    thresholds = ranking.thresholds[chosen]
    recalls = [
        np.searchsorted(positions, chosen, side="right") / len(positions)
        for _, positions in pixels.ranked()
    ]
    return {
        "pixel_pimo_fpr": pixels.shared_fpr(thresholds)[1],
        "pixel_pimo_recall": np.array(recalls),
        "pixel_pimo_threshold": thresholds,
        "pixel_pimo_image_path": np.array([image.identity for image, _ in pixels.ranked()]),
    }
