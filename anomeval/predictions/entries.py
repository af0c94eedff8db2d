"""From the small columns of a table to one entry for each image."""

from collections.abc import Mapping, Sequence
from typing import Any

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.checks import header_problems, image_count
from anomeval.predictions.column import Store
from anomeval.predictions.decoding import DECODERS
from anomeval.predictions.faults import reading
from anomeval.predictions.layout import Table
from anomeval.predictions.record import ImageEntry

Values = Mapping[str, Sequence[Any]]


def read_table(
    path: str, store: Store, table: Table, first: int
) -> tuple[list[ImageEntry], list[Problem]]:
    """The images of one table, or all that is wrong with it.

    Images without an `image_path` get an empty identity; `positional` fills it in.

    Args:
        first: position in the file of the table's first image.
    """
    faults = header_problems(path, table)
    problems = [problem for group in faults.values() for problem in group]
    values: dict[str, Sequence[Any]] = {}
    for field, decode in DECODERS.items():
        column = table.roles.columns.get(field)
        if column is None or field in faults:
            continue
        try:
            with reading(path, table.place(field), image=table.key):
                decoded = decode(store.values(column).reshape(-1))
        except InvalidInputError as error:
            problems += error.problems
            continue
        values[field] = decoded.values
        if fault := decoded.fault:
            place = (path, table.place(field), first + fault.index, table.key)
            problems.append(Problem(fault.what, *place, fault.remedy))
    return ([] if problems else _entries(path, table, values, first)), problems


def _entries(path: str, table: Table, values: Values, first: int) -> list[ImageEntry]:
    def value(field: str, row: int, default: str | None) -> Any:
        return values[field][row] if field in values else default

    return [
        ImageEntry(
            file=path,
            index=first + row,
            identity=value("image_path", row, table.key or ""),
            named="image_path" in values or table.key is not None,
            score=value("pred_score", row, None),
            label=value("gt_label", row, None),
            category=value("category", row, None) or table.category,
            defect_type=value("defect_type", row, None),
            group_id=value("group_id", row, None),
        )
        for row in range(image_count(table))
    ]
