"""Where the files lie that a table names: beside it, one folder above, or in a folder of either."""

import os
from collections.abc import Iterable, Sequence
from functools import cache

from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.tree import file_inside

_SHOWN = 2  # folders in a message


class Neighbours:
    """The one folder that the paths of a table are relative to."""

    def __init__(self, table: str, paths: Sequence[str]) -> None:
        """Find the folder that holds files of the table.

        The folder of the table goes first, then the one above it. Of the folders in both, which may
        be data sets of their own, one alone may hold any of the files.

        Args:
            table: path of the table.
            paths: of the files that it names.
        """
        here = os.path.dirname(os.path.abspath(table))
        near = list(dict.fromkeys([here, os.path.dirname(here)]))
        self._below = [folder for one in near for folder in _folders(one)]
        self._searched = [*near, *self._below]
        self._first_parts = cache(_names)
        holding = [folder for folder in near if self._holds(folder, paths)][:1]
        self._holding = holding or [one for one in self._below if self._holds(one, paths)]

    def find(self, path: str) -> str | None:
        """The file of that path; None where there is none.

        Raises:
            Unfit: several data sets could supply files of this table; or the path leads out of the
                data set, see `file_inside`.
        """
        if os.path.isabs(path) or ".." in path.split("/"):
            raise Unfit(f"{path} leads out of the data set", "write paths relative to the table")
        if len(self._holding) > 1:
            what = f"its files could be those in {' or '.join(self._holding[:_SHOWN])}"
            raise Unfit(what, "put the table into the folder that its paths are relative to")
        return file_inside(self._holding[0], path) if self._holding else None

    def searched(self) -> str:
        """The folders that were looked in, for messages."""
        folders = self._holding or self._searched
        more = len(folders) - _SHOWN
        return ", ".join(folders[:_SHOWN]) + (f" and {more} folders there" if more > 0 else "")

    def _holds(self, folder: str, paths: Iterable[str]) -> bool:
        names = self._first_parts(folder)
        return any(
            path.split("/")[0] in names and os.path.isfile(os.path.join(folder, path))
            for path in paths
        )


def _folders(folder: str) -> list[str]:
    """The folders in one, none of them a link; none where it cannot be read."""
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    return [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]


def _names(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()
