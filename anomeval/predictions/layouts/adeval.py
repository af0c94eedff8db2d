"""The pickles of ADEval and Real-IAD: image path → (map, score, path of the mask or None)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.faults import reading as reading_file
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pictures import PictureMask
from anomeval.predictions.layouts.pixels import Unfit, as_map, check_size, placed
from anomeval.predictions.layouts.restricted_pickle import load_plain
from anomeval.predictions.layouts.tree import file_inside
from anomeval.predictions.layouts.truth import Truth
from anomeval.predictions.layouts.with_truth import WithTruth
from anomeval.predictions.record import Image, ImageEntry, PredictionFile
from anomeval.predictions.stamps import Stamps

_SIGNATURE = b"\x80"
_RECORD = "(map, score, path of the mask or None)"

Record = tuple[NDArray[Any], float, str | None]


def is_pickle(path: str) -> bool:
    """Whether a file begins like a pickle."""
    try:
        with open(path, "rb") as file:
            return file.read(1) == _SIGNATURE
    except OSError:
        return False


def open_pickle(path: str, reading: Reading) -> PredictionFile:
    """Read a whole pickle; a pickle cannot be streamed.

    Masks are read if `reading.truth` names the folder that their paths are relative to.

    Raises:
        InvalidInputError: it holds anything but such records, with every record that is wrong.
    """
    with reading_file(path), open(path, "rb") as file:
        content = load_plain(file)
    if not isinstance(content, dict) or not content:
        remedy = f"a dict of image path → {_RECORD} is read"
        raise InvalidInputError(Problem("holds no predictions", path, remedy=remedy))
    problems = [
        Problem(what, path, index=index, image=str(name)[:200], remedy=f"must be {_RECORD}")
        for index, (name, record) in enumerate(content.items())
        if (what := _fault(name, record))
    ]
    if problems:
        raise InvalidInputError(problems)
    file_ = _LoadedPredictions(path, content, reading.max_image_pixels)
    if reading.truth is None:
        return file_
    masks = [record[2] for record in content.values()]
    return WithTruth(file_, _MaskPaths(os.fspath(reading.truth), masks), reading.max_image_pixels)


class _LoadedPredictions:
    """Records in memory as `PredictionFile`."""

    random_access = True
    attributes: Mapping[str, object] = MappingProxyType({})

    def __init__(self, path: str, records: Mapping[str, Record], limit: int) -> None:
        self.path = path
        fields = {"anomaly_map": "0", "pred_score": "1", "gt_label": "2", "image_path": "<key>"}
        self.fields: Mapping[str, str] = fields
        self.entries: Sequence[ImageEntry] = [
            ImageEntry(
                file=path,
                index=index,
                identity=name.replace("\\", "/"),
                named=True,
                score=float(score),
                label=mask is not None,
            )
            for index, (name, (_, score, mask)) in enumerate(records.items())
        ]
        self._maps = [record[0] for record in records.values()]
        self._limit = limit
        self._closed = False

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, without masks."""
        if self._closed:
            raise UsageError(Problem("was closed before it was read", self.path))
        for position in range(len(self.entries))[start:stop]:
            entry, scores = self.entries[position], self._maps[position]
            with placed(entry, "anomaly_map", "0"):
                check_size(scores.shape, self._limit)
                yield Image(entry, as_map(scores), None)

    def close(self) -> None:
        """Let the arrays go."""
        self._closed = True
        self._maps = []


class _MaskPaths:
    """Masks whose paths came with the predictions."""

    def __init__(self, root: str, masks: Sequence[str | None]) -> None:
        self.path = root
        self.stamps = Stamps({})
        self._masks = masks

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image, found by its position.

        Raises:
            Unfit: the mask is not there, or outside of the folder.
        """
        mask = self._masks[entry.index]
        if mask is None:
            return Truth(label=False)
        path = file_inside(self.path, mask.replace("\\", os.sep))
        if path is None:
            raise Unfit(f"has no mask {mask} in {self.path}", "name the folder of the data set")
        return Truth(label=True, mask=PictureMask(path))


def _fault(name: object, record: object) -> str | None:
    if not isinstance(name, str) or not name:
        return "has no path"
    if not isinstance(record, tuple | list) or len(record) != 3:
        return "is no record of three"
    scores, score, mask = record
    if not isinstance(scores, np.ndarray):
        return f"has {type(scores).__name__} for a map"
    if not isinstance(score, int | float):
        return f"has {type(score).__name__} for a score"
    return None if mask is None or isinstance(mask, str) else "has no path of a mask"
