"""JSON documents of ours: written strictly, read with every problem named by its place."""

import json
import re
from functools import cache
from math import inf, isinf
from pathlib import Path
from typing import Any

from anomeval.errors import InvalidInputError, Problem
from anomeval.json_objects import Repeated, unique

_INFINITIES = {"inf": inf, "-inf": -inf}
_MESSAGE_SHOWN = 200
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Document = dict[str, Any]


class Lines(list[Any]):
    """A list at the top of a document that is written with one entry per line."""


def written(document: Document) -> str:
    """The document as strict JSON: floats with all digits, keys in the order given.

    Raises:
        ValueError: it holds a NaN, or an infinity that `number` has not made a text of.
    """
    members = ",\n".join(f"  {_dumped(key)}: {_member(value)}" for key, value in document.items())
    text = f"{{\n{members}\n}}\n"
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _member(value: object) -> str:
    if isinstance(value, Lines) and value:
        lines = ",\n".join(f"    {_dumped(entry, separators=(',', ':'))}" for entry in value)
        return f"[\n{lines}\n  ]"
    return _dumped(value, indent=2).replace("\n", "\n  ")  # strings hold no bare line breaks


def _dumped(value: object, **layout: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, **layout)


def number(value: float) -> float | str:
    """A number as JSON can hold it: infinities become "inf" and "-inf"."""
    value = float(value)
    return repr(value) if isinf(value) else value


def plain(value: object) -> object:
    """A value with all that it holds as JSON can hold it."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


def read_number(value: float | str) -> float:
    """What `number` wrote."""
    return _INFINITIES[value] if isinstance(value, str) else float(value)


def read_text(path: str | Path) -> str:
    """A text file of ours.

    Raises:
        InvalidInputError: it cannot be read, or is not UTF-8.
    """
    try:
        return Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise InvalidInputError(Problem(error.strerror or str(error), str(path))) from None
    except UnicodeDecodeError:
        raise InvalidInputError(Problem("is not a text file", str(path))) from None


def read(text: str, where: str, schema: str) -> Document:
    """A document that obeys its schema.

    Args:
        text: JSON.
        where: name of the file, for messages.
        schema: the schema's name and version, `anomeval.result/1`.

    Raises:
        InvalidInputError: with every field that does not obey.
    """
    try:
        document = json.loads(
            text,
            object_pairs_hook=unique,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_whole,
        )
    except Repeated as error:
        raise InvalidInputError(Problem(str(error), where, remedy="keep one of them")) from None
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(Problem(f"is not valid JSON: {error}", where)) from None
    if not isinstance(document, dict) or "schema" not in document:
        raise InvalidInputError(Problem(f"is not a file of schema {schema!r}", where))
    if document["schema"] != schema:
        what = f"is {_brief(repr(document['schema']))}, expected {schema!r}"
        raise InvalidInputError(Problem(what, where, "schema", remedy=_remedy(document, schema)))
    errors = sorted(
        _validator(schema).iter_errors(document), key=lambda error: (error.json_path, error.message)
    )
    if errors:
        raise InvalidInputError(
            [
                Problem(_brief(error.message), where, error.json_path.lstrip("$.") or None)
                for error in errors
            ]
        )
    return document


def load_schema(schema: str) -> Document:
    """The JSON Schema (2020-12) of `anomeval.result/1` or `anomeval.fit/1`."""
    from importlib.resources import files

    kind = schema.removeprefix("anomeval.").partition("/")[0]
    text = files(__package__).joinpath("schemas", f"{kind}.schema.json").read_text("utf-8")
    loaded: Document = json.loads(text)
    return loaded


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(load_schema(schema))


def _remedy(document: Document, schema: str) -> str:
    kind, _, version = schema.rpartition("/")
    found, _, found_version = str(document["schema"]).rpartition("/")
    if found == kind and found_version.isdigit() and int(found_version) > int(version):
        return "use a newer anomeval"
    if found in ("anomeval.fit", "anomeval.result") and found != kind:
        return "this is another kind of file"
    return "write the file anew"


def _brief(message: str) -> str:
    return message if len(message) <= _MESSAGE_SHOWN else message[: _MESSAGE_SHOWN - 1] + "…"


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError(f"{digits} is out of range")
    return value


def _whole(digits: str) -> int:
    _finite(digits)
    return int(digits)
