"""Looking through folders of other people: what is there, and what is no business of ours."""

import glob
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from anomeval.errors import Problem
from anomeval.predictions.faults import explained
from anomeval.predictions.layouts.pixels import Unfit

_NO_LINK = "put the folder itself there, or name the folders one by one"


@dataclass(frozen=True, slots=True)
class Listing:
    """Files below a folder: paths relative to it, with `/`, in the order of their parts."""

    files: tuple[PurePosixPath, ...]
    problems: tuple[Problem, ...]


def listing(root: str, suffixes: Sequence[str], below: str = "") -> Listing:
    """The files in the folder `below` of `root` that end with one of `suffixes`, none hidden.

    Nothing outside of `root` is listed: links that lead out of it are problems, and so are links
    to folders, folders that cannot be read, pipes, and names that are not UTF-8. Paths are relative
    to `below`.
    """
    start = os.path.join(root, below)
    if links := list(_links_on_the_way(root, below)):
        return Listing((), tuple(links))
    files: list[PurePosixPath] = []
    problems: list[Problem] = []
    for folder, folders, names in os.walk(start, onerror=closed(root, problems)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        problems += linked_folders(root, folder, folders)
        for name in names:
            if name.startswith(".") or not name.lower().endswith(tuple(suffixes)):
                continue
            path = os.path.join(folder, name)
            if what := _why_not(root, path):
                problems.append(Problem(f"{path} {what[0]}", root, remedy=what[1]))
            else:
                files.append(PurePosixPath(os.path.relpath(path, start).replace(os.sep, "/")))
    return Listing(tuple(sorted(files, key=lambda file: file.parts)), tuple(problems))


def closed(root: str, problems: list[Problem]) -> Callable[[OSError], None]:
    """What to do with folders below `root` that cannot be read: add a problem for each."""

    def tell(error: OSError) -> None:
        what, remedy = explained(error)
        problems.append(Problem(f"{error.filename}: {what}", root, remedy=remedy))

    return tell


def closed_to_pattern(pattern: str) -> Iterator[Problem]:
    """A problem for each folder that cannot be searched for what matches a pattern."""
    parts = pattern.split(os.sep)
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    for number in range(first, len(parts)):
        above = os.sep.join(parts[:number]) or (os.sep if number else os.curdir)
        below = os.path.join(above, "**") if parts[number] == "**" else above
        for folder in sorted(glob.glob(os.path.join(below, ""), recursive=True)):
            try:
                _search(folder, parts[number])
            except OSError as error:
                what, remedy = explained(error)
                yield Problem(f"{folder}: {what}", pattern, remedy=remedy)


def _search(folder: str, part: str) -> None:
    """Raises OSError if it cannot be told whether a part of a pattern matches in a folder."""
    if not glob.has_magic(part):
        is_folder(os.path.join(folder, part))
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)
            return


def is_inside(root: str, path: str) -> bool:
    """Whether `path`, all links followed, is below `root`."""
    real = os.path.realpath(root)
    return os.path.commonpath([real, os.path.realpath(path)]) == real


def file_inside(root: str, *parts: str) -> str | None:
    """The path of a regular file below `root`; None where there is none.

    Raises:
        Unfit: it is there, but a link or `..` leads out of `root`, or it is no regular file.
    """
    path = os.path.join(root, *parts)
    if "\0" in path or not os.path.lexists(path):
        return None
    if why := _why_not(root, path):
        raise Unfit(f"{path} {why[0]}", why[1])
    return path


def is_folder(path: str) -> bool:
    """Whether there is a folder at a path, or one that it links to.

    Raises:
        OSError: that cannot be told, for want of permission.
    """
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # no file can have such a name
        return False


def linked_folders(root: str, folder: str, names: Sequence[str]) -> Iterator[Problem]:
    """A problem for each of these folders in `folder` that is a link, which is not followed."""
    for name in names:
        path = os.path.join(folder, name)
        if os.path.islink(path):
            what = f"{path} is a link to a folder, which is not followed"
            yield Problem(what, root, remedy=_NO_LINK)


def _links_on_the_way(root: str, below: str) -> Iterator[Problem]:
    parts = PurePosixPath(below.replace(os.sep, "/")).parts
    for depth, name in enumerate(parts):
        yield from linked_folders(root, os.path.join(root, *parts[:depth]), [name])


def _why_not(root: str, path: str) -> tuple[str, str] | None:
    """Why a file is not read: (what, remedy)."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8", "rename it"
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        return explained(error)
    if not is_inside(root, path):
        return f"leads out of {root}", "put the file itself there, or name where it is"
    return None if regular else ("is no regular file", "put a file there")
