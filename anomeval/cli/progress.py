"""How far a long run is, on standard error: a bar on a terminal, lines in the log of a job."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from anomeval.names import clean_name

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from anomeval.predictions.progress import Progress

_BETWEEN_DRAWINGS = 0.1  # seconds
# What a log says depends on the data alone, so that it is the same on every machine.
_MANY = 500  # images: a pass over fewer writes no lines
_TENTHS = 10


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator["Progress | None"]:
    """Tell of the images that are done, unless the user wants it quiet."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(title) as tell:
            yield tell
    else:
        yield _Lines(title)


@contextmanager
def _bar(title: str) -> Iterator["Progress"]:
    """A bar with throughput and time left, gone at the end.

    It has no thread of its own: files are looked through in a fork of this process, and a fork
    while other threads run may hang.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _rate())
    console = Console(stderr=True)
    bar = Progress(*columns, TimeLeft(), console=console, transient=True, auto_refresh=False)
    with bar:
        task, drawn = bar.add_task(title, total=None), 0.0

        def tell(done: int, total: int) -> None:
            nonlocal drawn
            is_due = monotonic() - drawn > _BETWEEN_DRAWINGS
            drawn = monotonic() if is_due else drawn
            bar.update(task, completed=done, total=total, refresh=is_due)

        yield tell


def _rate() -> "ProgressColumn":
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        """Images per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.0f} images/s" if speed else "", style="progress.data.speed")

    return Rate()


class _Lines:
    """A line for each category when it is done, and one for each tenth of the images; see `Log`."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = monotonic()
        self._tenth = 0
        self._wanted = False

    def __call__(self, done: int, total: int) -> None:
        self._wanted = total >= _MANY
        before, self._tenth = self._tenth, done * _TENTHS // total
        if before < self._tenth < _TENTHS:
            left = (monotonic() - self._began) / done * (total - done)
            self._tell(f"{self._title}: {done} of {total} images, about {_duration(left)} left")

    def finished(self, part: str, images: int, seconds: float) -> None:
        """Tell of a category."""
        counted = f"{images} image{'' if images == 1 else 's'} in {_duration(seconds)}"
        self._tell(f"{self._title} {clean_name(part)}: {counted}{_speed(images, seconds)}")

    def _tell(self, line: str) -> None:
        if self._wanted:
            with suppress(OSError):  # a log that takes no more must not end the run
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()


def _speed(images: int, seconds: float) -> str:
    """`, 8.3 images/s`; nothing where no time has passed."""
    if not seconds:
        return ""
    speed = images / seconds
    return f", {speed:.{0 if speed >= 10 else 1}f} images/s"


def _duration(seconds: float) -> str:
    """`8.3 s`, `2 min 05 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s"
