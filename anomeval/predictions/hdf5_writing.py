"""Writing HDF5, batch by batch.

Imports h5py, so it is itself imported only when such a file is written.
"""

from collections.abc import Mapping
from typing import Any

import h5py  # type: ignore[import-untyped,unused-ignore]

from anomeval.predictions.batch import IMAGE_FIELDS, NUMBER_TYPES, Batch
from anomeval.predictions.fields import TEXT_FIELDS
from anomeval.predictions.layout import SAMPLES, sample_key

_LIBRARY_VERSION = "v110"  # since 2016; its headers carry checksums
_ROWS_PER_CHUNK = 256  # of columns with one value for each image


class Hdf5Sink:
    """An HDF5 file that grows. The same calls give the same bytes."""

    def __init__(
        self, path: str, attributes: Mapping[str, Any], *, compress: bool, samples: bool
    ) -> None:
        self._file: Any = h5py.File(path, "w", libver=_LIBRARY_VERSION, locking="best-effort")
        self._file.attrs.update(attributes)
        self._filters = {"compression": 1, "shuffle": True} if compress else {}
        self._add = self._add_sample if samples else self._add_rows
        self._count = 0

    def append(self, batch: Batch) -> None:
        """Write the images of one call."""
        self._add(batch)
        self._count += batch.count

    def finish(self) -> None:
        """Write what is left, and close."""
        self._file.close()

    def abandon(self) -> None:
        """Close without caring about the content."""
        self._file.close()

    def _add_rows(self, batch: Batch) -> None:
        for field, values in batch.values.items():
            if field not in self._file:
                self._create_column(field, values[0])
            dataset = self._file[field]
            dataset.resize(self._count + batch.count, axis=0)
            if field in IMAGE_FIELDS:
                for row, image in enumerate(values, self._count):
                    dataset[row] = image
            else:
                dataset[self._count :] = values

    def _create_column(self, field: str, first: Any) -> None:
        if field in IMAGE_FIELDS:
            shape, dtype, chunks = first.shape, first.dtype, (1, *first.shape)
            filters = self._filters
        else:
            shape, chunks, filters = (), (_ROWS_PER_CHUNK,), {}
            dtype = h5py.string_dtype() if field in TEXT_FIELDS else NUMBER_TYPES[field]
        self._file.create_dataset(
            field, (0, *shape), dtype, maxshape=(None, *shape), chunks=chunks, **filters
        )

    def _add_sample(self, batch: Batch) -> None:
        for row in range(batch.count):
            group = self._file.create_group(f"{SAMPLES}/{sample_key(self._count + row)}")
            for field, values in batch.values.items():
                if field in IMAGE_FIELDS:
                    image = values[row]
                    group.create_dataset(field, data=image, chunks=image.shape, **self._filters)
                else:
                    group.attrs.create(field, values[row], dtype=NUMBER_TYPES.get(field))
