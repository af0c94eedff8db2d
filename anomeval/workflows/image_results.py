"""What became of each image: its decision, its AUPIMO, the recall of its regions."""

from collections.abc import Mapping

from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.reporting.result import ImageResult


def image_results(
    findings: Findings, judge: OneClassPostProcessor | None, areas: Mapping[str, float]
) -> list[ImageResult]:
    """One entry per image.

    Args:
        findings: of one category.
        judge: what was fitted for it; without, there are no decisions and no region recalls.
        areas: per-image AUPIMO by identity.
    """
    image_cut = judge.image.scale.cut if judge and judge.image else None
    pixel_cut = judge.pixel.scale.cut if judge and judge.pixel else None
    sizes, recalls = _regions(findings, pixel_cut)
    results = []
    for row in findings.images:
        entry = row.entry
        results.append(
            ImageResult(
                image_path=entry.identity,
                category=entry.category,
                defect_type=entry.defect_type,
                group_id=entry.group_id,
                anomalous=row.anomalous,
                score=row.score,
                decision=_decision(row.score, image_cut),
                aupimo=areas.get(entry.identity),
                region_sizes=sizes.get(entry.identity, []),
                region_recalls=None if pixel_cut is None else recalls.get(entry.identity, []),
            )
        )
    return results


def _decision(score: float | None, cut: float | None) -> bool | None:
    return None if score is None or cut is None else score >= cut


def _regions(
    findings: Findings, cut: float | None
) -> tuple[dict[str, list[int]], dict[str, list[float]]]:
    """Sizes, and recalls at the cut, of the regions of each image that has any."""
    if findings.pixels is None:
        return {}, {}
    sizes = {image.identity: image.sizes.tolist() for image in findings.pixels.anomalous}
    if cut is None:
        return sizes, {}
    overlaps = findings.pixels.overlaps(cut)
    return sizes, {image.identity: image.recalls.tolist() for image in overlaps}
