"""What became of the images and regions, for tables that can be sorted and filtered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from anomeval.reporting.numerals import count_text, score_texts, share_text
from anomeval.reporting.page.model import Region
from anomeval.reporting.region_sizes import size_class, size_text
from anomeval.reporting.result import ImageResult

MOST_ROWS = 2000
"""Rows of a table at most; the worst are shown."""

OUTCOMES = {
    "missed": "missed",
    "false_alarm": "false alarm",
    "found": "found",
    "cleared": "passed",
}
"""What a decision comes to, worst first; the words are those of all tables and filters."""


@dataclass(frozen=True)
class Confusion:
    """Decisions on images by category. counts: by outcome."""

    category: str
    counts: dict[str, int]


@dataclass(frozen=True)
class ImageLine:
    """An image in the table. score: its score, points aligned with those of the other lines."""

    image: ImageResult
    outcome: str | None
    score: str


@dataclass(frozen=True)
class RegionLine:
    """A region in the table. first_hit: points aligned with those of the other lines."""

    region: Region
    first_hit: str


@dataclass(frozen=True)
class SizeClass:
    """Regions of like size. hit: with any pixel found at the cut. recall: mean over regions."""

    label: str
    regions: int
    hit: int | None
    recall: float | None

    @property
    def hit_text(self) -> str:
        """How many are hit, with their share."""
        if self.hit is None:
            return ""
        return f"{count_text(self.hit)} ({share_text(self.hit, self.regions)})"


def outcome_of(image: ImageResult) -> str | None:
    """missed, false_alarm, found or cleared; None without a decision."""
    if image.decision is None:
        return None
    if image.anomalous:
        return "found" if image.decision else "missed"
    return "false_alarm" if image.decision else "cleared"


def confusions(images: Sequence[ImageResult]) -> list[Confusion]:
    """One for each category, and first one of all where there are several; empty if undecided."""
    counts: dict[str, Counter[str]] = {}
    for image in images:
        outcome = outcome_of(image)
        if outcome is not None:
            counts.setdefault(image.category or "", Counter())[outcome] += 1
    found = [Confusion(name, dict(counts[name])) for name in sorted(counts)]
    if len(found) > 1:
        whole = sum(counts.values(), Counter[str]())
        found.insert(0, Confusion("", dict(whole)))
    return found


def image_lines(images: Sequence[ImageResult]) -> list[ImageLine]:
    """Wrong decisions first, then by name; at most so many as a page can hold."""
    order = [*OUTCOMES, None]
    ranked = sorted(images, key=lambda image: (order.index(outcome_of(image)), image.image_path))
    ranked = ranked[:MOST_ROWS]
    texts = score_texts(image.score for image in ranked)
    return [
        ImageLine(image, outcome_of(image), text) for image, text in zip(ranked, texts, strict=True)
    ]


def region_lines(regions: Sequence[Region]) -> list[RegionLine]:
    """Lowest recall first, then those that need the lowest threshold; as many as fit."""
    ranked = sorted(
        regions,
        key=lambda one: (one.recall or 0.0, -(one.fpr or 0.0), one.image_path, one.number),
    )[:MOST_ROWS]
    texts = score_texts(region.first_hit for region in ranked)
    return list(map(RegionLine, ranked, texts))


def size_classes(regions: Sequence[Region]) -> list[SizeClass]:
    """Regions by size, each class four times as large as the one before."""
    classes: dict[tuple[int, int], list[Region]] = {}
    for region in regions:
        classes.setdefault(size_class(region.size), []).append(region)
    return [_size_class(size_text(*ends), classes[ends]) for ends in sorted(classes)]


def _size_class(label: str, regions: Sequence[Region]) -> SizeClass:
    recalls = [region.recall for region in regions if region.recall is not None]
    if len(recalls) < len(regions):
        return SizeClass(label, len(regions), None, None)
    hit = sum(recall > 0 for recall in recalls)
    return SizeClass(label, len(regions), hit, sum(recalls) / len(recalls))
