"""What the server of MVTec AD 2 takes: one float16 TIFF for each private image, nothing else.

anomaly_images/<object>/test_private/<id>_regular.tiff
anomaly_images/<object>/test_private_mixed/<id>_mixed.tiff
anomaly_images_thresholded/...                                .png of 0 and 255, optional
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.faults import LIBRARY_ERRORS, explained
from anomeval.predictions.layouts.data_set import stem_of
from anomeval.predictions.layouts.foreign import ForeignLayout, Reading
from anomeval.predictions.layouts.listed import ListedPredictions, MapFiles
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE, Unfit
from anomeval.predictions.layouts.png import read_png
from anomeval.predictions.layouts.safe_names import safe_name
from anomeval.predictions.layouts.tiff import SUFFIXES, read_tiff, tiff_header
from anomeval.predictions.layouts.tree import closed, linked_folders, listing
from anomeval.predictions.layouts.tree_writing import check_places, write_png, write_tiff
from anomeval.predictions.record import Image, ImageEntry, PredictionFile

MAPS, MASKS = "anomaly_images", "anomaly_images_thresholded"
SPLITS = {"regular": "test_private", "mixed": "test_private_mixed"}

_STEM = re.compile(r"(\d{3,})_(regular|mixed)")

Decide = Callable[[str, NDArray[Any]], NDArray[np.bool_]]
"""(object, raw map) → anomalous pixels."""


class SubmissionSink:
    """Takes images one by one; each goes to a place that was chosen for all of them before."""

    layout = "mvtec2-submission"

    def __init__(self, root: Path, entries: Sequence[ImageEntry], decide: Decide | None) -> None:
        """Choose the places.

        Args:
            root: an empty folder.
            entries: the images in the order in which they will come.
            decide: makes the thresholded masks; None = none are written.

        Raises:
            InvalidInputError: with every image whose name is not that of a private image.
        """
        self._root, self._decide = root, decide
        places = [_place(entry) for entry in entries]
        check_places(entries, places)
        self._places = iter([place for place in places if not isinstance(place, Unfit)])

    def append(self, image: Image) -> Image:
        """Write the next image; returns what a reader of the tree will get.

        Raises:
            Unfit: its scores do not fit into float16.
        """
        place = next(self._places)
        scores = image.anomaly_map
        if scores is None:
            raise Unfit("has no anomaly_map", "give every image a map")
        with np.errstate(over="ignore"):
            narrow = scores.astype(np.float16)
        if (np.isinf(narrow) & ~np.isinf(scores)).any():
            raise Unfit("has scores that do not fit into float16", "scale all maps alike")
        write_tiff(self._root / MAPS / f"{place}.tiff", narrow)
        if self._decide:
            mask = np.where(self._decide(place.parts[0], scores), np.uint8(255), np.uint8(0))
            write_png(self._root / MASKS / f"{place}.png", mask)
        entry = replace(
            image.entry,
            identity=str(place),
            named=True,
            score=None,
            label=None,
            category=place.parts[0],
            defect_type=None,
            group_id=None,
        )
        return Image(entry, narrow, None)

    def finish(self) -> None:
        """Nothing is left to be written."""


def open_maps(path: str, reading: Reading) -> PredictionFile:
    """The maps of a submission, of which nobody but the server knows what is true.

    Raises:
        InvalidInputError: with every file that must not be read.
    """
    found = listing(path, SUFFIXES, MAPS)
    if found.problems:
        raise InvalidInputError(found.problems)
    entries = [
        ImageEntry(path, index, str(file.with_suffix("")), named=True, category=file.parts[0])
        for index, file in enumerate(found.files)
    ]
    files = [f"{MAPS}/{file}" for file in found.files]
    fields = {"anomaly_map": "<file>", "image_path": "<path>", "category": "<folder>"}
    limit = reading.max_image_pixels
    return ListedPredictions(MapFiles(path, entries, files, fields, read_tiff, limit))


def submission_problems(root: str | Path, counts: Mapping[str, int] | None = None) -> list[Problem]:
    """All that the server would refuse.

    Args:
        root: the folder with `anomaly_images`.
        counts: object → how many images each of its two splits must have; without it both must
            have the same number, counted from 000 without a gap.
    """
    root = Path(root)
    problems: list[Problem] = []
    maps, masks = (_files(root, part, problems) for part in (MAPS, MASKS))
    problems += [Problem(what, str(root)) for what in _name_faults(maps, ".tiff")]
    problems += [Problem(what, str(root)) for what in _count_faults(maps, counts or {})]
    sizes: dict[PurePosixPath, tuple[int, int] | None] = {}
    for file in maps:
        sizes[file.with_suffix("")], wrong = _map_fault(root / MAPS / file)
        problems += [Problem(wrong, str(root), str(PurePosixPath(MAPS, file)))] if wrong else []
    if masks:
        problems += [Problem(what, str(root)) for what in _mask_set_faults(maps, masks)]
    for file in masks:
        wrong = _mask_fault(root / MASKS / file, sizes.get(file.with_suffix("")))
        problems += [Problem(wrong, str(root), str(PurePosixPath(MASKS, file)))] if wrong else []
    return problems


def _place(entry: ImageEntry) -> PurePosixPath | Unfit:
    parts = entry.identity.replace("\\", "/").split("/")
    stem = stem_of(parts[-1])
    match = _STEM.fullmatch(stem)
    if not match:
        what = f"is called {stem!r}, must be <number>_regular or <number>_mixed"
        return Unfit(what, "call images as the data set does")
    category = entry.category or (parts[-3] if len(parts) > 2 else "")
    try:
        return PurePosixPath(safe_name(category), SPLITS[match[2]], stem)
    except Unfit as unfit:
        return unfit


def _files(root: Path, part: str, problems: list[Problem]) -> list[PurePosixPath]:
    """Everything in a part of a submission; folders that are not looked into become problems."""
    found: list[PurePosixPath] = []
    if not (root / part).is_dir():
        return found
    problems += linked_folders(str(root), str(root), [part])
    for folder, folders, names in os.walk(root / part, onerror=closed(str(root), problems)):
        problems += linked_folders(str(root), folder, folders)
        found += [PurePosixPath(Path(folder, name).relative_to(root / part)) for name in names]
    return sorted(found)


def _name_faults(files: Sequence[PurePosixPath], suffix: str) -> Iterator[str]:
    if not files:
        yield f"has no images in {MAPS}"
    for file in files:
        match = _STEM.fullmatch(file.stem)
        right = match and len(file.parts) == 3 and file.suffix == suffix
        if not right or (match and file.parts[1] != SPLITS[match[2]]):
            yield f"{file} is not <object>/<split>/<number>_<condition>{suffix}"


def _count_faults(files: Sequence[PurePosixPath], counts: Mapping[str, int]) -> Iterator[str]:
    """Every split of every object must be there, from 000 on, and complete."""
    found: dict[tuple[str, str], set[int]] = {}
    for file in files:
        if (match := _STEM.fullmatch(file.stem)) and len(file.parts) == 3:
            found.setdefault((file.parts[0], file.parts[1]), set()).add(int(match[1]))
    for category in sorted({category for category, _ in found} | counts.keys()):
        numbers = {split: found.get((category, split), set()) for split in SPLITS.values()}
        wanted = counts.get(category, max(map(len, numbers.values())))
        for split, present in numbers.items():
            if present != set(range(wanted)):
                missing = sorted(set(range(wanted)) - present)
                first = f", {missing[0]:03} is missing" if missing else ""
                yield f"{category}/{split} has {len(present)} images of {wanted}{first}"


def _map_fault(path: Path) -> tuple[tuple[int, int] | None, str | None]:
    """(size, what is wrong with it)."""
    try:
        size, dtype = tiff_header(str(path), LARGEST_IMAGE)
    except Unfit as unfit:
        return None, unfit.what
    except LIBRARY_ERRORS as error:
        return None, explained(error)[0]
    return size, None if dtype == np.float16 else f"is {dtype.name}, must be float16"


def _mask_set_faults(
    maps: Sequence[PurePosixPath], masks: Sequence[PurePosixPath]
) -> Iterator[str]:
    without = {file.with_suffix("") for file in maps} ^ {file.with_suffix("") for file in masks}
    for stem in sorted(without):
        yield f"{stem} is not both in {MAPS} and in {MASKS}"


def _mask_fault(path: Path, size: tuple[int, int] | None) -> str | None:
    try:
        mask = read_png(str(path), LARGEST_IMAGE)
    except Unfit as unfit:
        return unfit.what
    except LIBRARY_ERRORS as error:
        return explained(error)[0]
    if mask.dtype != np.uint8 or not np.isin(mask, (0, 255)).all():
        return "holds other values than 0 and 255"
    if size is not None and mask.shape != size:
        return f"is {mask.shape[0]} x {mask.shape[1]}, its map is {size[0]} x {size[1]}"
    return None


LAYOUT = ForeignLayout(
    "mvtec2-submission",
    "MVTec AD 2 submission",
    lambda path: os.path.isdir(os.path.join(path, MAPS)),
    open_maps,
    lambda _: False,
)
