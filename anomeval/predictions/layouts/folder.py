"""A folder with one map for each image, whatever it is called, and masks in a folder like it.

Copy this module to add a layout: list the files, say what their paths tell, say how one is read.
"""

import os
from collections.abc import Iterator
from pathlib import PurePosixPath

from anomeval.errors import InvalidInputError, Problem
from anomeval.image_names import below_root, is_absolute, split
from anomeval.predictions.faults import LIBRARY_ERRORS
from anomeval.predictions.layouts.arrays import (
    is_map,
    read_hdf5,
    read_hdf5_apart,
    read_npy,
    read_npz,
)
from anomeval.predictions.layouts.class_names import is_normal
from anomeval.predictions.layouts.data_set import stem_of
from anomeval.predictions.layouts.foreign import ForeignLayout, Reading
from anomeval.predictions.layouts.listed import ListedPredictions, MapFiles
from anomeval.predictions.layouts.masks_by_name import MasksByName
from anomeval.predictions.layouts.pictures import PictureMask
from anomeval.predictions.layouts.pixels import ReadPixels, Unfit
from anomeval.predictions.layouts.tiff import read_tiff
from anomeval.predictions.layouts.tree import listing
from anomeval.predictions.layouts.truth import Truth
from anomeval.predictions.npy_header import npy_header
from anomeval.predictions.record import ImageEntry, PredictionFile
from anomeval.predictions.stamps import Stamps

_READERS: dict[str, ReadPixels] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".hdf5": read_hdf5,
    ".h5": read_hdf5,
    ".tiff": read_tiff,
    ".tif": read_tiff,
}


def recognizes(path: str) -> bool:
    """Whether the first file of the folder holds a map of one image."""
    found = listing(path, tuple(_READERS))
    if not found.files:
        return False
    first, suffix = os.path.join(path, found.files[0]), found.files[0].suffix.lower()
    try:
        return _holds_one_map(first, suffix)
    except (Unfit, *LIBRARY_ERRORS):
        return suffix == ".npy"  # told when it is opened: nothing else is made of such a folder


def open_maps(path: str, reading: Reading) -> PredictionFile:
    """All maps below `path`; an image is called after the path of its map, without suffix.

    Raises:
        InvalidInputError: there is no map, or maps are of several kinds.
    """
    found = listing(path, tuple(_READERS))
    problems = list(found.problems)
    suffixes = sorted({file.suffix.lower() for file in found.files})
    if len(suffixes) > 1:
        what = f"holds files of several kinds: {', '.join(suffixes)}"
        problems.append(Problem(what, path, remedy="keep one kind in the folder"))
    if problems or not suffixes:
        raise InvalidInputError(problems or [Problem("holds no anomaly maps", path)])
    entries = [
        ImageEntry(path, index, str(file.with_suffix("")), named=True)
        for index, file in enumerate(found.files)
    ]
    fields = {"anomaly_map": "<file>", "image_path": "<path>"}
    files = [str(file) for file in found.files]
    read, limit = _READERS[suffixes[0]], reading.max_image_pixels
    if reading.isolated and read is read_hdf5:
        read = read_hdf5_apart
    return ListedPredictions(MapFiles(path, entries, files, fields, read, limit))


class FolderTruth:
    """Masks with the paths of the maps: `a/000_mask.png` or `a/000.png` for the map `a/000.npy`.

    Images in a folder `good` or the like, or labelled normal, need no mask.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.stamps = Stamps({})
        self._masks = MasksByName(path)

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image.

        Raises:
            Unfit: there is no mask for it.
        """
        image = PurePosixPath(entry.identity.replace("\\", "/"))
        if ".." in image.parts:
            raise Unfit("has a path that leads out of the folder of masks", "rename it")
        stem = image.with_name(stem_of(image.name))
        names = [stem.name, image.name]
        found = (self._masks.find(folder, names) for folder in _folders(entry.identity))
        mask = next(filter(None, found), None)
        normal = entry.label is False or any(map(is_normal, image.parts[:-1]))
        if mask is None and not normal:
            what = f"has no mask {stem}_mask.png or {stem}.png in {self.path}"
            raise Unfit(what, "add it; the mask of a normal image is all zeros")
        return Truth(
            label=False if normal else None,
            mask=PictureMask(mask) if mask else None,
            told_by=os.path.relpath(mask, self.path) if mask else None,
        )


def _folders(identity: str) -> Iterator[str]:
    """Where the mask of an image may be: its folder; if that is absolute, the last parts of it."""
    if not is_absolute(split(identity)):
        yield identity.replace("\\", "/").rpartition("/")[0]
        return
    *folders, _ = below_root(identity)
    yield from ("/".join(folders[first:]) for first in range(len(folders)))


def _holds_one_map(path: str, suffix: str) -> bool:
    if suffix in (".tif", ".tiff"):
        return True
    if suffix == ".npy":
        with open(path, "rb") as file:
            return len(npy_header(file)[0]) == 2
    from anomeval.predictions.formats import recognized

    with recognized(path).open(path) as store:
        columns = store.survey().columns
    maps = [is_map(name, column) and column.shape[-1:] != (1,) for name, column in columns.items()]
    return any(maps) and all(len(column.shape) < 3 for column in columns.values())


LAYOUT = ForeignLayout("folder", "folder of maps", recognizes, open_maps, lambda _: False)
