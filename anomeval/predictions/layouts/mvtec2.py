"""MVTec AD 2: `<maps>/<object>/test_public/<good or bad>/<id>_<condition>.tiff`.

An image is a sample taken under a condition: `000_regular` and `000_overexposed` are one sample,
and share a `group_id`. The defect type of bad images is their condition, `bad/regular`, so that
`--by defect_type` tells how well defects are found under each.
"""

import os
from dataclasses import replace

from anomeval.predictions.layouts.class_names import is_normal
from anomeval.predictions.layouts.data_set import listed_maps, objects, place_of
from anomeval.predictions.layouts.foreign import ForeignLayout, Reading
from anomeval.predictions.layouts.listed import ListedPredictions, MapFiles
from anomeval.predictions.layouts.masks_by_name import MasksByName
from anomeval.predictions.layouts.pictures import PictureMask
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.tiff import SUFFIXES, read_tiff
from anomeval.predictions.layouts.tree import file_inside
from anomeval.predictions.layouts.truth import Truth
from anomeval.predictions.record import ImageEntry, PredictionFile
from anomeval.predictions.stamps import Stamps

SPLIT = "test_public"


def recognizes(path: str) -> bool:
    """Whether any object has a public test split."""
    return bool(objects(path, SPLIT))


def open_maps(path: str, reading: Reading) -> PredictionFile:
    """The maps of all objects.

    Raises:
        InvalidInputError: with every file that is in the wrong place.
    """
    entries, paths = listed_maps(path, SPLIT, SUFFIXES)
    fields = {"anomaly_map": "<file>", "image_path": "<path>", "gt_label": "<folder>"}
    fields |= {"category": "<folder>", "defect_type": "<folder>", "group_id": "<path>"}
    named = [_with_condition(entry) for entry in entries]
    limit = reading.max_image_pixels
    return ListedPredictions(MapFiles(path, named, paths, fields, read_tiff, limit))


def is_data_set(path: str) -> bool:
    """Whether masks are there where they are looked up."""
    return any(
        os.path.isdir(os.path.join(path, folder, SPLIT, "ground_truth"))
        for folder in objects(path, SPLIT).values()
    )


class DataSetTruth:
    """Masks of the public test split, by object and name of the image.

    A mask is that of the very image, or one of its sample, which holds under all conditions.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.stamps = Stamps({})
        self._masks = MasksByName(path)
        self._single = os.path.isdir(os.path.join(path, SPLIT))

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image.

        Raises:
            Unfit: the image is not in this data set, or an anomalous one has no mask.
        """
        place = place_of(entry.identity, [SPLIT])
        folder = os.path.join("" if self._single else place.object, SPLIT)
        where = os.path.join(folder, "ground_truth", place.defect)
        sample, _, _ = place.stem.partition("_")
        mask = self._masks.find(where, [place.stem, sample])
        if mask is None and not place.normal:
            where = os.path.join(where, f"{place.stem}_mask.png")
            what = f"has no mask in {self.path}, where {where} was looked for"
            raise Unfit(what, "name the data set that the predictions belong to")
        return Truth(
            label=not place.normal,
            mask=PictureMask(mask) if mask else None,
            image=file_inside(self.path, folder, place.defect, f"{place.stem}.png"),
            category=place.object,
            told_by=str(place),
        )


def _with_condition(entry: ImageEntry) -> ImageEntry:
    folder, _, stem = entry.identity.rpartition("/")
    sample, _, condition = stem.partition("_")
    defect = entry.defect_type
    if condition and not is_normal(defect or ""):
        defect = f"{defect}/{condition}"
    return replace(entry, defect_type=defect, group_id=f"{folder}/{sample}")


LAYOUT = ForeignLayout("mvtec2", "MVTec AD 2 tree", recognizes, open_maps, is_data_set)
