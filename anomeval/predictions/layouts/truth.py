"""What is true of images, where it lies apart from the predictions."""

import os
from dataclasses import dataclass
from typing import Protocol

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.record import ImageEntry


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one image. None: nothing is known.

    mask: path of the mask. A normal image without one is normal in every pixel.
    image: path of the image itself, whose size is that of its mask.
    """

    label: bool | None
    mask: str | None = None
    image: str | None = None
    category: str | None = None
    defect_type: str | None = None
    group_id: str | None = None


class TruthSource(Protocol):
    """Where truth is looked up, image by image."""

    path: str  # as the user typed it

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image, found by its identity, without reading a pixel.

        Raises:
            Unfit: nothing is known of it, or it cannot be told which of several it is.
        """
        ...


def truth_at(path: str) -> TruthSource:
    """The reader for what the user named as truth: a data set, a table, a folder of masks.

    Raises:
        InvalidInputError: it is none of these, or cannot be read.
    """
    from anomeval.predictions.layouts import mvtec, mvtec2
    from anomeval.predictions.layouts.folder import FolderTruth
    from anomeval.predictions.layouts.manifest import SUFFIXES, ManifestTruth

    if os.path.isdir(path):
        for module in (mvtec2, mvtec):
            if module.is_data_set(path):
                return module.DataSetTruth(path)
        return FolderTruth(path)
    if path.lower().endswith(SUFFIXES):
        return ManifestTruth.read(path)
    what = "is no ground truth" if os.path.lexists(path) else "does not exist"
    remedy = "name a data set, a folder of masks, or a CSV, JSON or JSONL file"
    raise InvalidInputError(Problem(what, path, "--truth", remedy=remedy))
