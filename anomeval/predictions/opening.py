"""Opening prediction files: one call from what the user typed to a data set."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from types import MappingProxyType

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.checks import map_shape
from anomeval.predictions.column import shape_text
from anomeval.predictions.faults import WRITE_AGAIN
from anomeval.predictions.fields import PIXEL_FIELDS, check_overrides
from anomeval.predictions.layouts.adeval import is_pickle, open_pickle
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.isolation import Lost, apart
from anomeval.predictions.layouts.npy import is_npy_folder
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.layouts.registry import FILES, layout_named, open_folder, with_truth
from anomeval.predictions.layouts.with_truth import WithTruth
from anomeval.predictions.paths import PathLike, expand, position_names
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import PredictionFile
from anomeval.predictions.stored import Examination, StoredPredictions, examine

Look = Examination | tuple[Problem, ...]
"""What is found in a file, or why nothing is."""

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


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
        isolated: look through each file in a fork of this process, so that a library that crashes
            on it, or does not end, takes nothing else along. Only while no other thread runs.

    Raises:
        UsageError: `fields` has an unknown field, the layout is unknown, or no path is given.
        InvalidInputError: with all problems of all files.
    """
    named = None if truth is None else os.fspath(truth)
    return opened(paths, Reading(fields, named, layout, max_image_pixels, isolated=isolated))


def opened(paths: Sequence[PathLike] | PathLike, reading: Reading) -> PredictionSet:
    """Like `open_predictions`, with everything that can be asked for.

    Raises:
        UsageError, InvalidInputError: as `open_predictions`.
    """
    check_overrides(reading.fields)
    if reading.layout not in (None, FILES):
        layout_named(reading.layout)
    files: list[PredictionFile] = []
    problems: list[Problem] = []
    found = expand(paths, reading.layout)
    looks = _looks([path for path in found if _is_native(path, reading)], reading)
    for path in found:
        try:
            files.append(_stored(looks[path], reading) if path in looks else _other(path, reading))
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return PredictionSet(_with_truth(with_position_names(files), reading))


def _is_native(path: str, reading: Reading) -> bool:
    """Whether a path is looked through as columns; otherwise it is in a layout of others."""
    if reading.layout not in (None, FILES) or (reading.allow_pickle and is_pickle(path)):
        return False
    return not os.path.isdir(path) or is_npy_folder(path)


def _looks(paths: Sequence[str], reading: Reading) -> dict[str, Look]:
    """What is found in each file; in a process of its own if asked for."""
    if not (paths and reading.isolated):
        return {path: _look(path, reading.fields) for path in paths}
    try:
        return apart(lambda: _looks(paths, replace(reading, isolated=False)), paths)
    except Lost:
        if len(paths) == 1:
            what = "cannot be read: the library that reads it crashes or does not end"
            return {paths[0]: (Problem(what, paths[0], remedy=WRITE_AGAIN),)}
    return {path: look for each in paths for path, look in _looks([each], reading).items()}


def _look(path: str, fields: Mapping[str, str]) -> Look:
    try:
        return examine(path, fields)
    except InvalidInputError as error:
        return error.problems


def _stored(look: Look, reading: Reading) -> StoredPredictions:
    if not isinstance(look, Examination):
        raise InvalidInputError(look)
    if problems := list(oversized(look, reading.max_image_pixels)):
        raise InvalidInputError(problems)
    return StoredPredictions(look)


def _other(path: str, reading: Reading) -> PredictionFile:
    """Open what is in a layout of others, without truth that lies elsewhere."""
    if reading.allow_pickle and is_pickle(path):
        return open_pickle(path, reading)
    return open_folder(path, reading)


def oversized(examined: Examination, limit: int) -> Iterator[Problem]:
    """The maps and masks of a file whose images declare more pixels than `limit`."""
    for table in () if examined.problems else examined.layout.tables:
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
    return [
        file.named_by_position(names[file.path])
        if file.path in names and isinstance(file, StoredPredictions)
        else file
        for file in files
    ]


def _with_truth(files: Sequence[PredictionFile], reading: Reading) -> Sequence[PredictionFile]:
    """Every file with what is true of its images, where the user has named that.

    Raises:
        InvalidInputError: with all problems of all files.
    """
    if reading.truth is None:
        return files
    done: list[PredictionFile] = []
    problems: list[Problem] = []
    for file in files:
        if isinstance(file, WithTruth):
            done.append(file)
            continue
        try:
            done.append(with_truth(file, reading.truth, reading))
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return done
