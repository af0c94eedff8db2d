"""Which images and regions changed side from one result to another of the same images."""

from collections.abc import Iterable, Iterator

from anomeval.reporting.changes import Changes, ImageChange, ImageSide, RegionChange, RegionSide
from anomeval.reporting.result import ImageRecord, Result

Pair = tuple[ImageRecord, ImageRecord]
"""An image before and after."""

_SIDES: dict[tuple[bool, bool], ImageSide] = {
    (True, False): "missed",
    (False, True): "false_alarm",
    (True, True): "found",
    (False, False): "cleared",
}
"""Of an image that is decided otherwise than before, by its label and its new decision."""
_WORST_FIRST: tuple[ImageSide, ...] = ("missed", "false_alarm", "found", "cleared")


def changes(before: Result, after: Result) -> Changes:
    """What changed side, worst first: what is missed before false alarms, large before small."""
    known = {image.image_path: image for image in before.images}
    pairs = [(known[image.image_path], image) for image in after.images]
    images = [change for pair in pairs for change in _image_changes(pair)]
    regions = [change for pair in pairs for change in _region_changes(pair)]
    images.sort(key=lambda c: (_WORST_FIRST.index(c.side), -c.size, c.image_path))
    regions.sort(key=lambda c: (c.side == "found", -c.size, c.image_path, c.number))
    return Changes(tuple(images), tuple(regions), tuple(_unknown(pairs)))


def _image_changes(pair: Pair) -> Iterator[ImageChange]:
    before, after = pair
    if before.decision is None or after.decision is None or before.decision == after.decision:
        return
    yield ImageChange(
        side=_SIDES[after.anomalous, after.decision],
        image_path=after.image_path,
        category=after.category,
        defect_type=after.defect_type,
        size=sum(region.size for region in after.regions),
        before=before.score,
        after=after.score,
    )


def _region_changes(pair: Pair) -> Iterator[RegionChange]:
    before, after = pair
    for number, (then, now) in enumerate(zip(before.regions, after.regions, strict=True), 1):
        if then.recall is None or now.recall is None or bool(then.recall) == bool(now.recall):
            continue
        side: RegionSide = "found" if now.recall else "missed"
        yield RegionChange(
            side=side,
            image_path=after.image_path,
            category=after.category,
            defect_type=after.defect_type,
            number=number,
            size=now.size,
            before=then.recall,
            after=now.recall,
        )


def _unknown(pairs: Iterable[Pair]) -> Iterator[str]:
    """What cannot be said for lack of a fit."""
    pairs = list(pairs)
    images = [image for pair in pairs for image in pair if image.score is not None]
    if any(image.decision is None for image in images):
        yield "without a fitted image threshold in both results no image can change side"
    regions = [region for pair in pairs for image in pair for region in image.regions]
    if any(region.recall is None for region in regions):
        yield "without a fitted pixel threshold in both results no region can change side"
