"""Where output goes: data to standard output, progress and advice to standard error."""

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from anomeval.atomic import write_text
from anomeval.errors import Problem, UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import ProgressColumn

    from anomeval.workflows.collecting import Progress

STDOUT = Path("-")

_SUFFIXES = {"--per-image": (".csv", ".jsonl"), "--curves": (".npz",)}


def show(renderable: "RenderableType") -> None:
    """Print a table or text on standard output; without a terminal in plain text."""
    from rich.console import Console

    class Pipe(Console):
        """Leaves a reader that has gone to the boundary of the command line."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    Pipe(highlight=False, soft_wrap=False).print(renderable)


def advise(text: str) -> None:
    """One line on standard error: what was written, what to do next."""
    typer.echo(text, err=True)


def write(path: Path, text: str) -> None:
    """Write a text output whole or not at all; - is standard output."""
    if path == STDOUT:
        sys.stdout.write(text)
        sys.stdout.flush()
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
    read = {found.resolve() for word in inputs if word is not None for found in _matches(word)}
    problems = []
    for option, path in wanted.items():
        reason = None if path == STDOUT else _why_unwritable(option, path, read)
        if reason:
            problems.append(Problem(f"{option}: cannot write {path}: {reason}"))
    if problems := problems + _shared_places(wanted):
        raise UsageError(problems)


def _matches(word: str | Path) -> list[Path]:
    path = Path(word)
    return [path] if path.exists() else [Path(match) for match in glob(str(word), recursive=True)]


def _shared_places(wanted: Mapping[str, Path]) -> list[Problem]:
    """Two outputs need two places, standard output included."""
    options: dict[Path, list[str]] = {}
    for option, path in wanted.items():
        options.setdefault(path if path == STDOUT else path.resolve(), []).append(option)
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
    if path.is_dir():
        return "it is a directory"
    if path.resolve() in read:
        return "it is read by this command"
    if not path.parent.is_dir():
        return f"directory {str(path.parent)!r} does not exist"
    if not os.access(path.parent, os.W_OK):
        return f"no permission to write to {str(path.parent)!r}"
    return None


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator["Progress | None"]:
    """A progress bar on standard error, where that is a terminal; else nothing."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _rate())
    with Progress(*columns, TimeLeft(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _rate() -> "ProgressColumn":
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        """Images per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.0f} images/s" if speed else "", style="progress.data.speed")

    return Rate()
