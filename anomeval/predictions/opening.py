"""Opening prediction files: one call from what the user typed to a data set."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import prod
from numbers import Integral
from types import MappingProxyType

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.checks import map_shape
from anomeval.predictions.column import shape_text
from anomeval.predictions.faults import WRITE_AGAIN
from anomeval.predictions.fields import PIXEL_FIELDS, check_overrides
from anomeval.predictions.formats import is_column_folder
from anomeval.predictions.layouts.adeval import is_pickle, open_pickle
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.isolation import UNREADABLE, Lost, apart, each_apart
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.layouts.registry import (
    FILES,
    SAY_WHICH,
    layout_named,
    open_folder,
    with_truth,
)
from anomeval.predictions.layouts.with_truth import WithTruth, shared_problems
from anomeval.predictions.paths import PathLike, matched, position_names, typed_paths
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import PredictionFile
from anomeval.predictions.remaining import RemainingPredictions
from anomeval.predictions.stored import (
    Examination,
    StoredPredictions,
    examine,
    readable_in_part,
)

Look = Examination | tuple[Problem, ...]
"""What is found in a file, or why nothing is."""

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


_KINDS = {"truth": str | os.PathLike | None, "layout": str | None, "max_image_pixels": Integral}
"""What can be given for settings of `Reading`."""


def open_predictions(
    paths: Sequence[PathLike] | PathLike,
    *,
    fields: Mapping[str, str] = NO_OVERRIDES,
    truth: PathLike | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    isolated: bool = False,
) -> PredictionSet:
    """Open files, patterns and directories as one data set.

    Headers and small columns are read and checked here, pixels when the set is gone through.
    An image without `image_path` is called `<file stem>#<index>`; see `position_names` for files
    of equal stems.

    Args:
        paths: files, patterns (`runs/**/test.h5`) and directories, see `expand`.
        fields: canonical field → the name it has in the files, where that is no known alias.
        truth: what is true of the images, where it lies apart: the data set, a folder of masks,
            a table, an array of masks.
        layout: how directories are to be understood; None = recognize it.
        max_image_pixels: an image that declares more is refused before it is read.
        isolated: let libraries that may crash, or never end, work in processes of their own, so
            that they take nothing else along: in a fork of this one to look through files, or, if
            other threads run, and for pixels, in one that is started anew.

    Raises:
        UsageError: `fields` has an unknown field, the layout is unknown, or no path is given.
        InvalidInputError: with all problems of all files.
    """
    return opened(paths, Reading(fields, truth, layout, max_image_pixels, isolated=isolated))


def opened(
    paths: Sequence[PathLike] | PathLike,
    reading: Reading,
    name: str | None = None,
    *,
    further: Callable[[PredictionFile], Iterable[Problem]] = lambda _: (),
    meanwhile: Callable[[], object] = lambda: None,
) -> PredictionSet:
    """Like `open_predictions`, with everything that can be asked for.

    Args:
        paths: as there.
        reading: as the user asked for it.
        name: what images without a path are called after; None = after their file.
        further: what is wrong with the pixels of a file, asked only where small columns are unsound
            already, so that all problems of the file are told at once.
        meanwhile: done while another process looks at the files, if one does.

    Raises:
        UsageError, InvalidInputError: as `open_predictions`.
    """
    check_reading(reading)
    files: list[PredictionFile] = []
    found, problems = meant(paths, reading)
    if problems:
        raise InvalidInputError(problems)
    native = [path for path in found if is_native(path, reading)]
    looks = look_through(native, reading, meanwhile)
    for path in found:
        try:
            files.append(stored(looks[path], reading) if path in looks else other(path, reading))
        except InvalidInputError as error:
            problems += error.problems
            problems += _of_pixels(looks.get(path, ()), reading, further)
    if problems:
        raise InvalidInputError(problems)
    named = with_position_names(files) if name is None else [_named(file, name) for file in files]
    return _remaining(_with_truth(named, reading), looks)


def _remaining(files: Iterable[PredictionFile], looks: Mapping[str, Look]) -> PredictionSet:
    """The files without the images that are to be left out."""
    left: list[PredictionFile] = []
    skipped: list[Problem] = []
    for file in files:
        look = looks.get(file.path)
        wrong = [*look.skipped] if isinstance(look, Examination) else []
        wrong += file.skipped if isinstance(file, WithTruth) else ()
        skipped += wrong
        indices = {problem.index for problem in wrong}
        left.append(RemainingPredictions(file, indices) if indices else file)
    return PredictionSet(left, skipped)


def check_reading(reading: Reading) -> None:
    """Refuse what cannot be asked for.

    Raises:
        UsageError: there is no such field or layout, or something is not of its kind.
    """
    check_overrides(reading.fields)
    for name, kinds in _KINDS.items():
        given = getattr(reading, name)
        if not isinstance(given, kinds):
            raise UsageError(f"{name} is not of the type {type(given).__name__}")
    if reading.layout not in (None, FILES):
        layout_named(reading.layout)


def meant(
    paths: Sequence[PathLike] | PathLike, reading: Reading
) -> tuple[list[str], list[Problem]]:
    """The files and folders that are meant, and what is wrong with what the user typed.

    To recognize a layout a file of a folder is opened; in a process of its own if asked for.

    Raises:
        UsageError: no path is given, or a layout of folders where there is none.
    """
    typed = typed_paths(paths)
    if reading.layout not in (None, FILES) and all(map(os.path.isfile, typed)):
        what = f"--layout {reading.layout} says what folders hold, {', '.join(typed)} is none"
        raise UsageError(Problem(what, remedy="name the folder, or leave --layout out"))
    if not reading.isolated or all(map(os.path.isfile, typed)):
        return matched(typed, reading.layout)
    try:
        return apart(partial(matched, typed, reading.layout))
    except Lost:
        return [], [Problem(UNREADABLE, ", ".join(typed), remedy=SAY_WHICH)]


def is_native(path: str, reading: Reading) -> bool:
    """Whether a path is looked through as columns; otherwise it is in a layout of others."""
    if not os.path.isdir(path):
        return not (reading.allow_pickle and is_pickle(path))
    return reading.layout in (None, FILES) and is_column_folder(path)


def look_through(
    paths: Sequence[str], reading: Reading, meanwhile: Callable[[], object] = lambda: None
) -> dict[str, Look]:
    """What is found in each file; in a process of its own if asked for, see `each_apart`."""
    look_at = partial(_look, replace(reading, fields=dict(reading.fields)))  # can be pickled
    if not reading.isolated:
        return {path: look_at(path) for path in paths}
    looks = each_apart(look_at, paths, meanwhile)
    lost = {path: (Problem(UNREADABLE, path, remedy=WRITE_AGAIN),) for path in paths}
    pairs = zip(paths, looks, strict=True)
    return {path: lost[path] if look is None else look for path, look in pairs}


def _look(reading: Reading, path: str) -> Look:
    skip_bad, isolated = reading.skip_bad, reading.isolated
    try:
        return examine(path, reading.fields, skip_bad=skip_bad, isolated=isolated)
    except InvalidInputError as error:
        return error.problems


def stored(look: Look, reading: Reading) -> StoredPredictions:
    """A file of columns that was looked through.

    Raises:
        InvalidInputError: with all that is wrong with it.
    """
    if not isinstance(look, Examination):
        raise InvalidInputError(look)
    large = oversized(look, reading.max_image_pixels)
    if problems := [*look.problems, *large]:
        raise InvalidInputError(problems)
    return StoredPredictions(look)


def _of_pixels(
    look: Look, reading: Reading, further: Callable[[PredictionFile], Iterable[Problem]]
) -> Iterable[Problem]:
    """What `further` finds in a file of which values are wrong, and no image is too large."""
    rest = readable_in_part(look)
    if rest is None or any(oversized(rest.examination, reading.max_image_pixels)):
        return ()
    try:
        return further(rest)
    except InvalidInputError as error:  # images that are there twice
        return error.problems


def other(path: str, reading: Reading) -> PredictionFile:
    """What is in a layout of others, without truth that lies elsewhere.

    Raises:
        UsageError, InvalidInputError: see `open_folder`.
    """
    if reading.allow_pickle and is_pickle(path):
        return open_pickle(path, reading)
    return open_folder(path, reading)


def oversized(examined: Examination, limit: int) -> Iterator[Problem]:
    """The maps and masks of a file whose images declare more pixels than `limit`."""
    for table in examined.layout.tables if examined.entries else ():
        for field in PIXEL_FIELDS:
            if column := table.roles.columns.get(field):
                shape = map_shape(column, single=table.single)
                if prod(shape) > limit:
                    what = f"declares images of {shape_text(shape)} pixels, more than {limit}"
                    remedy = "if that is meant, allow it with --max-image-pixels"
                    place = examined.path, table.place(field), None, table.key
                    yield Problem(what, *place, remedy)


def with_position_names(files: Sequence[PredictionFile]) -> list[PredictionFile]:
    """Name the images that have no path of their own, differently in every file."""
    unnamed = [file.path for file in files if not all(entry.named for entry in file.entries)]
    names = dict(zip(unnamed, position_names(unnamed), strict=True))
    return [_named(file, names[file.path]) if file.path in names else file for file in files]


def _named(file: PredictionFile, name: str) -> PredictionFile:
    """Only columns can be without names; what is a file each has one."""
    return file.named_by_position(name) if isinstance(file, StoredPredictions) else file


def told_by_truth(file: PredictionFile, reading: Reading) -> PredictionFile:
    """A file with what is true of its images, where the user has named that.

    Raises:
        UsageError, InvalidInputError: see `WithTruth`.
    """
    if reading.truth is None or isinstance(file, WithTruth):
        return file
    return with_truth(file, os.fspath(reading.truth), reading)


def _with_truth(files: Sequence[PredictionFile], reading: Reading) -> Sequence[PredictionFile]:
    """Every file with what is true of its images.

    Raises:
        InvalidInputError: with all problems of all files.
    """
    done: list[PredictionFile] = []
    problems: list[Problem] = []
    for file in files:
        try:
            done.append(told_by_truth(file, reading))
        except InvalidInputError as error:
            problems += error.problems
    if problems := problems or shared_problems(done):
        raise InvalidInputError(problems)
    return done
