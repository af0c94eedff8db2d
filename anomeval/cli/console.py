"""Where output goes: data to standard output; cautions and advice to standard error."""

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from anomeval.atomic import write_text
from anomeval.cli.process import STANDARD_OUTPUT, close_standard_output, is_closed
from anomeval.errors import Problem, UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from anomeval.reporting.result import Caution

STDOUT = Path("-")

_SUFFIXES = {"--per-image": (".csv", ".jsonl"), "--curves": (".npz", ".csv")}


@contextmanager
def standard_output() -> Iterator[None]:
    """Write out what was printed within, however the block ends.

    Raises:
        UsageError: standard output takes no more.
        ReaderGone: which the boundary of the command line sees to.
    """
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except UsageError:
            close_standard_output()
            raise


def show(renderable: "RenderableType") -> None:
    """Print a table or text on standard output; without a terminal in plain text."""
    from rich.console import Console

    with standard_output():
        Console(highlight=False, soft_wrap=False).print(renderable)


def advise(text: str) -> None:
    """One line on standard error: what was written, what to do next."""
    typer.echo(text, err=True)


def tell_written(*paths: Path | None, then: str = "") -> None:
    """What was written and, where anything was, what to do next."""
    written = [str(path) for path in paths if path not in (None, STDOUT)]
    if written:
        advise(f"wrote {', '.join(written)}{then}")


def warn(cautions: "Iterable[Caution]") -> None:
    """Each caution in a line of its own on standard error; --quiet does not hide them.

    What is a mere note stands with the values instead.
    """
    from rich.console import Console
    from rich.text import Text

    from anomeval.names import clean_name

    for caution in (one for one in cautions if not one.is_note):
        line = Text.assemble(("Caution:", "bold yellow"), f" {clean_name(caution.message)}")
        Console(stderr=True, soft_wrap=True).print(line)


def write(path: Path, text: str) -> None:
    """Write a text output (UTF-8) whole or not at all; - is standard output.

    Raises:
        UsageError: it cannot be written there.
    """
    if path == STDOUT:
        if is_closed(sys.stdout):
            raise UsageError(Problem("is closed", STANDARD_OUTPUT, remedy="name a file"))
        with standard_output():
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode())
    else:
        write_text(path, text)


def check_outputs(
    outputs: Mapping[str, Path | None], inputs: Iterable[str | Path | None] = ()
) -> None:
    """Refuse, before the long work, outputs that could not be written or would do harm.

    Args:
        outputs: option name -> path, None where the option was not given.
        inputs: files (or globs) that are read; none of them may be written over.

    Raises:
        UsageError: with every problem.
    """
    wanted = {option: path for option, path in outputs.items() if path is not None}
    read = {_place(found) for word in inputs if word is not None for found in _matches(word)}
    problems = []
    for option, path in wanted.items():
        reason = None if path == STDOUT else _why_unwritable(option, path, read)
        if reason:
            problems.append(Problem(f"{option}: cannot write {path}: {reason}"))
    if problems := problems + _shared_places(wanted):
        raise UsageError(problems)


def _place(path: Path) -> Path:
    """Where a path leads; as it is where that cannot be known."""
    try:
        return path.resolve()
    except OSError:
        return path


def _matches(word: str | Path) -> list[Path]:
    if os.path.exists(word):
        return [Path(word)]
    return [Path(match) for match in glob(str(word), recursive=True)]


def _shared_places(wanted: Mapping[str, Path]) -> list[Problem]:
    """Two outputs need two places, standard output included."""
    options: dict[Path, list[str]] = {}
    for option, path in wanted.items():
        options.setdefault(path if path == STDOUT else _place(path), []).append(option)
    if len(options.pop(STDOUT, [])) > 1:
        return [Problem("only one output can go to standard output (-)")]
    return [
        Problem(f"{' and '.join(several)} would write to the same file {place.name}")
        for place, several in options.items()
        if len(several) > 1
    ]


def _why_unwritable(option: str, path: Path, read: Collection[Path]) -> str | None:
    if option in _SUFFIXES and path.suffix not in _SUFFIXES[option]:
        return f"its name must end in {' or '.join(_SUFFIXES[option])}"
    try:
        os.stat(path.parent)
        place = path.resolve(strict=False)
        if path.is_dir():
            return "it is a directory"
    except FileNotFoundError:
        return f"directory {str(path.parent)!r} does not exist"
    except OSError as error:  # a name that is too long, a folder that may not be entered
        return error.strerror or str(error)
    if place in read:
        return "it is read by this command"
    if not path.parent.is_dir():
        return f"{str(path.parent)!r} is no directory"
    if not os.access(path.parent, os.W_OK):
        return f"no permission to write to {str(path.parent)!r}"
    return None
