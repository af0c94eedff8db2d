"""From what the user typed to the files that are meant: files, patterns, directories."""

import errno
import glob
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.faults import explained, reading
from anomeval.predictions.formats import is_column_folder, searched_suffixes
from anomeval.predictions.layouts.registry import FILES, is_predictions
from anomeval.predictions.layouts.tree import closed, closed_to_pattern, linked_folders
from anomeval.predictions.remote import files_at, is_remote

PathLike = str | Path

_MAPS = "maps of one image each are read from .tiff, .npy, .npz and .hdf5"
_PICTURES = f"save scores, not pictures of them: {_MAPS}"
_READ_INSTEAD = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".bmp"), _PICTURES),
    **dict.fromkeys((".pt", ".pth"), f"name a file of all maps (asmaps, paths) itself; {_MAPS}"),
    **dict.fromkeys((".tiff", ".tif", ".npy"), "say what it is with --layout"),
    **dict.fromkeys((".pkl", ".pickle"), "`anomeval convert --allow-pickle` reads some pickles"),
}
"""What helps, by what a directory holds instead."""

Found = tuple[list[str], list[Problem]]
"""Files, and why others that may be there were not found."""


def expand(paths: Sequence[PathLike] | PathLike, layout: str | None = None) -> list[str]:
    """The files that `paths` name, in that order; those of a pattern or directory sorted.

    A path that exists is taken as it is. Otherwise it is a pattern, in which `**` stands for any
    number of directories. A directory in another layout, such as the tree of MVTec AD, is taken
    as it is, too. Any other stands for all .h5, .hdf5 and .npz files below it, hidden ones apart.

    Args:
        paths: what the user typed.
        layout: that of every directory; None = recognize it; "files" = none.

    Raises:
        UsageError: no path is given.
        InvalidInputError: something matches nothing, or a file is named twice.
    """
    files, problems = matched(paths, layout)
    if problems:
        raise InvalidInputError(problems)
    return files


def matched(
    paths: Sequence[PathLike] | PathLike, layout: str | None = None
) -> tuple[list[str], list[Problem]]:
    """Like `expand`, but with the problems beside the files that there are, each file once.

    Raises:
        UsageError: no path is given.
    """
    files: list[str] = []
    problems: list[Problem] = []
    for path in typed_paths(paths):
        found, wrong = _matched(path, layout)
        files += found
        problems += wrong
    return _each_once(files, problems), problems


def typed_paths(paths: Sequence[PathLike] | PathLike) -> list[str]:
    """What the user typed, as a list of texts.

    Raises:
        UsageError: no path is given, or something that is none.
    """
    several = isinstance(paths, Iterable) and not isinstance(paths, str | bytes | os.PathLike)
    typed: list[object] = list(cast("Iterable[object]", paths)) if several else [paths]
    if not typed:
        raise UsageError(Problem("no prediction file is named", remedy="name at least one"))
    for one in typed:
        if not isinstance(one, str | os.PathLike):
            what = f"{type(one).__name__} is no path of a prediction file"
            raise UsageError(Problem(what, remedy="give a path, or a list of paths"))
    return [os.fspath(one) for one in typed if isinstance(one, str | os.PathLike)]


def position_names(paths: Sequence[str]) -> list[str]:
    """What the images of each file are called after: the file's stem where that is unique.

    Files of equal stems get as many parent directories in front as tell them apart, all of
    them equally many (`bottle/test`, `cable/test`); where only the suffix differs, the suffix.
    The order of the files plays no role.
    """
    named = {path: Path(path).stem for path in paths}
    clashing: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        clashing[named[path]].append(path)
    for group in clashing.values():
        if len(group) > 1:
            named |= zip(group, _told_apart(group), strict=True)
    return [named[path] for path in paths]


def _told_apart(paths: Sequence[str]) -> list[str]:
    whole = [Path(os.path.abspath(path)) for path in paths]
    stems = [(*path.parts[1:-1], path.stem) for path in whole]
    if len(set(stems)) < len(stems):
        stems = [(*path.parts[1:-1], path.name) for path in whole]
    length = next(
        length
        for length in range(1, max(map(len, stems)) + 1)
        if len({stem[-length:] for stem in stems}) == len(stems)
    )
    return ["/".join(stem[-length:]) for stem in stems]


def _matched(path: str, layout: str | None) -> Found:
    if is_remote(path):
        return _at_address(path)
    if os.path.isdir(path):
        return _in_directory(path, layout)
    if os.path.lexists(path) or not glob.has_magic(path):
        return ([path], []) if os.path.lexists(path) else ([], [_missing(path)])
    files: dict[str, None] = {}
    problems = list(closed_to_pattern(path))
    for match in sorted(glob.glob(path, recursive=True)):
        found, wrong = _found_in(match, layout) if os.path.isdir(match) else ([match], [])
        files |= dict.fromkeys(map(os.path.normpath, found))
        problems += wrong
    if not files and not problems:
        problems = [Problem("matches no file", path, remedy=_check_pattern())]
    return list(files), problems


def _check_pattern() -> str:
    try:
        return f"check the pattern, here it is looked up from {os.getcwd()!r}"
    except OSError:
        return "check the pattern; the working directory is gone"


def _in_directory(path: str, layout: str | None) -> Found:
    files, wrong = _found_in(path, layout)
    if files or wrong:
        return files, wrong
    what = f"is a directory without any {', '.join(searched_suffixes())} file"
    remedy = "name a prediction file, or another directory"
    if others := _other_suffixes(path):
        what += f"; it holds {', '.join(f'{n} {suffix}' for suffix, n in others.most_common(3))}"
        remedy = _READ_INSTEAD.get(max(others, key=others.__getitem__), remedy)
    return [], [Problem(what, path, remedy=remedy)]


def _other_suffixes(directory: str) -> Counter[str]:
    """How many files there are of each suffix, in small letters."""
    names = (name for _, _, names in os.walk(directory) for name in names if name[0] != ".")
    return Counter(filter(None, (os.path.splitext(name)[1].lower() for name in names)))


def _found_in(directory: str, layout: str | None) -> Found:
    """What a directory stands for, which may be nothing."""
    if layout != FILES and (layout or is_predictions(directory)):
        return [directory], []
    return _files_below(directory)


def _files_below(directory: str) -> Found:
    """Files, and folders of columns, by what they end with; and the folders not looked into."""
    suffixes = searched_suffixes()
    found: list[str] = []
    problems: list[Problem] = []
    for folder, folders, names in os.walk(directory, onerror=closed(directory, problems)):
        visible = [name for name in (*folders, *names) if not name.startswith(".")]
        named = [os.path.join(folder, name) for name in visible if name.endswith(suffixes)]
        whole = [path for path in named if not os.path.isdir(path) or is_column_folder(path)]
        found += whole
        folders[:] = [
            name for name in folders if name in visible and os.path.join(folder, name) not in whole
        ]
        problems += linked_folders(directory, folder, folders)
    return sorted(found), problems


def _at_address(path: str) -> Found:
    try:
        with reading(path):
            files = files_at(path, searched_suffixes())
    except InvalidInputError as error:
        return [], [error.problems[0]]
    remedy = "check the address; a folder must hold files that end like predictions"
    return files, [] if files else [Problem("names no prediction file", path, remedy=remedy)]


def _missing(path: str) -> Problem:
    folder, name = os.path.split(path)
    try:
        os.lstat(path)
    except PermissionError as error:
        remedy = f"allow this user to enter {folder!r} (chmod u+x)"
        return Problem(explained(error)[0], path, remedy=remedy)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            what, remedy = explained(error)
            return Problem(what, path, remedy=remedy)
    except ValueError:  # a null byte
        return Problem("is no name that a file can have", path, remedy="check the path")
    try:
        others = os.listdir(folder or ".")
    except OSError:
        return Problem("does not exist", path, remedy=f"there is no directory {folder!r}")
    meant = get_close_matches(name, others, n=1)
    remedy = f"did you mean {os.path.join(folder, meant[0])!r}?" if meant else "check the path"
    return Problem("does not exist", path, remedy=remedy)


def _each_once(files: Sequence[str], problems: list[Problem]) -> list[str]:
    """The files without repeats; each repeat becomes a problem."""
    kept: dict[object, str] = {}
    for path in files:
        try:
            key = path if is_remote(path) else _identity(path)
        except OSError:
            kept[path] = path  # told when it is opened
            continue
        if key in kept:
            how = "" if kept[key] == path else f", also as {kept[key]}"
            problems.append(Problem(f"is named twice{how}", path, remedy="name every file once"))
        kept.setdefault(key, path)
    return list(kept.values())


def _identity(path: str) -> object:
    status = os.stat(path)
    return status.st_dev, status.st_ino
