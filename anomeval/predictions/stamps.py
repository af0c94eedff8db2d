"""Files must not change while numbers are made of them.

Every file that a number depends on is stamped before anything of it is read. It is looked at again
before the last image of each stretch is handed on, so that no value of a mixture of two versions
gets out.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.faults import reading
from anomeval.predictions.remote import is_remote, stamp


@dataclass(frozen=True, slots=True)
class Stamps:
    """What files were like when they were opened.

    known: path → numbers that change when the file does.
    """

    known: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, paths: Iterable[str]) -> "Stamps":
        """Stamp files, before they are read.

        Raises:
            InvalidInputError: one is not there, or may not be looked at.
        """
        return cls({path: _stamp(path) for path in dict.fromkeys(paths)})

    def check(self, *paths: str) -> None:
        """Look again, after files were read.

        Args:
            paths: those that were; none = all.

        Raises:
            InvalidInputError: with each that is not what it was.
        """
        now = {path: _now(path) for path in paths or self.known}
        if changed := [path for path, seen in now.items() if seen != self.known[path]]:
            raise InvalidInputError([_problem(path, gone=now[path] is None) for path in changed])


def files_of(path: str) -> Iterator[str]:
    """What is stamped of predictions at `path`: the file, or every file of a folder, sorted."""
    if is_remote(path) or not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))


def _problem(path: str, *, gone: bool) -> Problem:
    what = f"was {'removed' if gone else 'changed'} after it had been opened"
    return Problem(what, path, remedy="wait until it is written, then start again")


def _stamp(path: str) -> tuple[int, ...]:
    with reading(path):
        return stamp(path)


def _now(path: str) -> tuple[int, ...] | None:
    """None: it is not there any more."""
    try:
        return stamp(path)
    except OSError:
        return None
