"""What the header of a file tells: which array plays which role, and how it is stored."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TypeVar

from anomeval.errors import Problem
from anomeval.predictions.column import Column
from anomeval.predictions.fields import PIXEL_FIELDS, row_shape
from anomeval.predictions.inspection.report import FieldReport, FileReport, Finding
from anomeval.predictions.layout import Table
from anomeval.predictions.record import FIELDS
from anomeval.predictions.stored import Examination

T = TypeVar("T")

_WORTH_COMPRESSING = 1 << 20  # bytes
_GZIP_COMMAND = "write it with anomeval.Writer, or h5repack -f SHUF -f GZIP=1"


def file_report(examined: Examination) -> FileReport:
    """Describe a file, sound or not, as far as its header was understood."""
    tables = examined.layout.tables
    return FileReport(
        path=examined.path,
        format=examined.format.name,
        layout=examined.layout.name,
        images=None if examined.problems and not examined.entries else len(examined.entries),
        fields=tuple(_field_reports(tables)),
        ignored=tuple(str(column) for column in examined.layout.ignored),
        attributes=_plain(examined.attributes),
    )


def header_findings(examined: Examination) -> Iterator[Finding]:
    """Problems of the file, and advice on how it is stored."""
    for problem in examined.problems:
        yield problem_finding("invalid_file", problem)
    for field in _field_reports(examined.layout.tables):
        for code, message, remedy in _storage_advice(field):
            yield Finding("note", code, f"{field.field} {message}", remedy, examined.path)
    if str(examined.attributes.get("score_space", "")).startswith("normalized"):
        message = "the file says that its scores are normalized"
        remedy = "evaluate raw scores: normalizing clamps them and makes ties"
        yield Finding("warning", "normalized_scores", message, remedy, examined.path)
    if examined.entries and not all(entry.named for entry in examined.entries):
        message = "images have no image_path and are known by their position only"
        remedy = "store image_path, so that runs can be paired and overlaps be seen"
        yield Finding("note", "named_by_position", message, remedy, examined.path)


def problem_finding(code: str, problem: Problem) -> Finding:
    """A problem that stops an evaluation, as a finding."""
    whole = Problem(problem.what, None, problem.field, problem.index, problem.image)
    return Finding("error", code, str(whole), problem.remedy, problem.file)


def _field_reports(tables: Sequence[Table]) -> Iterator[FieldReport]:
    for field in FIELDS:
        with_field = [table for table in tables if field in table.roles.columns]
        columns = [table.roles.columns[field] for table in with_field]
        if columns:
            names = dict.fromkeys(column.name.rpartition("/")[2] for column in columns)
            kinds = dict.fromkeys(column.type_text for column in columns)
            yield FieldReport(
                field=field,
                stored_as=", ".join(names),
                shape=_common_shape(columns, single=with_field[0].single),
                dtype=", ".join(kinds),
                compression=_common([column.compression for column in columns]),
                chunks=_common([column.chunks for column in columns]),
                stored_bytes=sum(column.stored_bytes for column in columns),
            )


def _common_shape(columns: Sequence[Column], *, single: bool) -> tuple[int | None, ...]:
    """All images first, then what the images have in common."""
    rows = [row_shape(column, single=single) or () for column in columns]
    count = len(columns) if single else sum(column.shape[0] for column in columns if column.shape)
    same_rank = [row for row in rows if len(row) == len(rows[0])]
    lengths = zip(*same_rank, strict=True) if len(same_rank) == len(rows) else ()
    return (count, *(_common(list(axis)) for axis in lengths))


def _common(values: Sequence[T | None]) -> T | None:
    return values[0] if len(set(values)) == 1 else None


def _storage_advice(field: FieldReport) -> Iterator[tuple[str, str, str]]:
    if field.field not in PIXEL_FIELDS:
        return
    if "float64" in field.dtype:
        remedy = "float32 halves the file, float16 quarters it; Writer(path, dtype='float32')"
        yield "float64_storage", "is stored as float64, which detectors do not need", remedy
    if field.compression is None and (field.stored_bytes or 0) >= _WORTH_COMPRESSING:
        size = f"{(field.stored_bytes or 0) / 1e6:.0f} MB"
        yield "uncompressed", f"is stored uncompressed ({size})", _GZIP_COMMAND
    if field.chunks and len(field.chunks) > 2 and field.chunks[0] != 1:
        chunks = " x ".join(map(str, field.chunks))
        remedy = "chunks of one image (1, H, W) are read fastest and with the least memory"
        yield "chunks", f"is stored in chunks of {chunks}, across images", remedy


def _plain(attributes: Mapping[str, object]) -> dict[str, str | int | float | bool]:
    """Attributes as strict JSON can hold them."""
    return {
        name: value
        if isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
        else str(value)
        for name, value in attributes.items()
    }
