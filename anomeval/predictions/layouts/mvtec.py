"""MVTec AD: `<maps>/<object>/test/<defect>/<id>.tiff`, mirroring the data set.

Also VisA, BTAD and MVTec 3D-AD, whose masks are called otherwise, and MVTec LOCO, see `loco`.
Images in `good`, `ok` and the like, see `class_names`, are normal and need no mask.
"""

import os
from collections.abc import Iterator

from anomeval.predictions.layouts.data_set import Place, listed_maps, objects, place_of
from anomeval.predictions.layouts.foreign import ForeignLayout, Reading
from anomeval.predictions.layouts.listed import ListedPredictions, MapFiles
from anomeval.predictions.layouts.masks_by_name import MasksByName
from anomeval.predictions.layouts.pictures import SUFFIXES as PICTURES
from anomeval.predictions.layouts.pictures import PictureMask
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.tiff import SUFFIXES, read_tiff
from anomeval.predictions.layouts.tree import file_inside
from anomeval.predictions.layouts.truth import Mask, Truth
from anomeval.predictions.record import ImageEntry, PredictionFile
from anomeval.predictions.stamps import Stamps

SPLIT = "test"


def recognizes(path: str) -> bool:
    """Whether any object has a map in a folder of `test`."""
    return any(
        name.lower().endswith(SUFFIXES)
        for folder in objects(path, SPLIT).values()
        for name in _in_defect_folders(os.path.join(path, folder, SPLIT))
    )


def open_maps(path: str, reading: Reading) -> PredictionFile:
    """The maps of all objects.

    Raises:
        InvalidInputError: with every file that is in the wrong place.
    """
    entries, paths = listed_maps(path, SPLIT, SUFFIXES)
    fields = {"anomaly_map": "<file>", "image_path": "<path>", "gt_label": "<folder>"}
    fields |= {"category": "<folder>", "defect_type": "<folder>"}
    limit = reading.max_image_pixels
    return ListedPredictions(MapFiles(path, entries, paths, fields, read_tiff, limit))


def is_data_set(path: str) -> bool:
    """Whether masks are there where they are looked up."""
    return any(
        os.path.isdir(os.path.join(path, folder, "ground_truth"))
        or any(name == "gt" for name in _in_defect_folders(os.path.join(path, folder, SPLIT)))
        for folder in objects(path, SPLIT).values() or _objects_without_images(path)
    )


class DataSetTruth:
    """Masks of the data set, by object, defect type and name of the image."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.stamps = Stamps({})
        self._masks = MasksByName(path)
        self._single = os.path.isdir(os.path.join(path, SPLIT)) or os.path.isdir(
            os.path.join(path, "ground_truth")
        )

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image.

        Raises:
            Unfit: the image is not in this data set, or an anomalous one has no mask.
        """
        place = place_of(entry.identity, [SPLIT])
        folder = "" if self._single else place.object
        mask = self._mask(place, folder)
        if mask is None and not place.normal:
            where = os.path.join(folder, self._first_place(place))
            what = f"has no mask in {self.path}, where {where} was looked for"
            raise Unfit(what, "name the data set that the predictions belong to")
        return Truth(
            label=not place.normal,
            mask=mask,
            image=self._image(place, folder),
            category=place.object,
            defect_type=place.defect,
            told_by=str(place),
        )

    def _mask(self, place: Place, folder: str) -> Mask | None:
        for below in _mask_folders(place):
            if mask := self._masks.find(os.path.join(folder, below), [place.stem]):
                return PictureMask(mask)
        return None

    def _first_place(self, place: Place) -> str:
        """Where a mask is looked for first."""
        return os.path.join(next(_mask_folders(place)), f"{place.stem}_mask.png")

    def _image(self, place: Place, folder: str) -> str | None:
        """The image itself; a TIFF in its place may be the map."""
        where = os.path.join(folder, SPLIT, place.defect)
        for suffix in PICTURES:
            for name in (f"{place.stem}{suffix}", f"{place.stem}{suffix.upper()}"):
                if suffix not in SUFFIXES and (image := file_inside(self.path, where, name)):
                    return image
        return None


def _mask_folders(place: Place) -> Iterator[str]:
    """Where a mask may be: in MVTec AD and most others; in MVTec 3D-AD."""
    yield os.path.join("ground_truth", place.defect)
    yield os.path.join(SPLIT, place.defect, "gt")


def _in_defect_folders(path: str) -> Iterator[str]:
    """The names of all that is in the folders of `path`."""
    try:
        folders = [entry.path for entry in os.scandir(path) if entry.is_dir()]
        for folder in folders:
            yield from os.listdir(folder)
    except OSError:
        return


def _objects_without_images(path: str) -> list[str]:
    """Objects of which only the masks are there."""
    return list(objects(path, "ground_truth").values())


LAYOUT = ForeignLayout("mvtec", "MVTec AD tree", recognizes, open_maps, is_data_set)
