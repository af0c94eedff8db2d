"""Images that do not seem to belong together, or to be what they are said to be.

Each of these can be meant, so none is refused; but a number is not believed without knowing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from anomeval.evidence.images import ImageRow
from anomeval.names import clean_name
from anomeval.predictions.guessing import different_files, told_category
from anomeval.predictions.record import ImageEntry
from anomeval.reporting.numerals import counted
from anomeval.reporting.result import Caution
from anomeval.workflows.collection import Collection

_FEW_PIXELS = 16
"""Maps of fewer pixels may be equal by chance."""

_SHOWN = 5
"""Names of categories."""

_INTEGER_MAPS = {"uint8_map": "uint8", "uint16_map": "uint16"}


def mixture_cautions(
    collection: Collection, rows: Sequence[ImageRow], *, pool: bool
) -> list[Caution]:
    """What is odd about the images of a data set as a whole, in whatever order they came.

    Args:
        collection: the evidence.
        rows: of all its images, in canonical order.
        pool: that images of all categories share a curve and a threshold is meant.
    """
    return [
        *([] if pool else _without_category(rows)),
        *_mixed_map_types(collection),
        *_constant_maps(collection, rows),
        *_repeated_maps(rows),
    ]


def _without_category(rows: Sequence[ImageRow]) -> Iterator[Caution]:
    """Images that name no category, beside others that do, or of several by paths and files."""
    without = [row.entry for row in rows if not row.entry.category]
    kinds = _kinds(without)
    seem = f"seem to be of {len(kinds)} ({_first(kinds)})" if len(kinds) > 1 else ""
    if 0 < len(without) < len(rows):
        files = _some(sorted({entry.file for entry in without}))
        message = (
            f"{counted(len(without), 'image')} without category among others that have one "
            f"({files})" + (f", which {seem}" if seem else "") + ": they count as a category of "
            "their own; give every image its category, or none"
        )
        yield Caution("partial_category", message)
    elif seem:
        message = (
            f"images without category {seem}, and share one curve and one threshold: write the "
            "category of each image, or say --pool if that is meant"
        )
        yield Caution("pooled_categories", message)


def _kinds(entries: Sequence[ImageEntry]) -> list[str]:
    """The categories that paths of images tell, or else files, sorted."""
    told = {told_category(entry.identity) if entry.named else None for entry in entries}
    kinds = sorted(kind for kind in told if kind is not None)
    if len(kinds) < 2 and None in told:
        unknown = {e.file for e in entries if not (e.named and told_category(e.identity))}
        kinds = different_files(unknown) or kinds
    return kinds


def _mixed_map_types(collection: Collection) -> Iterator[Caution]:
    """Maps of integers and of floats are hardly on one scale: 8 bits reach to 255."""
    for category in collection.categories:
        counts = _map_types(collection, category)
        if len(counts) > 1:
            place = f"{clean_name(category)}: " if category else ""
            found = " and ".join(f"{count} of {kind}" for kind, count in counts.items())
            message = (
                f"{place}anomaly maps of several types are ranked together ({found}): "
                "check that their scores have one scale"
            )
            yield Caution("mixed_map_types", message)


def _map_types(collection: Collection, category: str | None) -> Mapping[str, int]:
    """How many images of a category have maps of floats, uint8 and uint16; only what there is."""
    cells = [evidence for cell, evidence in collection.cells.items() if cell.category == category]
    counts = {
        kind: sum(evidence.observations[code] for evidence in cells)
        for code, kind in _INTEGER_MAPS.items()
    }
    maps = sum(_has_map(row) for evidence in cells for row in evidence.images)
    counts = {"float": maps - sum(counts.values()), **counts}
    return {kind: count for kind, count in counts.items() if count > 0}


def _has_map(row: ImageRow) -> bool:
    return row.map_digest is not None or row.pixels > 0


def _constant_maps(collection: Collection, rows: Sequence[ImageRow]) -> Iterator[Caution]:
    count = collection.observations()["constant_map"]
    if not count:
        return
    constant = [row for row in rows if row.map_digest is None and row.pixels > 1]
    names = f" ({_some([row.entry.identity for row in constant])})" if constant else ""
    message = (
        f"{counted(count, 'image')} with an anomaly map of one value only{names}: check that the "
        "model's output was saved, and not an empty array, or a file whose writer stopped midway"
    )
    yield Caution("constant_map", message)


def _repeated_maps(rows: Sequence[ImageRow]) -> Iterator[Caution]:
    same: dict[str, list[ImageRow]] = defaultdict(list)
    for row in rows:
        if row.map_digest is not None and not 0 < row.pixels < _FEW_PIXELS:
            same[row.map_digest].append(row)
    groups = [group for group in same.values() if len(group) > 1]
    if not groups:
        return
    pairs = [f"{group[1].entry.identity} as {group[0].entry.identity}" for group in groups]
    unlike = sum(len({(row.anomalous, row.mask_digest) for row in group}) > 1 for group in groups)
    truth = f"; {counted(unlike, 'such map')} with different ground truth" if unlike else ""
    message = (
        f"{counted(sum(map(len, groups)) - len(groups), 'image')} with the same anomaly map, pixel "
        f"by pixel, as another image ({_some(pairs)}){truth}: check whether images are in the data "
        "under two names, or a batch was written twice"
    )
    yield Caution("repeated_map", message)


def _some(names: Sequence[str]) -> str:
    """The first of several names, and how many more there are."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return clean_name(names[0]) + more


def _first(names: Sequence[str]) -> str:
    """The first few of several names."""
    return ", ".join(map(clean_name, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
