"""Writing the tree of MVTec AD: TIFF maps and PNG masks, side by side."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.channels import united
from anomeval.predictions.layouts.class_names import is_normal
from anomeval.predictions.layouts.data_set import stem_of
from anomeval.predictions.layouts.mvtec import SPLIT
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.safe_names import safe_name
from anomeval.predictions.layouts.tree_writing import check_places, write_png, write_tiff
from anomeval.predictions.record import Image, ImageEntry

_GOOD, _BAD = "good", "bad"

Shape = tuple[int, ...]


class MvtecSink:
    """Takes images one by one; each goes to a place that was chosen for all of them before."""

    layout = "mvtec"

    def __init__(self, root: Path, entries: Sequence[ImageEntry]) -> None:
        """Choose the places.

        Args:
            root: an empty folder.
            entries: the images in the order in which they will come; each must tell whether it
                is anomalous.

        Raises:
            InvalidInputError: with every image that has no place of its own.
        """
        self._root = root
        names = [stem_of(PurePosixPath(entry.identity).name) for entry in entries]
        places = [_place(entry, name) for entry, name in zip(entries, names, strict=True)]
        if len({str(place).casefold() for place in places}) < len(places):
            names = [stem_of(entry.identity.strip("/").replace("/", "_")) for entry in entries]
            places = [_place(entry, name) for entry, name in zip(entries, names, strict=True)]
        check_places(entries, places)
        self._places = iter([place for place in places if not isinstance(place, Unfit)])
        self._good: list[tuple[Path, Shape, Shape]] = []  # masks not written: size, map's size
        self._sizes: dict[str, set[Shape]] = {}  # of the masks that were written, by object

    def append(self, image: Image) -> Image:
        """Write the next image; returns what a reader of the tree will get.

        Raises:
            Unfit: it has no map.
        """
        place = next(self._places)
        category, defect, stem = place.parts
        scores, mask = image.anomaly_map, None
        if scores is None:
            raise Unfit("has no anomaly_map", "give every image a map")
        write_tiff(self._root / category / SPLIT / defect / f"{stem}.tiff", scores)
        whole = united(image).gt_mask
        if whole is not None:
            mask = _two_level(whole)
            path = self._root / category / "ground_truth" / defect / f"{stem}_mask.png"
            if is_normal(defect):
                self._good.append((path, mask.shape, scores.shape))
            else:
                write_png(path, mask)
                self._sizes.setdefault(category, set()).add(mask.shape)
        return Image(_as_read(image.entry, place), scores, mask)

    def finish(self) -> None:
        """Write masks of good images where a reader could not tell their size."""
        for path, size, map_size in self._good:
            sizes = self._sizes.get(path.parents[2].name, set())
            as_map = size == map_size and (not sizes or size in sizes)
            if not as_map and sizes != {size}:
                write_png(path, np.zeros(size, np.uint8))


def _place(entry: ImageEntry, name: str) -> PurePosixPath | Unfit:
    """`<object>/<defect>/<stem>`."""
    if entry.label and is_normal(entry.defect_type or ""):
        what = f"is anomalous, and its defect type is {entry.defect_type}"
        return Unfit(what, "correct one of them")
    defect = (entry.defect_type or _BAD) if entry.label else _GOOD
    try:
        category = entry.category or stem_of(Path(entry.file).stem)
        return PurePosixPath(safe_name(category), safe_name(defect), safe_name(name))
    except Unfit as unfit:
        return unfit


def _as_read(entry: ImageEntry, place: PurePosixPath) -> ImageEntry:
    """What the tree tells of an image."""
    category, defect, stem = place.parts
    return replace(
        entry,
        identity=f"{category}/{SPLIT}/{defect}/{stem}",
        named=True,
        score=None,
        label=not is_normal(defect),
        category=category,
        defect_type=defect,
        group_id=None,
    )


def _two_level(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """{0, n} as {0, 255}, as is usual; a gray mask as it is."""
    low, high = (0, int(mask.max())) if mask.size else (0, 0)
    if not np.isin(mask, (low, high)).all():
        return mask
    return np.where(mask != 0, np.uint8(255), np.uint8(0))
