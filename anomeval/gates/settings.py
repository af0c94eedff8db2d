"""Rules of a gate from a settings file.

They stand in `[[tool.anomeval.gate]]` of pyproject.toml, or `[[gate]]` of any other file:

    [[tool.anomeval.gate]]
    metric = "aupro@0.3"        # as in --metrics
    scope = "mean"              # mean | each | worst | category:NAME | defect:NAME
    min = 0.90
    max_drop = 0.005
    max_drop_rel = 0.01
    test = "regression"         # regression | point | non-inferiority
    level = "error"             # error | warn
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.gates.rules import Rule, parse_scope
from anomeval.reporting.documents import read_text
from anomeval.reporting.verdict import Severity, Test

OWN_FILE = "anomeval.toml"
SHARED_FILE = "pyproject.toml"

_NUMBERS = {"min": "minimum", "max_drop": "max_drop", "max_drop_rel": "max_drop_rel"}
_WORDS = {"test": get_args(Test), "level": get_args(Severity)}
_KEYS = ("metric", "scope", *_NUMBERS, *_WORDS)


@dataclass(frozen=True)
class Settings:
    """Rules and where they are from; None where there is no settings file with rules."""

    rules: tuple[Rule, ...] = ()
    file: Path | None = None


def find_settings(folder: Path) -> Settings:
    """The rules in the nearest settings file that has any, looking upwards from a folder.

    Raises:
        InvalidInputError: the file is unsound.
    """
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        for name in (OWN_FILE, SHARED_FILE):
            if (place / name).is_file():
                settings = read_settings(place / name)
                if settings.rules:
                    return settings
    return Settings()


def read_settings(path: Path) -> Settings:
    """The rules in a settings file.

    Raises:
        InvalidInputError: it cannot be read, is no TOML, or holds what is no rule.
    """
    try:
        document = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(Problem(f"is not valid TOML: {error}", str(path))) from None
    own = path.name != SHARED_FILE
    place = "gate" if own else "tool.anomeval.gate"
    tables = document if own else _table(_table(document, "tool", path), "anomeval", path)
    entries = tables.get("gate", [])
    if not isinstance(entries, list):
        what = f"is an array of tables: write [[{place}]]"
        raise InvalidInputError(Problem(what, str(path), place))
    problems: list[Problem] = []
    rules = [_rule(entry, str(path), f"{place}[{n}]", problems) for n, entry in enumerate(entries)]
    if problems:
        raise InvalidInputError(problems)
    return Settings(tuple(rule for rule in rules if rule), path)


def _table(tables: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    inner = tables.get(key, {})
    if not isinstance(inner, dict):
        raise InvalidInputError(Problem("is not a table", str(path), key))
    return inner


def _rule(entry: object, file: str, place: str, problems: list[Problem]) -> Rule | None:
    """The rule in a table; what is wrong with it goes to `problems`."""
    found = [Problem(what, file, place) for what in _wrongs(entry)]
    problems += found
    if found or not isinstance(entry, dict):
        return None
    try:
        return Rule(
            metric=entry["metric"],
            scope=parse_scope(entry.get("scope", "mean")),
            **{name: float(entry[key]) for key, name in _NUMBERS.items() if key in entry},
            test=entry.get("test"),
            severity=entry.get("level", "error"),
        )
    except UsageError as error:
        problems.append(Problem(str(error), file, place))
        return None


def _wrongs(entry: object) -> list[str]:
    """What keeps a table from being a rule, before its values are looked at together."""
    if not isinstance(entry, dict):
        return ["is not a table"]
    wrongs = [f"unknown key {key!r}; known are {', '.join(_KEYS)}" for key in entry.keys() - _KEYS]
    if not isinstance(entry.get("metric"), str):
        wrongs.append("metric is missing, or no text")
    if not isinstance(entry.get("scope", ""), str):
        wrongs.append("scope is no text")
    for key in _NUMBERS.keys() & entry.keys():
        if isinstance(entry[key], bool) or not isinstance(entry[key], int | float):
            wrongs.append(f"{key} is {entry[key]!r}, not a number")
    for key, words in _WORDS.items():
        if key in entry and entry[key] not in words:
            wrongs.append(f"{key} is {entry[key]!r}; it can be {', '.join(words)}")
    return sorted(wrongs)
