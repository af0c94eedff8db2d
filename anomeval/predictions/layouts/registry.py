"""All layouts and all readers of truth, and which of them is meant.

Their modules are imported when one is needed.
"""

import os
from functools import partial
from importlib import import_module

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.formats import is_column_folder
from anomeval.predictions.layouts.foreign import ForeignLayout, Reading
from anomeval.predictions.layouts.isolation import UNREADABLE, Lost, apart
from anomeval.predictions.layouts.truth import TruthSource
from anomeval.predictions.record import PredictionFile

LAYOUTS = {
    "mvtec2": "mvtec2",
    "mvtec": "mvtec",
    "mvtec2-submission": "submission",
    "folder": "folder",
}
"""Name on the command line → module here, in the order in which folders are held against them."""


SAY_WHICH = "say what the folder is with --layout, or name the files in it"
"""What helps where a folder cannot be recognized."""

FILES = "files"
"""In the place of a layout: a folder stands for the prediction files in it."""


def layout_named(name: str) -> ForeignLayout:
    """The layout of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in LAYOUTS:
        remedy = f"the layouts are {', '.join([FILES, *LAYOUTS])}"
        raise UsageError(Problem(f"unknown layout {name!r}", remedy=remedy))
    module = import_module(f"anomeval.predictions.layouts.{LAYOUTS[name]}")
    layout: ForeignLayout = module.LAYOUT
    return layout


def _layout_name_of(path: str) -> str | None:
    """The layout that the folder at `path` is in; None: files in it are meant one by one."""
    return next((name for name in LAYOUTS if layout_named(name).recognizes(path)), None)


def layout_for(path: str, reading: Reading) -> ForeignLayout | None:
    """The layout of a folder that the user has named, or else the one that it is in.

    To recognize it a file of it may be opened; in a process of its own if asked for.

    Raises:
        UsageError: there is no layout of that name.
        InvalidInputError: the library does not survive that.
    """
    try:
        recognized = partial(_layout_name_of, path)
        name = reading.layout or (apart(recognized) if reading.isolated else recognized())
    except Lost:
        raise InvalidInputError(Problem(UNREADABLE, path, remedy=SAY_WHICH)) from None
    return layout_named(name) if name else None


def is_predictions(path: str) -> bool:
    """Whether the folder at `path` is one set of predictions, not a place for files of them."""
    return is_column_folder(path) or _layout_name_of(path) is not None


def open_folder(path: str, reading: Reading) -> PredictionFile:
    """The predictions in a folder of another layout.

    Raises:
        UsageError: the layout does not exist.
        InvalidInputError: with everything that is wrong with the folder.
    """
    layout = layout_for(path, reading)
    if layout is None:
        raise InvalidInputError(Problem("is a folder of no known layout", path))
    file = layout.open(path, reading)
    if reading.truth is None and layout.holds_truth(path):
        return with_truth(file, path, reading)
    return file


def with_truth(file: PredictionFile, truth: str, reading: Reading) -> PredictionFile:
    """The same predictions with what is true of them.

    Raises:
        UsageError, InvalidInputError: see `WithTruth`.
    """
    from anomeval.predictions.layouts.photographs import check_are_masks
    from anomeval.predictions.layouts.with_truth import WithTruth

    skip_bad, limit = reading.skip_bad, reading.max_image_pixels
    source = truth_at(truth, len(file.entries), skip_bad=skip_bad)
    told = WithTruth(file, source, limit, skip_bad=skip_bad)
    check_are_masks(truth, told.masks, limit)
    return told


def truth_at(path: str, count: int, *, skip_bad: bool = False) -> TruthSource:
    """The reader for what the user named as truth: a data set, a table, masks.

    Args:
        path: what was named.
        count: how many images it is to tell of; matters where they are known by position.
        skip_bad: tell of a row of a table that is not understood when its image is asked for.

    Raises:
        InvalidInputError: it is nothing that can be read, or not of as many images.
    """
    from anomeval.predictions.layouts import manifest
    from anomeval.predictions.layouts.npy import SUFFIX
    from anomeval.predictions.layouts.npy_truth import ArrayTruth

    name = path.lower()
    if os.path.isdir(path):
        return _folder_truth(path)
    if os.path.exists(path) and not os.path.isfile(path):
        remedy = "save the truth to a file"
        raise InvalidInputError(Problem("is no regular file", path, "--truth", remedy=remedy))
    if name.endswith(manifest.SUFFIXES):
        return manifest.ManifestTruth.read(path, skip_bad=skip_bad)
    if name.endswith(SUFFIX):
        return ArrayTruth(path, count)
    what = "is no ground truth" if os.path.lexists(path) else "does not exist"
    remedy = "name a data set, a folder of masks, or a .csv, .json, .jsonl or .npy file"
    raise InvalidInputError(Problem(what, path, "--truth", remedy=remedy))


def _folder_truth(path: str) -> TruthSource:
    from anomeval.predictions.layouts import folder, loco, mvtec, mvtec2

    if loco.is_data_set(path):
        return loco.DataSetTruth(path)
    if mvtec2.is_data_set(path):
        return mvtec2.DataSetTruth(path)
    return mvtec.DataSetTruth(path) if mvtec.is_data_set(path) else folder.FolderTruth(path)
