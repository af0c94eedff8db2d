"""What must hold of a table before a value is read, whichever format it is in."""

from collections.abc import Iterator, Mapping
from math import prod

from anomeval.errors import Problem
from anomeval.predictions.column import Column, shape_text, without_channel
from anomeval.predictions.faults import WRITE_AGAIN
from anomeval.predictions.fields import (
    LIST_FIELDS,
    PIXEL_FIELDS,
    TEXT_FIELDS,
    has_fitting_rank,
    row_shape,
)
from anomeval.predictions.layout import Layout, Table

CORE_FIELDS = ("anomaly_map", "pred_score", "gt_label", "gt_mask")
_MAP_TYPES = ("float16", "float32", "float64", "uint8", "uint16")
_LARGEST_NUMBER = 8  # bytes; a longer float would be rounded
_PLAUSIBLE = 1 << 26  # bytes of a small column that need not be backed by stored ones
_AXES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(PIXEL_FIELDS, ("H", "W")),
    **dict.fromkeys(LIST_FIELDS, ("K",)),
}
_IMAGES = 1 << 20  # that need not be backed by a stored byte each
_NEVER_EMPTY = ("anomaly_map", "pred_score", "gt_label")
"""Fields of which HDF5 would make zeros where nothing was written; a mask may be empty."""

_LARGEST_RATIO = 1100  # deflate packs no better than 1 : 1032


def image_count(table: Table) -> int:
    """How many images a sound table holds."""
    if table.single:
        return 1
    return next(iter(table.roles.columns.values())).shape[0]


def map_shape(column: Column, *, single: bool) -> tuple[int, int]:
    """(H, W) of the images in a column of maps or masks, without the one channel."""
    height, width = without_channel(row_shape(column, single=single) or ())
    return height, width


def header_problems(path: str, table: Table) -> dict[str, list[Problem]]:
    """The problems of each field; the empty name holds those of the table as a whole.

    A field that is not among the keys is sound in shape and type.
    """
    found: dict[str, list[Problem]] = {}
    for field, column in table.roles.columns.items():
        problems = [
            Problem(what, path, table.place(field), image=table.key, remedy=remedy)
            for what, remedy in field_faults(field, column, single=table.single)
        ]
        if problems:
            found[field] = problems
    whole = [
        Problem(what, path, table.category, image=table.key, remedy=remedy)
        for what, remedy in _table_faults(table)
    ]
    return found | ({"": whole} if whole else {})


def ragged_problems(path: str, layout: Layout) -> list[Problem]:
    """Samples are rows of one table: a field that some have and others lack is a problem."""
    if layout.name != "samples":
        return []
    problems: list[Problem] = []
    for field in CORE_FIELDS:
        without = [table for table in layout.tables if field not in table.roles.columns]
        if without and len(without) < len(layout.tables):
            what = f"is missing in {len(without)} of {len(layout.tables)} samples"
            remedy = "give it to every sample; the mask of a normal image is all zeros"
            problems.append(Problem(what, path, field, image=without[0].key, remedy=remedy))
    return problems


def field_faults(field: str, column: Column, *, single: bool) -> Iterator[tuple[str, str]]:
    """(what, remedy) for all that is wrong with the array of a field, as its header has it."""
    if column.refusal:
        yield column.refusal.what, column.refusal.remedy
        return
    if column.dtype.hasobject and not column.text:
        yield _OBJECT_FAULT
        return
    if not has_fitting_rank(field, column, single=single):
        yield _rank_fault(field, column, single)
    elif field in PIXEL_FIELDS and 0 in map_shape(column, single=single):
        yield f"has images without pixels ({shape_text(column.shape)})", "write images of 1 x 1 up"
    if column.in_columns and field in PIXEL_FIELDS and not single:
        yield _FORTRAN_FAULT
    yield from _TYPE_CHECKS[field](column)
    if not single and column.shape and column.shape[0] > _IMAGES + column.stored_bytes:
        what = f"declares {column.shape[0]} images and stores {column.stored_bytes} bytes"
        yield what, WRITE_AGAIN
    if column.unwritten and field in _NEVER_EMPTY:
        yield f"was not written to the end: {column.unwritten}", WRITE_AGAIN
    declared = prod(column.shape) * column.dtype.itemsize
    if field not in PIXEL_FIELDS and declared > _PLAUSIBLE + _LARGEST_RATIO * column.stored_bytes:
        yield f"declares {declared} bytes and stores {column.stored_bytes}", WRITE_AGAIN


_OBJECT_FAULT = (
    "holds objects, which are not read (unpickling them could run code)",
    "save numbers as plain arrays and texts as np.asarray(texts, dtype=str)",
)


_FORTRAN_FAULT = (
    "is in Fortran order, so no image can be read without reading all",
    "save it with np.ascontiguousarray(array)",
)


def _rank_fault(field: str, column: Column, single: bool) -> tuple[str, str]:
    rows = "" if single else "N"
    axes = [rows, *_AXES.get(field, ())]
    wanted = " x ".join(axis for axis in axes if axis) or "a scalar"
    what = f"must be {wanted}, is {shape_text(column.shape)}"
    if len(column.shape) == 4 and field in PIXEL_FIELDS:
        return what, "keep one channel"
    if len(column.shape) == 2 and field in PIXEL_FIELDS and not single:
        return what, "add the axis of images: array[None]"
    return what, f"reshape it, or name another array with --field {field}=NAME"


def _map_type(column: Column) -> Iterator[tuple[str, str]]:
    if column.text or column.dtype.name not in _MAP_TYPES:
        yield (
            f"is {column.type_text}, must be one of {', '.join(_MAP_TYPES)}",
            "save raw scores with array.astype(np.float32)",
        )


def _mask_type(column: Column) -> Iterator[tuple[str, str]]:
    if column.text or column.dtype.kind not in "biuf":
        yield f"is {column.type_text}, must be numbers", "save it with mask.astype(np.uint8)"


def _list_type(column: Column) -> Iterator[tuple[str, str]]:
    if column.text or column.dtype.kind not in "iu":
        yield (
            f"is {column.type_text}, must be whole numbers of pixels",
            "save it with saturation.astype(np.uint32), relative thresholds times the area",
        )


def _score_type(column: Column) -> Iterator[tuple[str, str]]:
    kind, size = column.dtype.kind, column.dtype.itemsize
    if column.text or kind not in "biuf" or size > _LARGEST_NUMBER:
        yield (
            f"is {column.type_text}, must be numbers of at most 64 bits",
            "save it with scores.astype(np.float64)",
        )


def _label_type(column: Column) -> Iterator[tuple[str, str]]:
    if column.text or column.dtype.kind not in "biuf":
        yield f"is {column.type_text}, must be 0 (normal) or 1 (anomalous)", "save numbers"


def _text_type(column: Column) -> Iterator[tuple[str, str]]:
    if not column.text and column.dtype.kind not in "iu":
        yield (
            f"is {column.type_text}, must be text",
            "save it with np.asarray(texts, dtype=str), in HDF5 with dtype=h5py.string_dtype()",
        )


_TYPE_CHECKS = {
    "anomaly_map": _map_type,
    "gt_mask": _mask_type,
    "gt_saturation": _list_type,
    "pred_score": _score_type,
    "gt_label": _label_type,
    **dict.fromkeys(TEXT_FIELDS, _text_type),
}


def _table_faults(table: Table) -> Iterator[tuple[str, str]]:
    columns = table.roles.columns
    ambiguous = {problem.field for problem in table.roles.problems}
    if not {"anomaly_map", "pred_score"} & (columns.keys() | ambiguous):
        yield (
            f"has neither anomaly_map nor pred_score, only {', '.join(columns) or 'nothing'}",
            "add one of them, or name it with --field anomaly_map=NAME",
        )
    if "gt_saturation" in columns and "gt_mask" not in columns.keys() | ambiguous:
        yield "has gt_saturation without gt_mask", "add the mask, whose bits are the defects"
    lengths = {
        field: column.shape[0]
        for field, column in columns.items()
        if not table.single and column.shape and not column.refusal
    }
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{field} {count}" for field, count in lengths.items())
        yield f"fields differ in the number of images: {counts}", "write one row for each image"
