"""Rows of a table of truth, whatever it is written as: CSV, JSON, or a JSON document per line.

The content tells which; names of files do not. Columns are called as in the table, in small letters
and without the spaces around them.
"""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anomeval.json_objects import Repeated, unique
from anomeval.predictions.layouts.pixels import Unfit

Values = Mapping[str, object]

_DELIMITERS = ",;\t|"
_DEEPEST = 3  # lists of rows in objects: split, class
_META = "meta"
_ONE_OBJECT = "write one object for each image"
_SHOWN = 8  # names of columns in a message


@dataclass(frozen=True, slots=True)
class Row:
    """What a table tells of one image.

    place: where it stands, as messages name it. values: by column; None where nothing is told.
    prefix: what its paths are relative to. normal_class: that of images without a defect.
    fault: why it cannot be taken; values are empty then.
    """

    place: str
    values: Values
    prefix: str = ""
    normal_class: str | None = None
    fault: Unfit | None = None


def read_rows(path: str, known: Sequence[str]) -> list[Row]:
    """All rows of a table.

    Args:
        path: of the table.
        known: columns one of which must be there, in small letters; CSV is recognized by it.

    Raises:
        Unfit: it is no table, or has no such column, or a column twice.
        ValueError, OSError: it is damaged, or cannot be read.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise Unfit(f"is no UTF-8 text ({error.reason})", "save it as UTF-8") from None
    if not text.strip():
        raise Unfit("is empty", "write a row for each image")
    if text.lstrip()[0] in "[{":
        return list(_json_rows(text))
    return list(_csv_rows(text, known))


def columns_of(rows: Sequence[Row]) -> dict[str, None]:
    """The columns that any row has, in their order."""
    return {name: None for row in rows for name in row.values}


def listed(columns: Sequence[str]) -> str:
    """Names of columns for a message."""
    more = len(columns) - _SHOWN
    shown = ", ".join(map(repr, columns[:_SHOWN]))
    return (shown or "none") + (f" and {more} more" if more > 0 else "")


def _csv_rows(text: str, known: Sequence[str]) -> Iterator[Row]:
    """By the delimiter that makes one of the known columns."""
    headers = {delimiter: _header(text, delimiter) for delimiter in _DELIMITERS}
    fitting = [one for one, names in headers.items() if not set(names).isdisjoint(known)]
    if not fitting:
        what = f"names no image: the columns in its first line are {listed(headers[','])}"
        raise Unfit(what, f"call the column of paths {known[0]}")
    delimiter = max(fitting, key=lambda one: len(headers[one]))
    names = headers[delimiter]
    if twice := [name for name, count in Counter(names).items() if name and count > 1]:
        raise Unfit(f"has the column {twice[0]!r} twice", "keep one of them")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    next(filter(None, reader))
    line = reader.line_num
    try:
        for cells in reader:
            place, line = f"line {line + 1}", reader.line_num
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(names):
                what = f"has {len(cells)} cells, the first line of the table has {len(names)}"
                yield Row(place, {}, fault=Unfit(what, "write all cells of every row"))
                continue
            pairs = zip(names, cells, strict=True)
            yield Row(place, {name: cell.strip() or None for name, cell in pairs if name})
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def _header(text: str, delimiter: str) -> list[str]:
    """The cells of the first line that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [cell.strip().lower() for cell in next(filter(None, reader), [])]
    except csv.Error:
        return []


def _json_rows(text: str) -> Iterator[Row]:
    try:
        document = _parsed(text)
    except json.JSONDecodeError:
        lines = list(_lines(text))
        try:
            _parsed(lines[0][1])
        except json.JSONDecodeError:
            lines = []
        if len(lines) < 2:  # one document, and damaged
            raise
        yield from (_row_of_line(number, line) for number, line in lines)
        return
    if isinstance(document, list):
        document = {"": document}
    if isinstance(document, _Twice) or not _holds_rows(document):
        yield _row("its object", document)
        return
    meta = document.get(_META)
    meta = meta if isinstance(meta, dict) else {}
    prefix, normal_class = str(meta.get("prefix") or ""), meta.get("normal_class")
    for name, value in document.items():
        if name != _META:
            for place, row in _nested(name, value):
                yield _row(place, row, prefix, None if normal_class is None else str(normal_class))


def _holds_rows(document: Mapping[str, Any]) -> bool:
    """Whether an object is one of splits, and not a row itself."""
    return any(isinstance(value, list | dict | _Twice) for value in document.values())


def _nested(name: str, value: object, depth: int = 1) -> Iterator[tuple[str, object]]:
    """The rows in a list, or in lists in an object, with their places: `test.bottle, row 3`."""
    if isinstance(value, list):
        where = f"{name}, " if name else ""
        yield from ((f"{where}row {number}", row) for number, row in enumerate(value, start=1))
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _nested(f"{name}.{key}", inner, depth + 1)
    elif isinstance(value, _Twice):
        yield name, value


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _row_of_line(number: int, line: str) -> Row:
    place = f"line {number}"
    try:
        return _row(place, _parsed(line))
    except json.JSONDecodeError as error:
        return Row(place, {}, fault=Unfit(f"is no JSON ({error.msg})", _ONE_OBJECT))


def _row(place: str, row: object, prefix: str = "", normal_class: str | None = None) -> Row:
    if isinstance(row, _Twice):
        fault = Unfit(f"has {row.name!r} twice", "keep one of them")
        return Row(place, {}, fault=fault)
    if not isinstance(row, dict):
        return Row(place, {}, fault=Unfit("is no row of named values", _ONE_OBJECT))
    values = {name.strip().lower(): _told(value) for name, value in row.items()}
    if len(values) < len(row):
        return Row(place, {}, fault=Unfit("has a column twice", "keep one of them"))
    return Row(place, values, prefix, normal_class)


def _told(value: object) -> object:
    """A value; None where an empty text or NaN says that there is none."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if isinstance(value, float) and math.isnan(value) else value


@dataclass(frozen=True, slots=True)
class _Twice:
    """In the place of an object in which a name stands twice."""

    name: str


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Twice:
    try:
        return unique(pairs)
    except Repeated as error:
        return _Twice(error.name)
