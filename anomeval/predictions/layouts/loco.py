"""MVTec LOCO: masks `<object>/ground_truth/<defect>/<id>/*.png`, a PNG for each defect.

Maps lie as in MVTec AD. Defects of one image may overlap. The value of the pixels of a PNG names an
entry of `<object>/defects_config.json`, a list of objects that tells how much of the defect is
enough:

    pixel_value            which PNGs it is about
    saturation_threshold   pixels, or the share of the defect's area (rounded down)
    relative_saturation    whether it is a share

and also has a `defect_name`, which is not read.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.json_objects import unique
from anomeval.predictions.channels import MOST, narrowest, packed
from anomeval.predictions.layouts import mvtec
from anomeval.predictions.layouts.data_set import Place, objects
from anomeval.predictions.layouts.pictures import image_size
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.png import SUFFIX, read_png
from anomeval.predictions.layouts.tree import file_inside, listing
from anomeval.predictions.layouts.truth import Mask, MaskRead

CONFIG = "defects_config.json"

_LARGEST_CONFIG = 1 << 20


@dataclass(frozen=True, slots=True)
class Saturation:
    """How much of a defect is enough: pixels, or a share of its area."""

    threshold: Fraction
    relative: bool

    def of(self, area: int) -> int:
        """Pixels that are enough of a defect of so many; at least 1, at most all."""
        enough = self.threshold * area if self.relative else self.threshold
        return max(min(int(enough), area), 1)


@dataclass(frozen=True, slots=True)
class DefectMasks:
    """The defects of one image, not read yet. See `truth.Divided`.

    path: the folder. files: paths of the PNGs in it. config: pixel value → saturation.
    """

    path: str
    files: tuple[str, ...]
    config: Mapping[int, Saturation]
    type: np.dtype[Any]

    def read(self, limit: int) -> MaskRead:
        """Bit k is set where defect k is; and how much of each is enough."""
        channels: list[NDArray[np.bool_]] = []
        enough: list[int] = []
        for file in self.files:
            pixels = read_png(file, limit)
            values = [int(value) for value in np.unique(pixels) if value]
            if len(values) != 1 or values[0] not in self.config:
                known = ", ".join(map(str, sorted(self.config)))
                what = f"{file} has pixels of {values or 'no value but 0'}, must be one of {known}"
                raise Unfit(what, f"keep one defect in each file, as in {CONFIG}")
            if channels and pixels.shape != channels[0].shape:
                raise Unfit(f"{file} differs in size from the other defects", "check the mask")
            channels.append(pixels != 0)
            enough.append(self.config[values[0]].of(int(channels[-1].sum())))
        return MaskRead(packed(channels, self.type), np.array(enough, np.uint32))

    def size(self) -> tuple[int, ...]:
        """(H, W), from a header."""
        return image_size(self.files[0])


def is_data_set(path: str) -> bool:
    """Whether any object has a list of its defects."""
    return any(
        os.path.isfile(os.path.join(path, folder, CONFIG))
        for folder in objects(path, "ground_truth").values()
    )


class DataSetTruth(mvtec.DataSetTruth):
    """Defects of the data set, by object, kind of anomaly and name of the image."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._config = cache(self._read_config)

    def _mask(self, place: Place, folder: str) -> Mask | None:
        if place.normal:
            return None
        below = self._first_place(place)
        files = self._files(os.path.join(folder, below))
        if not files:
            return None
        path = os.path.join(self.path, folder, below)
        return DefectMasks(path, files, self._config(folder), self._narrowest)

    def _first_place(self, place: Place) -> str:
        return os.path.join("ground_truth", place.defect, place.stem)

    @cached_property
    def _narrowest(self) -> np.dtype[Any]:
        """One type for all masks, with a bit for each defect of any image."""
        most = 1
        for folder in objects(self.path, "ground_truth").values():
            counts: dict[str, int] = {}
            root = os.path.join(folder, "ground_truth")
            for file in listing(self.path, [SUFFIX], root).files:
                parent = str(file.parent)
                counts[parent] = counts.get(parent, 0) + 1
            most = max([most, *counts.values()])
        return narrowest(min(most, MOST))

    def _files(self, below: str) -> tuple[str, ...]:
        """The PNGs of an image, in the order of their names."""
        if not os.path.isdir(os.path.join(self.path, below)):
            return ()
        found = listing(self.path, [SUFFIX], below)
        if found.problems:
            raise Unfit(found.problems[0].what, found.problems[0].remedy)
        if len(found.files) > MOST:
            raise Unfit(f"has {len(found.files)} defects, more than {MOST}", "check its masks")
        return tuple(os.path.join(self.path, below, str(file)) for file in found.files)

    def _read_config(self, folder: str) -> Mapping[int, Saturation]:
        path = file_inside(self.path, folder, CONFIG)
        if path is None:
            raise Unfit(f"{os.path.join(self.path, folder, CONFIG)} is missing", "put it there")
        if os.path.getsize(path) > _LARGEST_CONFIG:
            raise Unfit(f"{path} is no list of defects", "check what it is")
        try:
            with open(path, encoding="utf-8") as file:
                return _config(json.load(file, object_pairs_hook=unique))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            what = f"{path} is no list of defects with pixel_value, saturation_threshold and "
            what += f"relative_saturation ({type(error).__name__}: {error})"
            raise Unfit(what, "take that of the data set") from None


def _config(told: Sequence[Mapping[str, Any]]) -> Mapping[int, Saturation]:
    config = {}
    for one in told:
        threshold, relative = one["saturation_threshold"], one["relative_saturation"]
        if not isfinite(threshold) or threshold < 0 or not isinstance(relative, bool):
            raise ValueError(f"saturation_threshold {threshold}, relative_saturation {relative}")
        config[int(one["pixel_value"])] = Saturation(Fraction(str(threshold)), relative)
    return config
