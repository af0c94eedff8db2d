"""Curves as data: exact points, and all of those between which the curve is straight."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.findings import Findings, PixelFindings, Ranked
from anomeval.evidence.pimo_curves import image_curves
from anomeval.ranking.corners import Corners, bends, corners
from anomeval.ranking.ranking import Ranking
from anomeval.ranking.sample import Sample

DRAWN = 1000
"""Points at most of a curve that is looked at."""

Arrays = dict[str, NDArray[Any]]
Window = tuple[float, float]


def curves(
    findings: Findings, windows: Sequence[Window] = (), *, points: int | None = None
) -> Arrays:
    """The curves that a group's evidence supports, as named arrays of equal length per curve.

    `image_roc_fpr`, `_tpr`, `_threshold`; `image_pr_recall`, `_precision`, `_threshold`; the same
    for pixels and, where images belong to groups, `sample`; `pixel_pro_fpr`, `_overlap`,
    `_threshold`; where defects are told apart the same as `pixel_spro`; `pixel_pimo_fpr`,
    `_threshold` (points,), `_recall` (images, points) with `_image_path` (images,).

    Thresholds descend. Curves begin above all scores, at a threshold of infinity, and end at the
    lowest score. What `score >= threshold` flags is what a point shows. Straight lines through the
    points are the whole curve: the area below them is AUROC, AUPR and, up to any limit, AUPRO;
    average precision is the sum of each gain in recall times the precision at its end. PIMO curves
    are straight over ln(FPR), and whole within the windows: there the area is each image's AUPIMO.

    Args:
        findings: about the group.
        windows: the false positive rates from and up to which AUPIMO is taken. Both are points;
            where no threshold has this rate, the next one is given. Elsewhere PIMO curves have
            points at 250 anomalous scores at most.
        points: of each curve at most so many, for drawing; None = all.
    """
    arrays = _sample_curves("image", findings.image_sample, points)
    if any(row.entry.group_id for row in findings.images):
        arrays |= _sample_curves("sample", findings.group_sample, points)
    if findings.pixels is not None:
        arrays |= _sample_curves("pixel", findings.pixels.sample, points)
        if findings.pixels.region_total and findings.pixels.sample.negative_total:
            arrays |= _overlap_curve("pro", findings.pixels, findings.pixels.ranked(), points)
            if not findings.pixels.undivided:
                ranked = findings.pixels.ranked_saturated()
                arrays |= _overlap_curve("spro", findings.pixels, ranked, points)
        if findings.pixels.anomalous and findings.pixels.normal_pixel_total:
            arrays |= image_curves(findings.pixels, windows, chosen)
    return arrays


def chosen(count: int, points: int) -> NDArray[np.intp]:
    """Positions among so many, ascending: half evenly spread, half denser towards the first."""
    last = count - 1
    even = np.linspace(0, last, min(points // 2, count))
    dense = np.geomspace(1, count, min(points // 2, count)) - 1
    return np.unique(np.rint(np.concatenate([even, dense])).astype(np.intp))


def _thinned(found: Corners, points: int | None) -> Corners:
    count = len(found.reached)
    return found if points is None or count <= points else found.at(chosen(count, points))


def _bends(found: Corners) -> Corners:
    return found.at(bends(found.flagged, found.reached))


def _sample_curves(level: str, sample: Sample, points: int | None) -> Arrays:
    if not sample.positive_total:
        return {}
    ranking = sample.ranking
    every = corners(ranking)
    arrays = _precision_recall(level, sample, _thinned(every, points))
    if ranking.negative_total:
        kept = _thinned(_bends(every), points)
        arrays[f"{level}_roc_fpr"] = kept.flagged / ranking.negative_total
        arrays[f"{level}_roc_tpr"] = _found(ranking, kept) / ranking.positive_total
        arrays[f"{level}_roc_threshold"] = kept.thresholds(ranking, sample.negatives)
    return arrays


def _precision_recall(level: str, sample: Sample, kept: Corners) -> Arrays:
    ranking = sample.ranking
    found = _found(ranking, kept)
    flagged = found + kept.flagged
    precision = np.ones(len(found))  # where nothing is flagged
    np.divide(found, flagged, out=precision, where=flagged > 0)
    return {
        f"{level}_pr_recall": found / ranking.positive_total,
        f"{level}_pr_precision": precision,
        f"{level}_pr_threshold": kept.thresholds(ranking, sample.negatives),
    }


def _found(ranking: Ranking, kept: Corners) -> NDArray[np.int64]:
    """Anomalous scores at or above each point."""
    found: NDArray[np.int64] = np.append(0, np.cumsum(ranking.positives, dtype=np.int64))
    return found[kept.reached]


def _overlap_curve(name: str, pixels: PixelFindings, ranked: Ranked, points: int | None) -> Arrays:
    ranking = pixels.sample.ranking
    kept = _thinned(_bends(corners(ranking)), points)
    images = list(ranked)
    total = sum(len(image.sizes) for image, _ in images)
    gains = np.bincount(
        np.concatenate([positions for _, positions in images]),
        weights=np.concatenate([1 / (i.sizes[i.regions] * total) for i, _ in images]),
        minlength=len(ranking.thresholds),
    )
    overlap = np.append(0.0, np.cumsum(gains))
    overlap[-1] = 1.0  # all is found, whatever rounding makes of the sum
    return {
        f"pixel_{name}_fpr": kept.flagged / ranking.negative_total,
        f"pixel_{name}_overlap": np.minimum(overlap, 1.0)[kept.reached],
        f"pixel_{name}_threshold": kept.thresholds(ranking, pixels.sample.negatives),
    }
