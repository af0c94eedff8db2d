"""The rows of images and the observations about them, in a state file.

Rows stand in canonical order, so that the number of a row is the same in every file with the same
content; whatever else a file tells about single images refers to them by this number.

Images, column by column:

    files                the distinct paths of prediction files, ascending
    of each image        number of its file, index in the file, image_path, whether the file named
                         it, pred_score, gt_label (0 unknown, 1 normal, 2 anomalous), category,
                         defect_type, group_id, whether it is anomalous, its score, its counted
                         pixels and anomalous pixels, digests of map and mask, the highest score of
                         its map, by which values its mask marks pixels, how many are ignored

Observations: their codes, ascending; then how many images gave rise to each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow, by_identity
from anomeval.evidence.state_stream import DamagedError, Reader, Writer
from anomeval.predictions.masks import Marks, is_marks
from anomeval.predictions.record import ImageEntry

_LABELS = (None, False, True)
_MOST_PIXELS = 1 << 62  # so that no sum of counts can overflow


def write_images(writer: Writer, rows: Iterable[ImageRow]) -> None:
    """Write all rows in canonical order."""
    rows = by_identity(rows)
    entries = [row.entry for row in rows]
    files = sorted({entry.file for entry in entries})
    numbers = {file: number for number, file in enumerate(files)}
    writer.texts(files)
    writer.whole([numbers[entry.file] for entry in entries])
    _write_entries(writer, entries)
    writer.flags([row.anomalous for row in rows])
    writer.reals([row.score for row in rows])
    writer.whole([row.pixels for row in rows])
    writer.whole([row.anomalous_pixels for row in rows])
    writer.texts([row.map_digest for row in rows])
    writer.texts([row.mask_digest for row in rows])
    writer.reals([row.peak for row in rows])
    writer.texts([row.marks for row in rows])
    writer.whole([row.ignored_pixels for row in rows])


def read_images(reader: Reader) -> list[ImageRow]:
    """Read all rows, in the order in which they were written."""
    entries = _read_entries(reader)
    count = len(entries)
    rows = list(
        map(
            ImageRow,
            entries,
            reader.flags(count),
            reader.reals(count),
            reader.whole(count),
            reader.whole(count),
            reader.texts(count),
            reader.texts(count),
            reader.reals(count),
            _read_marks(reader, count),
            reader.whole(count),
        )
    )
    if any(row.anomalous_pixels > row.pixels for row in rows):
        raise DamagedError("an image has more anomalous pixels than pixels")
    if sum(row.pixels + row.ignored_pixels for row in rows) >= _MOST_PIXELS:
        raise DamagedError("images have more pixels than can be")
    return rows


def renamed(rows: Iterable[ImageRow], names: Mapping[str, str]) -> list[ImageRow]:
    """The same rows, those that are known by position under the names of their files.

    Args:
        rows: any rows.
        names: path of a prediction file → what its images are called after: `name#index`.
    """
    return [
        row
        if row.entry.named or row.entry.file not in names
        else replace(row, entry=_renamed(row.entry, names[row.entry.file]))
        for row in rows
    ]


def write_observations(writer: Writer, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Write how many images gave rise to each observation."""
    observations = evidence.observations
    present = sorted(code for code, count in observations.items() if count)
    writer.texts(present)
    writer.whole([observations[code] for code in present])


def read_observations(reader: Reader, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Read how many images gave rise to each observation."""
    codes = reader.known_texts()
    counts = reader.whole(len(codes))
    if max(counts, default=0) > len(rows):
        raise DamagedError("more observations than images")
    evidence.observations = Counter(dict(zip(codes, counts, strict=True)))


def _write_entries(writer: Writer, entries: Sequence[ImageEntry]) -> None:
    writer.whole([entry.index for entry in entries])
    writer.texts([entry.identity for entry in entries])
    writer.flags([entry.named for entry in entries])
    writer.reals([entry.score for entry in entries])
    writer.whole([_LABELS.index(entry.label) for entry in entries])
    writer.texts([entry.category for entry in entries])
    writer.texts([entry.defect_type for entry in entries])
    writer.texts([entry.group_id for entry in entries])


def _read_entries(reader: Reader) -> list[ImageEntry]:
    files = reader.known_texts()
    numbers = reader.whole()
    count = len(numbers)
    if max(numbers, default=-1) >= len(files):
        raise DamagedError("an image is of no file")
    return list(
        map(
            ImageEntry,
            [files[number] for number in numbers],
            reader.whole(count),
            reader.known_texts(count),
            reader.flags(count),
            reader.reals(count),
            _read_labels(reader, count),
            reader.texts(count),
            reader.texts(count),
            reader.texts(count),
        )
    )


def _read_labels(reader: Reader, count: int) -> list[bool | None]:
    numbers = reader.whole(count)
    if max(numbers, default=0) >= len(_LABELS):
        raise DamagedError("a label is none")
    return [_LABELS[number] for number in numbers]


def _read_marks(reader: Reader, count: int) -> list[Marks]:
    marks = reader.known_texts(count)
    if not all(map(is_marks, marks)):
        raise DamagedError("a mask marks pixels by values that are none")
    return marks


def _renamed(entry: ImageEntry, name: str) -> ImageEntry:
    return replace(entry, identity=f"{name}#{entry.index}")
