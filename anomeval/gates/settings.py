"""Rules of a gate from a settings file.

They stand in `[[tool.anomeval.gate]]` of pyproject.toml, or `[[gate]]` of any other file:

    [[tool.anomeval.gate]]
    metric = "aupro@0.3"        # as in --metrics
    scope = "mean"              # mean | each | worst | category:NAME | defect:NAME
    min = 0.90
    max = 0                     # of counts such as new_missed, or "1%"; where lower is better
    max_drop = 0.005
    max_drop_rel = 0.01
    test = "regression"         # regression | point | non-inferiority
    level = "error"             # error | warn

Below our name nothing is passed over: a table or key that is not known is an error, as it would
else be a gate that does not gate. Tables of others are none of our business.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.gates.rules import Rule, maximum_of, parse_scope
from anomeval.reporting.counts import ALIASES
from anomeval.reporting.documents import read_text
from anomeval.reporting.verdict import Severity, Test

OWN_FILE = "anomeval.toml"
SHARED_FILE = "pyproject.toml"

_OURS = "anomeval"
_GATE = "gate"
_ALIKE = 0.85
"""How alike a name must be to ours to be taken for it misspelt; `anomalib` is another tool."""

_NUMBERS = {"min": "minimum", "max_drop": "max_drop", "max_drop_rel": "max_drop_rel"}
_PERCENTAGE = re.compile(r"\d+(\.\d+)?\s*%")
_WORDS = {"test": get_args(Test), "level": get_args(Severity)}
_KEYS = ("metric", "scope", "min", "max", "max_drop", "max_drop_rel", *_WORDS)


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
    try:
        folder = folder.resolve()
    except OSError:  # the working directory is gone: there is nothing above it either
        return Settings()
    for place in (folder, *folder.parents):
        for name in (OWN_FILE, SHARED_FILE):
            if (place / name).is_file():
                settings = _read(place / name)
                if settings.rules:
                    return settings
    return Settings()


def read_settings(path: Path) -> Settings:
    """The rules in a settings file, one at least.

    Raises:
        InvalidInputError: it cannot be read, is no TOML, or holds no rule or what is none.
    """
    settings = _read(path)
    if not settings.rules:
        raise InvalidInputError(_without_rules(path))
    return settings


def _read(path: Path) -> Settings:
    """The rules in a settings file; none in a project's file that does not name us.

    Raises:
        InvalidInputError: as `read_settings`.
    """
    try:
        document = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(Problem(f"is not valid TOML: {error}", str(path))) from None
    tables = _our_tables(document, path)
    if tables is None:
        return Settings()
    place = _place(path)
    problems = list(_unknown_tables(tables, path))
    entries = tables.get(_GATE, [])
    if not isinstance(entries, list):
        what = f"is an array of tables: write [[{place}]]"
        problems.append(Problem(what, str(path), place))
        entries = []
    rules = [_rule(entry, str(path), f"{place}[{n}]", problems) for n, entry in enumerate(entries)]
    if not problems and not rules:
        problems.append(_without_rules(path))
    if problems:
        raise InvalidInputError(problems)
    return Settings(tuple(rule for rule in rules if rule), path)


def _place(path: Path) -> str:
    """What the tables of rules are called in a file."""
    return f"tool.{_OURS}.{_GATE}" if path.name == SHARED_FILE else _GATE


def _without_rules(path: Path) -> Problem:
    remedy = f"write each in a table [[{_place(path)}]] (docs/ci.md)"
    return Problem("holds no rule of a gate", str(path), remedy=remedy)


def _our_tables(document: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    """What a file says to us; None where it does not name us.

    Raises:
        InvalidInputError: it does so by a name that is nearly ours, or in the wrong place.
    """
    if path.name != SHARED_FILE:
        return document
    tools = _table(document, "tool", path)
    astray = [name for name in document if name == _GATE or _is_meant_for_us(name)]
    astray += [f"tool.{name}" for name in tools if name != _OURS and _is_meant_for_us(name)]
    if astray:
        remedy = f"write [[{_place(path)}]]"
        raise InvalidInputError(
            [Problem("is not read", str(path), a, remedy=remedy) for a in astray]
        )
    return _table(tools, _OURS, path) if _OURS in tools else None


def _is_meant_for_us(name: str) -> bool:
    plain = "".join(sign for sign in name.lower() if sign.isalnum())
    return bool(get_close_matches(plain, [_OURS], cutoff=_ALIKE))


def _unknown_tables(tables: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """Each table or key below our name that is not known, with the one that is."""
    within = _place(path).removesuffix(_GATE)
    for name in tables.keys() - {_GATE}:
        what = "is no table of anomeval: rules of a gate alone are kept in a file"
        yield Problem(what, str(path), f"{within}{name}", remedy=f"write [[{_place(path)}]]")


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
    metric = ALIASES.get(entry["metric"].strip(), entry["metric"].strip())
    highest = (None, None) if "max" not in entry else maximum_of(metric, str(entry["max"]))
    try:
        return Rule(
            metric=metric,
            scope=parse_scope(entry.get("scope", "mean")),
            **{name: float(entry[key]) for key, name in _NUMBERS.items() if key in entry},
            maximum=highest[0],
            max_share=highest[1],
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
    wrongs = [_unknown(key, _KEYS) for key in entry.keys() - _KEYS]
    if not isinstance(entry.get("metric"), str) or not entry["metric"].strip():
        wrongs.append("metric is missing, or no text")
    if not isinstance(entry.get("scope", ""), str):
        wrongs.append("scope is no text")
    for key in _NUMBERS.keys() & entry.keys():
        if isinstance(entry[key], bool) or not isinstance(entry[key], int | float):
            wrongs.append(f"{key} is {entry[key]!r}, not a number")
    if not _is_maximum(entry.get("max", 0)):
        wrongs.append(f"max is {entry['max']!r}, not a number or a percentage, as '1%'")
    for key, words in _WORDS.items():
        if key in entry and entry[key] not in words:
            wrongs.append(f"{key} is {entry[key]!r}; it can be {', '.join(words)}")
    return sorted(wrongs)


def _is_maximum(value: object) -> bool:
    if isinstance(value, str):
        return bool(_PERCENTAGE.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unknown(key: str, known: Collection[str]) -> str:
    """That a key is not known, and which one was meant."""
    close = get_close_matches(key.lower().replace("-", "_"), known, n=1)
    hint = f"did you mean {close[0]!r}? Known are" if close else "known are"
    return f"unknown key {key!r}; {hint} {', '.join(known)}"
