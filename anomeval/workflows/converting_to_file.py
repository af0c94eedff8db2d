"""Converting to one HDF5 or NPZ file, which appears whole or not at all."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from anomeval.atomic import temporary_name, unwritable
from anomeval.errors import UsageError
from anomeval.predictions.channels import united
from anomeval.predictions.ignoring import ATTRIBUTE as IGNORE_VALUE
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import Image
from anomeval.predictions.writer import Attribute, Writer
from anomeval.reporting.result import Caution
from anomeval.workflows.delivering import Keepsakes, bytes_of

_OWN_ATTRIBUTES = ("anomeval_schema", IGNORE_VALUE)


class MixedSizes(Exception):
    """Images differ in size or type, and each must be stored as a sample of its own."""


class FileTarget:
    """An HDF5 or NPZ file, written under a temporary name."""

    def __init__(
        self,
        output: Path,
        predictions: PredictionSet,
        keepsakes: Keepsakes,
        *,
        compress: bool,
        mixed_sizes: bool,
    ) -> None:
        predicted, left_out = _predicted(predictions)
        attributes, differing = _common_attributes(predictions)
        self.output = output
        self.cautions: Sequence[Caution] = (*keepsakes.cautions, *left_out, *differing)
        self.keeps_names = "image_path" in keepsakes.fields
        self._fields = (*predicted, *keepsakes.fields)
        self._mixed_sizes = mixed_sizes
        self._first: list[object] = []
        self._path = output.with_name(temporary_name(output.stem, output.suffix))
        self._writer = Writer(
            self._path,
            compression="gzip" if compress else None,
            mixed_sizes=mixed_sizes,
            attributes=attributes,
            ignore_value=keepsakes.stored_ignored,
        )
        self._is_open = False

    def __enter__(self) -> Self:
        self._writer.__enter__()
        self._is_open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_open:
            self._writer.__exit__(kind, error, trace)
        self._path.unlink(missing_ok=True)

    def append(self, image: Image) -> Image:
        """Write an image with all that the whole data set has.

        Raises:
            MixedSizes: it differs from the first one, and sizes are not mixed.
            InvalidInputError: it cannot be stored.
        """
        stored = _restricted(image, self._fields)
        pattern = [_pattern(stored.anomaly_map), _pattern(stored.gt_mask)]
        self._first = self._first or pattern
        if not self._mixed_sizes and pattern != self._first:
            raise MixedSizes
        values = _values(stored)
        with self._called_by_its_name():
            self._writer.add(**{field: values[field] for field in self._fields})
        return stored

    def finish(self) -> tuple[Path, str | None]:
        """Complete the file; returns its temporary name."""
        self._is_open = False
        with self._called_by_its_name():
            self._writer.__exit__(None, None, None)
        return self._path, None

    def commit(self) -> None:
        """Put the file in its place.

        Raises:
            UsageError: the system refuses to.
        """
        try:
            os.replace(self._path, os.path.realpath(self.output))
        except OSError as error:
            raise unwritable(self.output, error) from None

    @contextmanager
    def _called_by_its_name(self) -> Iterator[None]:
        """Let messages name the output, and not the temporary file."""
        try:
            yield
        except UsageError as error:
            named = [replace(problem, file=str(self.output)) for problem in error.problems]
            raise UsageError(named) from None


def _values(image: Image) -> dict[str, Any]:
    """The values of an image as `Writer.add` takes them."""
    entry = image.entry
    return {
        "anomaly_map": image.anomaly_map,
        "gt_mask": image.gt_mask,
        "gt_saturation": () if image.saturation is None else image.saturation,
        "pred_score": entry.score,
        "gt_label": entry.label,
        "image_path": entry.identity,
        "category": entry.category or "",
        "defect_type": entry.defect_type or "",
        "group_id": entry.group_id or "",
    }


def _predicted(predictions: PredictionSet) -> tuple[list[str], list[Caution]]:
    """Of map and score those that every image has; what only some have is told."""
    kept, cautions = [], []
    for field in ("anomaly_map", "pred_score"):
        lacking = predictions.files_without(field)
        if not lacking:
            kept.append(field)
        elif len(lacking) < len(predictions.files):
            message = f"{field} is left out: {', '.join(lacking)} has none"
            cautions.append(Caution("field_left_out", message))
    return kept, cautions


def _restricted(image: Image, fields: Sequence[str]) -> Image:
    """The image as a file with these fields holds it."""
    divided = "gt_saturation" in fields
    image = image if divided else united(image)
    entry, mask = image.entry, image.gt_mask if "gt_mask" in fields else None
    if mask is not None and not divided:
        mask = bytes_of(entry, mask)
    kept = replace(
        entry,
        score=entry.score if "pred_score" in fields else None,
        label=entry.label if "gt_label" in fields else None,
        category=entry.category or None,
        defect_type=entry.defect_type or None,
        group_id=entry.group_id or None,
    )
    scores = image.anomaly_map if "anomaly_map" in fields else None
    return Image(kept, scores, mask, image.saturation)


def _pattern(array: NDArray[Any] | None) -> object:
    return None if array is None else (array.shape, array.dtype.newbyteorder("="))


def _common_attributes(
    predictions: PredictionSet,
) -> tuple[dict[str, Attribute], list[Caution]]:
    """What all files say of themselves, and a caution about what only some say."""
    said: Counter[tuple[str, Attribute]] = Counter()
    for file in predictions.files:
        for name, value in file.attributes.items():
            if name not in _OWN_ATTRIBUTES and isinstance(value, str | bool | int | float):
                said[name, value] += 1
    common = {name: value for (name, value), n in said.items() if n == len(predictions.files)}
    lost = sorted({name for name, _ in said} - common.keys())
    message = f"attributes that not all files share are left out: {', '.join(lost)}"
    return common, [Caution("attribute_left_out", message)] if lost else []
