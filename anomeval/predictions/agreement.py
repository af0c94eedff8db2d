"""What all images of one file have in common, and whether a new batch agrees with it."""

from collections.abc import Collection, Iterator

import numpy as np

from anomeval.errors import Problem
from anomeval.predictions.batch import IMAGE_FIELDS, Batch
from anomeval.predictions.column import shape_text

Pattern = tuple[tuple[int, ...], np.dtype[np.generic]]


class Agreement:
    """Remembers the first image and all names.

    Args:
        mixed_sizes: whether images may differ in size and type.
    """

    def __init__(self, *, mixed_sizes: bool) -> None:
        self._mixed_sizes = mixed_sizes
        self._fields: tuple[str, ...] = ()
        self._patterns: dict[str, Pattern] = {}
        self._identities: dict[str, int] = {}
        self._count = 0

    def field_problems(self, given: Collection[str]) -> Iterator[Problem]:
        """Whether a call gives the fields that are needed, the same as before."""
        if not {"anomaly_map", "pred_score"} & set(given):
            yield Problem("neither anomaly_map nor pred_score is given", remedy="give one of them")
        if self._fields and set(given) != set(self._fields):
            what = f"the fields were {', '.join(self._fields)} and now are {', '.join(given)}"
            yield Problem(what, remedy="give the same fields in every call")

    def problems(self, batch: Batch) -> Iterator[Problem]:
        """Whether sizes, types and names of a batch fit; `index` counts within the batch."""
        for field in IMAGE_FIELDS:
            if field in batch.values and not self._mixed_sizes:
                yield from self._unlike(field, batch)
        seen: dict[str, int] = {}
        for row, name in enumerate(batch.values.get("image_path", ())):
            earlier = self._identities.get(name, seen.setdefault(name, self._count + row))
            if earlier != self._count + row:
                what = f"{name!r} was given before, for image {earlier}"
                remedy = "give every image its own path (put the category in front)"
                yield Problem(what, field="image_path", index=row, remedy=remedy)

    def accept(self, batch: Batch) -> None:
        """Take a batch that was written as part of the file."""
        self._fields = self._fields or tuple(batch.values)
        for field in IMAGE_FIELDS:
            if field in batch.values:
                first = batch.values[field][0]
                self._patterns.setdefault(field, (first.shape, first.dtype))
        for row, name in enumerate(batch.values.get("image_path", ())):
            self._identities[name] = self._count + row
        self._count += batch.count

    def _unlike(self, field: str, batch: Batch) -> Iterator[Problem]:
        images = batch.values[field]
        first = (images[0].shape, images[0].dtype) if images else ((), np.dtype(np.void))
        shape, dtype = self._patterns.get(field, first)
        for row, image in enumerate(images):
            if image.shape != shape:
                what = f"is {shape_text(image.shape)}, the first image is {shape_text(shape)}"
                remedy = "Writer(path, mixed_sizes=True) stores images of different sizes"
                yield Problem(what, field=field, index=row, remedy=remedy)
            elif not np.can_cast(image.dtype, dtype, "safe"):
                what = f"is {image.dtype.name}, the first image is {dtype.name}"
                remedy = "give one type, or choose it: Writer(path, dtype='float32')"
                yield Problem(what, field=field, index=row, remedy=remedy)
