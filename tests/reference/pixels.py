"""Taking the pixels of maps and masks apart."""

from collections.abc import Sequence

from tests.reference.exact import Map, Mask, Score


def scores_where(scores: Map, mask: Mask, truth: int) -> list[Score]:
    """Return the scores of one image's pixels whose ground truth is `truth`, in reading order."""
    return [
        score
        for score_row, mask_row in zip(scores, mask, strict=True)
        for score, value in zip(score_row, mask_row, strict=True)
        if score is not None and bool(value) == bool(truth)
    ]


def is_anomalous(mask: Mask) -> bool:
    """Tell whether any pixel of the mask is anomalous."""
    return any(bool(value) for row in mask for value in row)


def pooled(maps: Sequence[Map], masks: Sequence[Mask]) -> tuple[list[Score], list[int]]:
    """Return the scores and labels of all pixels of all images as one long list each."""
    normal, anomalous = (
        [
            score
            for scores, mask in zip(maps, masks, strict=True)
            for score in scores_where(scores, mask, truth)
        ]
        for truth in (0, 1)
    )
    return normal + anomalous, [0] * len(normal) + [1] * len(anomalous)
