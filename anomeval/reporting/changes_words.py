"""What changed side, in words that verdicts and comparisons share."""

from collections.abc import Sequence

from anomeval.names import clean_name
from anomeval.reporting.changes import (
    LOSSES,
    Changes,
    ImageChange,
    RegionChange,
    kind_of,
    losses_by_kind,
)
from anomeval.reporting.numerals import count_text, counted, score_text

_SIDES = {
    "missed": "missed",
    "false_alarm": "false alarm",
    "found": "found",
    "cleared": "cleared",
}


def tally_text(changes: Changes) -> str:
    """How many images and regions changed side; empty where none did."""
    counts = changes.tally()
    words = (
        ("missed images", "newly missed image"),
        ("false_alarm images", "new false alarm"),
        ("missed regions", "newly missed region"),
        ("found images", "newly found image"),
        ("cleared images", "cleared false alarm"),
        ("found regions", "newly found region"),
    )
    return ", ".join(counted(counts[key], text) for key, text in words if counts[key])


def loss_rows(changes: Changes) -> list[tuple[str, ...]]:
    """Titles, and a row of what was lost for each category and defect type, most first."""
    titles = ("", "missed images", "false alarms", "missed regions", "largest, pixels")
    rows: list[tuple[str, ...]] = [titles]
    for loss in losses_by_kind(changes):
        numbers = (loss.images, loss.false_alarms, loss.regions, loss.largest)
        name = clean_name(loss.kind) if loss.kind else "all"
        rows.append((name, *(count_text(number) if number else "" for number in numbers)))
    return rows


def loss_texts(changes: Changes, most: int) -> list[str]:
    """Images and regions that were lost, worst first, at most so many of each."""
    return _texts(changes.lost_images(), changes.lost_regions(), most)


def gain_texts(changes: Changes, most: int) -> list[str]:
    """Images and regions that were won, best first, at most so many of each."""
    images = [change for change in changes.images if change.side not in LOSSES]
    regions = [change for change in changes.regions if change.side == "found"]
    return _texts(images, regions, most)


def _texts(images: Sequence[ImageChange], regions: Sequence[RegionChange], most: int) -> list[str]:
    return [
        *_bounded([_image_text(change) for change in images], most, "image"),
        *_bounded([_region_text(change) for change in regions], most, "region"),
    ]


def _image_text(change: ImageChange) -> str:
    """`missed: bottle/test/crack/003.png (bottle/crack, 413 anomalous pixels)`."""
    size = counted(change.size, "anomalous pixel") if change.size else ""
    path = clean_name(change.image_path)
    return f"{_SIDES[change.side]}: {path}{_remark(_kind(change), size)}"


def _region_text(change: RegionChange) -> str:
    """`missed: region 2 of bottle/test/crack/003.png (bottle/crack, 413 pixels, 83 % → 0 %)`."""
    found = f"{score_text(100 * change.before)} % → {score_text(100 * change.after)} % found"
    place = f"region {change.number} of {clean_name(change.image_path)}"
    size = counted(change.size, "pixel")
    return f"{_SIDES[change.side]}: {place}{_remark(_kind(change), size, found)}"


def _kind(change: ImageChange | RegionChange) -> str:
    kind = kind_of(change)
    return clean_name(kind) if kind else ""


def _remark(*parts: str) -> str:
    known = ", ".join(filter(None, parts))
    return f" ({known})" if known else ""


def _bounded(texts: Sequence[str], most: int, noun: str) -> list[str]:
    more = len(texts) - most
    return [*texts[:most], f"and {counted(more, f'more {noun}')}"] if more > 0 else list(texts)
