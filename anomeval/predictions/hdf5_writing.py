"""Writing HDF5, batch by batch.

Imports h5py, so it is itself imported only when such a file is written.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import h5py  # type: ignore[import-untyped,unused-ignore]

from anomeval.atomic import undisturbed
from anomeval.predictions.batch import IMAGE_FIELDS, NUMBER_TYPES, Batch
from anomeval.predictions.fields import LIST_FIELDS, TEXT_FIELDS
from anomeval.predictions.layout import SAMPLES, sample_key

_LIBRARY_VERSION = "v110"  # since 2016; its headers carry checksums
_ROWS_PER_CHUNK = 256  # of columns with one value for each image


Answer = TypeVar("Answer")


class _Disk(io.RawIOBase):
    """A file that HDF5 never sees fail.

    On a full disk the library can neither go on nor close, and takes the process along. So the
    first failure is kept for `check`, and whatever is written after it goes nowhere.
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "w+b", buffering=0)  # noqa: SIM115  (closed by `close`)
        self._failure: OSError | None = None

    def check(self) -> None:
        """Raise the first failure, if there was one."""
        if self._failure:
            raise self._failure

    def write(self, content: Any) -> int:
        """Write all of it, and say so."""
        rest = memoryview(content).cast("B")
        size = len(rest)
        while rest and not self._failure:
            rest = rest[self._tried(self._file.write, rest) or len(rest) :]
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the length of the file."""
        self._tried(self._file.truncate, size)
        return size or 0

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the file goes."""
        return self._file.readinto(buffer) or 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where we are."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._file.close()
        super().close()

    def _tried(self, call: Callable[..., Answer], *words: Any) -> Answer | None:
        try:
            return call(*words)
        except OSError as failure:
            self._failure = self._failure or failure
            return None


class Hdf5Sink:
    """An HDF5 file that grows. The same calls give the same bytes.

    HDF5 writes by calling back into Python, where an interrupt would be lost together with what was
    being written; so interrupts wait until a call is done.
    """

    @undisturbed()
    def __init__(
        self, path: str, attributes: Mapping[str, Any], *, compress: bool, samples: bool
    ) -> None:
        self._disk = _Disk(path)
        self._file: Any = h5py.File(self._disk, "w", libver=_LIBRARY_VERSION)
        self._file.attrs.update(attributes)
        self._filters = {"compression": 1, "shuffle": True} if compress else {}
        self._add = self._add_sample if samples else self._add_rows
        self._count = 0

    @undisturbed()
    def append(self, batch: Batch) -> None:
        """Write the images of one call.

        Raises:
            OSError: the disk is full, or whatever else the system refuses for.
        """
        self._add(batch)
        self._disk.check()
        self._count += batch.count

    @undisturbed()
    def finish(self) -> None:
        """Write what is left, and close; raises as `append`."""
        self._file.close()
        self._disk.check()
        self._disk.close()

    @undisturbed()
    def abandon(self) -> None:
        """Close without caring about the content."""
        self._file.close()
        self._disk.close()

    def _add_rows(self, batch: Batch) -> None:
        for field, values in batch.values.items():
            if field not in self._file:
                self._create_column(field, values[0])
            dataset = self._file[field]
            dataset.resize(self._count + batch.count, axis=0)
            if field in LIST_FIELDS:  # shorter ones end in zeros
                dataset.resize(max(dataset.shape[1], *map(len, values)), axis=1)
                for row, numbers in enumerate(values, self._count):
                    dataset[row, : len(numbers)] = numbers
            elif field in IMAGE_FIELDS:
                for row, image in enumerate(values, self._count):
                    dataset[row] = image
            else:
                dataset[self._count :] = values

    def _create_column(self, field: str, first: Any) -> None:
        if field in IMAGE_FIELDS:
            shape, dtype, chunks = first.shape, first.dtype, (1, *first.shape)
            filters = self._filters
        elif field in LIST_FIELDS:
            shape, dtype, filters = (0,), NUMBER_TYPES[field], {}
            chunks = (_ROWS_PER_CHUNK, max(len(first), 1))
        else:
            shape, chunks, filters = (), (_ROWS_PER_CHUNK,), {}
            dtype = h5py.string_dtype() if field in TEXT_FIELDS else NUMBER_TYPES[field]
        maxshape = (None, *(length or None for length in shape))
        self._file.create_dataset(
            field, (0, *shape), dtype, maxshape=maxshape, chunks=chunks, **filters
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
