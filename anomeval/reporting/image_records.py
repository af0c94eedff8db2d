"""The images of a result, one line of JSON for each, and back."""

from collections.abc import Iterable, Sequence
from typing import Any

from anomeval.reporting.documents import Lines, number, read_number
from anomeval.reporting.result import ImageRecord, ImageResult, RegionRecord

_MASK_DIGITS = 8  # a mask that changed by accident keeps these once in 2**32
_RECALL_STEPS = 1000
_LONG = 1e6  # from here on the exponent is shorter


def image_record(image: ImageResult, mask_digest: str | None) -> ImageRecord:
    """What a result keeps of an image."""
    recalls: Sequence[float | None] = image.region_recalls or [None] * len(image.region_sizes)
    return ImageRecord(
        image_path=image.image_path,
        category=image.category,
        defect_type=image.defect_type,
        anomalous=image.anomalous,
        mask=mask_digest and mask_digest[:_MASK_DIGITS],
        score=image.score,
        decision=image.decision,
        regions=tuple(
            RegionRecord(size, None if recall is None else rounded_recall(recall))
            for size, recall in zip(image.region_sizes, recalls, strict=True)
        ),
        group_id=image.group_id,
    )


def rounded_recall(recall: float) -> float:
    """Three digits; a region of which anything is found, or missed, keeps showing it."""
    if recall in (0, 1):
        return float(recall)
    return min(max(round(recall * _RECALL_STEPS), 1), _RECALL_STEPS - 1) / _RECALL_STEPS


def record_lines(images: Iterable[ImageRecord]) -> Lines:
    """A line for each image, in the order of the schema."""
    return Lines(
        [
            image.image_path,
            image.category,
            image.defect_type,
            int(image.anomalous),
            image.mask,
            None if image.score is None else _short(number(image.score)),
            None if image.decision is None else int(image.decision),
            [[region.size, _short(region.recall)] for region in image.regions],
            *(() if image.group_id is None else (image.group_id,)),
        ]
        for image in images
    )


def read_record(line: list[Any]) -> ImageRecord:
    """The image that a line of `record_lines` tells of."""
    path, category, defect_type, label, mask, score, decision, regions, *group_id = line
    return ImageRecord(
        image_path=path,
        category=category,
        defect_type=defect_type,
        anomalous=bool(label),
        mask=mask,
        score=None if score is None else read_number(score),
        decision=None if decision is None else bool(decision),
        regions=tuple(
            RegionRecord(int(size), None if recall is None else float(recall))
            for size, recall in regions
        ),
        group_id=group_id[0] if group_id else None,
    )


def _short(value: float | str | None) -> float | str | None:
    """Whole numbers without a point: most recalls are 0 or 1."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LONG:
        return int(value)
    return value
