"""Which images the gallery shows: those that lie furthest on the wrong side."""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.reporting.page.model import Side
from anomeval.reporting.result import ImageResult


class Choice(NamedTuple):
    """An image and why it is shown."""

    side: Side
    severity: float
    image: ImageResult


def choose(
    images: Sequence[ImageResult],
    judges: Mapping[str, OneClassPostProcessor | None],
    most: int,
) -> tuple[list[Choice], bool]:
    """The worst false alarms, then the worst misses, at most so many of each.

    With decisions only wrong ones are chosen, by their distance from the cut in units of the
    validation split's range. Without, by the share of the other class that they wrongly outrank,
    in their category; among all images where categories were pooled, and so are no keys of judges.

    Returns:
        The choices, worst first on each side, and whether they were made by decisions.
    """
    decided = any(image.decision is not None for image in images)
    found = _wrong_decisions(images, judges) if decided else _wrong_ranks(images, judges)
    candidates = sorted(found, key=lambda one: (one.side, -one.severity, one.image.image_path))
    sides: tuple[Side, ...] = ("false_alarm", "missed")
    chosen = [[one for one in candidates if one.side == side][:most] for side in sides]
    return [one for side in chosen for one in side], decided


def _wrong_decisions(
    images: Iterable[ImageResult], judges: Mapping[str, OneClassPostProcessor | None]
) -> Iterable[Choice]:
    for image in images:
        judge = judges.get(image.category or "") or judges.get("")
        if image.decision in (None, image.anomalous) or not (judge and judge.image):
            continue
        assert image.score is not None
        scale = judge.image.scale
        distance = abs(image.score - scale.cut) / ((scale.high - scale.low) or 1.0)
        yield Choice(_side(image), distance, image)


def _wrong_ranks(images: Iterable[ImageResult], categories: Container[str]) -> Iterable[Choice]:
    def rivals(image: ImageResult) -> str | None:
        return image.category if (image.category or "") in categories else None

    scores: dict[tuple[str | None, bool], list[float]] = {}
    scored = [image for image in images if image.score is not None]
    for image in scored:
        assert image.score is not None
        scores.setdefault((rivals(image), image.anomalous), []).append(image.score)
    for ranked in scores.values():
        ranked.sort()
    for image in scored:
        assert image.score is not None
        others = scores.get((rivals(image), not image.anomalous), [])
        if image.anomalous:
            outranked = len(others) - bisect_left(others, image.score)
        else:
            outranked = bisect_right(others, image.score)
        if outranked:
            yield Choice(_side(image), outranked / len(others), image)


def _side(image: ImageResult) -> Side:
    return "missed" if image.anomalous else "false_alarm"
