"""From images to evidence and answers without a file in between."""

from collections.abc import Iterable, Sequence

import numpy as np

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics import Metric, Outcome
from anomeval.predictions.preparation import PreparationRules, PreparedImage, prepare
from anomeval.predictions.record import Image, ImageEntry
from tests.support import Picture

AS_OTHERS = PreparationRules(empty_masks="normal")
"""Pixels of anomalous images with an empty mask count as normal, as in the references."""


def prepared(picture: Picture, rules: PreparationRules = AS_OTHERS) -> PreparedImage:
    """The image as it comes out of a file, its map stored as float32."""
    entry = ImageEntry(
        file="test.h5",
        index=0,
        identity=picture.path or "",
        named=True,
        score=None if picture.score is None else float(picture.score),
        label=bool(picture.label),
        category=picture.category,
        defect_type=picture.defect_type,
        group_id=picture.group,
    )
    scores, mask = np.array(picture.map, np.float32), np.array(picture.mask, np.uint8)
    saturation = None if picture.saturation is None else np.array(picture.saturation)
    return prepare(Image(entry, scores, mask, saturation), rules)


def evidence_of(pictures: Iterable[Picture], rules: PreparationRules = AS_OTHERS) -> Evidence:
    """Evidence of the images, one after the other."""
    evidence = Evidence()
    for picture in pictures:
        evidence.update(prepared(picture, rules))
    return evidence


def answers(
    metrics: Sequence[Metric], evidence: Evidence, judge: OneClassPostProcessor
) -> dict[str, Outcome]:
    """What each metric finds, with all that belongs to it."""
    findings = Findings(evidence)
    return {str(metric): metric.compute(findings, judge) for metric in metrics}
