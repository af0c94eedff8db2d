"""The file that `apply` writes: how its pixels are stored, and what it keeps of the input."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.channels import united
from anomeval.predictions.checks import map_shape
from anomeval.predictions.column import Column
from anomeval.predictions.fields import PIXEL_FIELDS
from anomeval.predictions.ignoring import ignore_values, of_file
from anomeval.predictions.masks import read_mask, void_pixels
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import Image, ImageEntry
from anomeval.predictions.stored import StoredPredictions
from anomeval.reporting.result import Caution

MapType = Literal["float16", "float32", "float64"]
Compression = Literal["gzip", "none"]

NORMALIZED = {"score_space": "normalized"}
"""Attributes that tell a file of normalized scores from one of raw scores."""

VOID = 255
"""What pixels that count nowhere have in masks that are binarized, or cannot hold their value."""

_OPTIONAL_TEXTS = ("category", "defect_type", "group_id")


@dataclass(frozen=True)
class Storage:
    """How pixels are stored. mixed_sizes: each image as a sample of its own."""

    map_type: np.dtype[Any]
    compression: Literal["gzip"] | None
    mixed_sizes: bool

    @classmethod
    def like(
        cls,
        predictions: PredictionSet,
        map_type: MapType | None,
        compression: Compression | None,
    ) -> "Storage":
        """As in the input, where nothing else is asked for.

        Maps of narrower types than float32 become float32, for normalized they would tie.
        """
        arrays = list(_pixel_arrays(predictions))
        wide = any(a.field == "anomaly_map" and a.column.dtype == np.float64 for a in arrays)
        packed = any(a.column.compression for a in arrays)
        shapes = {(array.field, array.shape) for array in arrays}
        headers_known = all(isinstance(file, StoredPredictions) for file in predictions.files)
        return cls(
            np.dtype(map_type or ("float64" if wide else "float32")),
            "gzip" if (compression == "gzip" if compression else packed) else None,
            not headers_known or len(shapes) > len({field for field, _ in shapes}),
        )


@dataclass(frozen=True)
class Keepsakes:
    """What is known of the images besides predictions, and can be written along.

    fields: what every image has; of the optional texts, what any image has.
    mask_above: masks are binarized at this value; None = written as they are stored.
    cautions: what had to be left out.
    ignored: mask values that count nowhere, in what is read.
    """

    fields: tuple[str, ...]
    mask_above: float | None
    cautions: tuple[Caution, ...]
    ignored: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        predictions: PredictionSet,
        mask_above: float | None,
        ignored: tuple[int, ...] = (),
    ) -> "Keepsakes":
        """Look through the headers.

        Raises:
            InvalidInputError: files differ in which values of masks are to be ignored.
        """
        entries = predictions.entries
        fields = [name for name in _OPTIONAL_TEXTS if any(getattr(e, name) for e in entries)]
        if any(entry.named for entry in entries):
            fields.append("image_path")
        cautions = []
        for field in ("gt_label", "gt_mask", "gt_saturation"):
            lacking = predictions.files_without(field)
            if not lacking:
                fields.append(field)
            elif len(lacking) < len(predictions.files):
                message = f"{field} is left out: {', '.join(lacking)} has none"
                cautions.append(Caution("field_left_out", message))
        every = common_ignored(predictions, ignored) if "gt_mask" in fields else ()
        return cls(tuple(fields), mask_above, tuple(cautions), every)

    @property
    def stored_ignored(self) -> tuple[int, ...]:
        """The mask values that count nowhere, in what is written."""
        if self.mask_above is not None:
            return (VOID,) if self.ignored else ()
        return tuple(sorted({value if 0 <= value <= VOID else VOID for value in self.ignored}))

    def of_image(self, image: Image) -> dict[str, Any]:
        """The values of one image, as `Writer.add` takes them.

        Raises:
            InvalidInputError: a mask that cannot be stored without being binarized.
        """
        entry, divided = image.entry, "gt_saturation" in self.fields
        image = image if divided else united(image)
        values: dict[str, Any] = {name: getattr(entry, name) or "" for name in _OPTIONAL_TEXTS}
        values |= {"image_path": entry.identity, "gt_label": entry.label}
        if "gt_mask" in self.fields and image.gt_mask is not None:
            mask = image.gt_mask
            values["gt_mask"] = mask if divided else self._mask(entry, mask)
            values["gt_saturation"] = () if image.saturation is None else image.saturation
        return {field: values[field] for field in self.fields}

    def _mask(self, entry: ImageEntry, mask: NDArray[Any]) -> NDArray[Any]:
        if self.mask_above is not None:
            return binarized(mask, self.mask_above, self.ignored)
        return bytes_of(entry, mask, self.ignored)


def binarized(mask: NDArray[Any], above: float, ignored: tuple[int, ...]) -> NDArray[np.uint8]:
    """A mask as 0, 1 where a value is above a threshold, and VOID where it is ignored."""
    read = read_mask(mask, above, ignored)
    binary = read.anomalous.astype(np.uint8)
    if read.void is not None:
        binary[read.void] = VOID
    return binary


def bytes_of(
    entry: ImageEntry, mask: NDArray[Any], ignored: tuple[int, ...] = ()
) -> NDArray[np.uint8]:
    """A mask as it is, in bytes; ignored values that are no bytes become VOID.

    Raises:
        InvalidInputError: it holds other values that are no bytes, or VOID with another meaning.
    """
    with np.errstate(invalid="ignore"):
        stored = mask.astype(np.uint8)
    unlike = stored != mask
    beyond = [value for value in ignored if not 0 <= value <= VOID]
    if (void := void_pixels(mask, beyond)) is not None:
        stored[void] = VOID
        unlike &= ~void
    if unlike.any():
        what = "holds values other than whole numbers from 0 to 255"
        remedy = "say which mean not annotated: --ignore-value N; or which are anomalous: "
        remedy += "--mask-above T"
        raise InvalidInputError(image_problem(entry, "gt_mask", what, remedy))
    if beyond and VOID not in ignored and (mask == VOID).any():
        what = f"holds {VOID}, which ignored pixels become where {beyond[0]} is no byte"
        remedy = "say which are anomalous: --mask-above T"
        raise InvalidInputError(image_problem(entry, "gt_mask", what, remedy))
    return stored


def common_ignored(predictions: PredictionSet, asked: tuple[int, ...]) -> tuple[int, ...]:
    """The mask values that are to be ignored in every file: those asked for, and its own.

    Raises:
        InvalidInputError: files differ, so that no single file can hold all masks.
    """
    kinds = {ignore_values((*asked, *of_file(file.attributes))) for file in predictions.files}
    if len(kinds) > 1:
        told = " and ".join(", ".join(map(str, kind)) or "none" for kind in sorted(kinds))
        what = f"files differ in the mask values that they ignore: {told}"
        remedy = "take each file on its own, or name all of these values with --ignore-value"
        raise InvalidInputError(Problem(what, field="gt_mask", remedy=remedy))
    return kinds.pop()


def normalized_files(predictions: PredictionSet) -> list[str]:
    """The paths of the files that say that their scores are normalized, sorted."""
    says_so = [file for file in predictions.files if NORMALIZED.items() <= file.attributes.items()]
    return sorted(file.path for file in says_so)


def check_paths(predictions: PredictionSet, output: Path) -> None:
    """Refuse to normalize twice, and to put normalized scores in the place of raw ones.

    Raises:
        InvalidInputError: a file is marked as normalized already.
        UsageError: the output is one of the files.
    """
    problems = [
        Problem("holds normalized scores", path, remedy="take the raw predictions")
        for path in normalized_files(predictions)
    ]
    if problems:
        raise InvalidInputError(problems)
    if output.exists() and any(os.path.samefile(output, file.path) for file in predictions.files):
        remedy = "choose another output: the raw scores would be lost"
        raise UsageError(Problem("is one of the inputs", str(output), remedy=remedy))


def image_problem(entry: ImageEntry, field: str, what: str, remedy: str) -> Problem:
    """A problem with one field of one image."""
    image = entry.identity if entry.named else None
    return Problem(what, entry.file, field, entry.index, image, remedy)


class _PixelArray(NamedTuple):
    """Maps or masks of one table: their header, and (H, W) of each image."""

    field: str
    column: Column
    shape: tuple[int, int]


def _pixel_arrays(predictions: PredictionSet) -> Iterator[_PixelArray]:
    """All of them, as far as headers are known."""
    for file in predictions.files:
        if not isinstance(file, StoredPredictions):
            continue
        for table in file.examination.layout.tables:
            columns: Mapping[str, Column] = table.roles.columns
            for field in PIXEL_FIELDS:
                if field in columns:
                    column = columns[field]
                    yield _PixelArray(field, column, map_shape(column, single=table.single))
