"""What is counted in the images of a result: missed ones, false alarms, missed regions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anomeval.gates.rules import Scope
from anomeval.gates.table import GroupKey
from anomeval.reporting.counts import Count
from anomeval.reporting.result import ImageRecord, Result

_FIT = "score with --fit"


@dataclass(frozen=True)
class Tally:
    """What was counted. whole: how many could have been; reason: why it cannot be counted."""

    count: int = 0
    whole: int = 0
    reason: str | None = None


def groups_of(result: Result, scope: Scope) -> list[GroupKey]:
    """The groups of images that a scope means, whether values of them were asked for or not.

    Where images have categories, `each` and `worst` are about these, else about defect types.
    """
    if scope.extent == "mean":
        return [()]
    categories = dict.fromkeys(image.category for image in result.images)
    if scope.extent == "category":
        return [(("category", name),) for name in categories if name and name == scope.name]
    if scope.extent in ("each", "worst") and any(categories):
        return [(("category", name),) for name in sorted(filter(None, categories))]
    found = {
        (*_named("category", image.category), *_named("defect_type", image.defect_type))
        for image in result.images
        if image.anomalous and image.defect_type and scope.name in (None, image.defect_type)
    }
    return sorted(found)


def tally(count: Count, result: Result, baseline: Result | None, group: GroupKey) -> Tally:
    """Count what is wrong in a group of images.

    Args:
        count: what to count.
        result: where. baseline: what it is set against, with the same names of images; needed for
            what is new, else without effect.
        group: the images that count; () is all.
    """
    now = list(_decided(count, result, group))
    if reason := _why_not(count, now, "the result"):
        return Tally(reason=reason)
    wrong = {identity for identity, is_wrong in now if is_wrong}
    if not count.is_new:
        return Tally(len(wrong), len(now))
    assert baseline is not None
    then = list(_decided(count, baseline, group))
    if reason := _why_not(count, then, "the baseline"):
        return Tally(reason=reason)
    before = {identity for identity, was_wrong in then if was_wrong}
    return Tally(len(wrong - before), len(now))


Decided = tuple[tuple[str, int], bool | None]
"""An image, or a region by its number, and whether it is decided wrongly; None: not known."""


def _decided(count: Count, result: Result, group: GroupKey) -> Iterator[Decided]:
    for image in result.images:
        if image.anomalous == (count.kind == "false_alarms") or not _is_in(image, group):
            continue
        if count.kind == "missed_regions":
            for number, region in enumerate(image.regions):
                missed = None if region.recall is None else region.recall == 0
                yield (image.image_path, number), missed
        elif image.score is not None:  # a score that was NaN and dropped is in no image metric
            decision = image.decision
            yield (image.image_path, 0), None if decision is None else decision != image.anomalous


def _why_not(count: Count, decided: Sequence[Decided], name: str) -> str | None:
    if not decided:
        return f"{name} has no {count.of} there"
    if any(wrong is None for _, wrong in decided):
        level = "pixel" if count.kind == "missed_regions" else "image"
        return f"{name} has no decisions at {level} level; {_FIT}"
    return None


def _is_in(image: ImageRecord, group: GroupKey) -> bool:
    return all(getattr(image, key) == name for key, name in group)


def _named(key: str, name: str | None) -> GroupKey:
    return ((key, name),) if name else ()
