"""Options that would change nothing beside others: they are refused, never passed over.

This is the one place that knows them. What depends on the data, or on the value of an option, is
refused where it is found out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomeval.errors import Problem, UsageError

Given = Mapping[str, Any]
"""Options that were typed, or set in the environment of the command, with their values; arguments
by their names in capitals."""

_STDOUT = Path("-")


@dataclass(frozen=True)
class Void:
    """An option that changes nothing where `beside` holds of all that is given.

    option: as typed. commands: that it is an option of. why, remedy: for people.
    """

    option: str
    commands: Sequence[str]
    beside: Callable[[Given], bool]
    why: str
    remedy: str = "leave one of them out"


def _with(*others: str) -> Callable[[Given], bool]:
    return lambda given: any(other in given for other in others)


def _without(*others: str) -> Callable[[Given], bool]:
    return lambda given: not any(other in given for other in others)


def _is(option: str, *values: str) -> Callable[[Given], bool]:
    return lambda given: given.get(option) in values


def _without_a_table(given: Given) -> bool:
    """Whether no values are written with digits after the point."""
    is_silent = "--quiet" in given or _STDOUT in given.values()
    return is_silent and not any(option in given for option in ("--markdown", "--latex"))


_SCORING = ("score", "merge")
_ADOPTING = "--update judges nothing, it writes the baseline"
_CHECKING = "--check reads the files of a submission as they are, and writes nothing"
_JUDGING_OPTIONS = (
    *("--min", "--max", "--max-drop", "--test", "--rules", "--common-images"),
    *("--json", "--markdown", "--github", "--junit", "--openmetrics"),
)
_CONVERTING_OPTIONS = (
    *("--layout-to", "--map-dtype", "--compression", "--fit", "--allow-pickle", "--truth"),
    *("--layout", "--max-image-pixels", "--field", "--mask-above", "--ignore-value"),
    *("--json", "--plugin"),
)
_FOLDERS = ("mvtec", "mvtec2-submission")

VOID: tuple[Void, ...] = (
    Void("--confidence", _SCORING, _with("--no-confidence"), "there are no intervals"),
    Void("--replicates", _SCORING, _with("--no-confidence"), "there are no intervals"),
    Void("--confidence", ["plot"], _with("--no-confidence"), "there are no bands"),
    Void(
        "--allow-overlap",
        ("score", "merge", "report"),
        _without("--fit"),
        "there is no fit that could have seen the images",
        "give --fit, or leave it out",
    ),
    *(
        Void(
            option,
            commands,
            _without_a_table,
            "no table is printed, and neither --markdown nor --latex is written",
            "leave it out: all other forms have every digit",
        )
        for option, commands in (("--places", (*_SCORING, "compare")), ("--percent", _SCORING))
    ),
    Void(
        "--jobs",
        ["score"],
        _with("--dask"),
        "the workers of the cluster read and count",
    ),
    *(
        Void(option, ["gate"], _with("--update"), _ADOPTING, "judge first, then adopt")
        for option in _JUDGING_OPTIONS
    ),
    Void("--date", ["gate"], _without("--update"), "it dates the baseline that --update writes"),
    *(Void(option, ["convert"], _with("--check"), _CHECKING) for option in _CONVERTING_OPTIONS),
    Void(
        "--compression",
        ["convert"],
        _is("--layout-to", *_FOLDERS),
        "the files of such a folder have a form of their own",
        "leave it out",
    ),
    Void("NAME", ["metrics"], _with("--presets"), "--presets lists all of them"),
    Void(
        "--fit",
        ["plot"],
        lambda given: given.get("--curve", "roc") not in ("hist", "sweep"),
        "it marks the cut, which hist and sweep alone show",
        "draw --curve hist or sweep, or leave it out",
    ),
    *(
        Void(
            option,
            ["plot"],
            lambda given: _is("--curve", "hist", "sweep")(given) or len(given["FILES"]) > 2,
            "bands are around curves, of two results at most",
            "leave it out",
        )
        for option in ("--confidence", "--no-confidence")
    ),
    Void(
        "--category",
        ["plot"],
        _with("--pool"),
        "--pool throws all categories together",
    ),
)
"""Every pair; tests/cli/test_void.py tries each."""


def refuse_void(command: str, given: Given) -> None:
    """Refuse options that would change nothing.

    Raises:
        UsageError: naming each, why, and what to do.
    """
    problems = list(_problems(command, given))
    if problems:
        raise UsageError(problems)


def _problems(command: str, given: Given) -> Iterator[Problem]:
    told = set()
    for void in VOID:
        if void.option in given and command in void.commands and void.beside(given):
            if void.option not in told:
                what = f"{void.option} would change nothing: {void.why}"
                yield Problem(what, remedy=void.remedy)
            told.add(void.option)
