"""From the small columns of a table to one entry for each image."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.checks import header_problems, image_count
from anomeval.predictions.column import Store
from anomeval.predictions.decoding import DECODERS, Decoded, Fault
from anomeval.predictions.faults import reading
from anomeval.predictions.layout import Table
from anomeval.predictions.record import ImageEntry

Values = Mapping[str, Sequence[Any]]


class TableRead(NamedTuple):
    """What the small columns of a table hold.

    entries: one for each image; None in the place of each value that cannot be taken. Empty where
        there are problems.
    problems: of the table as a whole.
    wrong: of values of single images, each with the `index` of its image.
    told: the same in few words, the first of each field, and how many more there are.
    """

    entries: list[ImageEntry]
    problems: list[Problem]
    wrong: list[Problem]
    told: list[Problem]


def read_table(path: str, store: Store, table: Table, first: int) -> TableRead:
    """The images of one table, and all that is wrong with them.

    Images without an `image_path` get an empty identity; `positional` fills it in.

    Args:
        first: position in the file of the table's first image.
    """
    header = header_problems(path, table)
    problems = [problem for group in header.values() for problem in group]
    found: dict[str, Decoded] = {}
    for field, decode in DECODERS.items():
        column = table.roles.columns.get(field)
        if column is None or field in header:
            continue
        try:
            with reading(path, table.place(field), image=table.key):
                found[field] = decode(store.values(column).reshape(-1))
        except InvalidInputError as error:
            problems += error.problems
    values = {field: decoded.values for field, decoded in found.items()}

    def problem(field: str, fault: Fault) -> Problem:
        name = table.key
        if name is None and "image_path" in values:
            name = values["image_path"][fault.index]
        place = (path, table.place(field), first + fault.index, name)
        return Problem(fault.what, *place, fault.remedy)

    return TableRead(
        entries=[] if problems else _entries(path, table, values, first),
        problems=problems,
        wrong=[problem(field, fault) for field in found for fault in found[field].faults],
        told=[problem(field, fault) for field in found if (fault := found[field].fault)],
    )


def _entries(path: str, table: Table, values: Values, first: int) -> list[ImageEntry]:
    def value(field: str, row: int, default: str | None) -> Any:
        return values[field][row] if field in values else default

    return [
        ImageEntry(
            file=path,
            index=first + row,
            identity=value("image_path", row, None) or table.key or "",
            named=value("image_path", row, None) is not None or table.key is not None,
            score=value("pred_score", row, None),
            label=value("gt_label", row, None),
            category=value("category", row, None) or table.category,
            defect_type=value("defect_type", row, None),
            group_id=value("group_id", row, None),
        )
        for row in range(image_count(table))
    ]
