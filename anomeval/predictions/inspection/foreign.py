"""What is told of predictions in a layout of others, which have no header to describe."""

from collections.abc import Iterator, Sequence

from anomeval.predictions.inspection.look import Look
from anomeval.predictions.inspection.report import FieldReport, FileReport
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.registry import layout_for
from anomeval.predictions.record import PredictionFile


def foreign_report(file: PredictionFile, reading: Reading, looks: Sequence[Look]) -> FileReport:
    """Describe a folder of maps by what was seen of its images.

    Args:
        file: the folder, opened.
        reading: as the user asked for it.
        looks: of all images that could be read, in any file.
    """
    layout = layout_for(file.path, reading)
    title = layout.title if layout else None
    own = [look for look in looks if look.entry.file == file.path]
    fields = tuple(_field(field, place, own) for field, place in file.fields.items())
    return FileReport(file.path, title, None, len(file.entries), fields)


def _field(field: str, place: str, looks: Sequence[Look]) -> FieldReport:
    sizes = list(_sizes(field, looks))
    types = dict.fromkeys(look.map.dtype.name for look in looks if look.map)
    return FieldReport(
        field=field,
        stored_as=place,
        shape=(len(looks), *_common(sizes)),
        dtype=", ".join(types) if field == "anomaly_map" else "",
        compression=None,
        chunks=None,
        stored_bytes=None,
    )


def _sizes(field: str, looks: Sequence[Look]) -> Iterator[tuple[int, int]]:
    for look in looks:
        if field == "anomaly_map" and look.map:
            yield look.map.size
        if field == "gt_mask" and look.mask:
            yield look.mask.size


def _common(sizes: Sequence[tuple[int, int]]) -> tuple[int | None, ...]:
    """The size of all images; None for a length that differs."""
    lengths = (set(axis) for axis in zip(*sizes, strict=True))
    return tuple(axis.pop() if len(axis) == 1 else None for axis in lengths)
