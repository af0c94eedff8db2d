"""How far a long pass over the images is, for whoever watches it."""

from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol, runtime_checkable

from anomeval.predictions.record import ImageEntry

Progress = Callable[[int, int], None]
"""Told after each image: how many are done, and how many there are."""


@runtime_checkable
class Log(Protocol):
    """A `Progress` that is told of every finished part, too."""

    def __call__(self, done: int, total: int) -> None:
        """See `Progress`."""
        ...

    def finished(self, part: str, images: int, seconds: float) -> None:
        """A category is done, or a file with images of none.

        Args:
            part: its name, as somebody else has chosen it.
            images: how many it has.
            seconds: since the last image before its first one was done.
        """
        ...


class Pace:
    """Counts the images of a data set as they are done. Not for several threads at once.

    A part is done when all of its images are, in whatever order they come.
    """

    def __init__(
        self, entries: Sequence[ImageEntry], progress: Progress | None, *, passes: int = 1
    ) -> None:
        """Begin.

        Args:
            entries: all images.
            progress: who is told.
            passes: how often each image will be done.
        """
        self._progress = progress
        self._log = progress if isinstance(progress, Log) else None
        self._images = Counter(map(_part, entries))
        self._left = {part: images * passes for part, images in self._images.items()}
        self._began: dict[str, float] = {}
        self._total = len(entries) * passes
        self._done = 0
        self._last = monotonic()

    def take(self, *entries: ImageEntry) -> None:
        """These images are done."""
        if self._progress is None:
            return
        for entry in entries:
            part = _part(entry)
            self._began.setdefault(part, self._last)
            self._left[part] -= 1
        self._done += len(entries)
        self._last = monotonic()
        self._progress(self._done, self._total)
        if self._log:
            for part in dict.fromkeys(map(_part, entries)):
                if not self._left[part]:
                    seconds = self._last - self._began[part]
                    self._log.finished(part, self._images[part], seconds)


def _part(entry: ImageEntry) -> str:
    return entry.category or entry.file
