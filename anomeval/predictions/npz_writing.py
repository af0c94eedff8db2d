"""Writing NPZ: pixels wait in unnamed temporary files until their number is known."""

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from anomeval.predictions.batch import IMAGE_FIELDS, NUMBER_TYPES, Batch
from anomeval.predictions.fields import LIST_FIELDS, TEXT_FIELDS
from anomeval.predictions.layout import SAMPLES, sample_key

_COPIED_AT_ONCE = 1 << 20


class NpzSink:
    """An NPZ file: small columns stay in memory, pixels do not.

    The same calls give the same bytes.
    """

    def __init__(
        self, path: str, attributes: Mapping[str, Any], *, compress: bool, samples: bool
    ) -> None:
        method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        self._zip = zipfile.ZipFile(path, "w", method, compresslevel=1 if compress else None)
        self._folder = Path(path).parent
        self._spools = ExitStack()
        self._pixels: dict[str, tuple[IO[bytes], NDArray[Any]]] = {}
        self._columns: dict[str, list[Any]] = {}
        self._add = self._add_sample if samples else self._add_rows
        self._count = 0
        for name, value in attributes.items():
            self._write(name, np.asarray(value))

    def append(self, batch: Batch) -> None:
        """Take the images of one call."""
        self._add(batch)
        self._count += batch.count

    def finish(self) -> None:
        """Write the members, and close."""
        for field, (spool, first) in self._pixels.items():
            self._write_spooled(field, spool, first)
        for field, values in self._columns.items():
            self._write(field, _column(field, values))
        self.abandon()

    def abandon(self) -> None:
        """Close without caring about the content."""
        self._spools.close()
        self._zip.close()

    def _add_rows(self, batch: Batch) -> None:
        for field, values in batch.values.items():
            if field not in IMAGE_FIELDS:
                self._columns.setdefault(field, []).extend(values)
                continue
            if field not in self._pixels:
                self._pixels[field] = self._new_spool(), values[0]
            spool, first = self._pixels[field]
            for image in values:
                spool.write(image.astype(first.dtype, copy=False).tobytes())

    def _add_sample(self, batch: Batch) -> None:
        for row in range(batch.count):
            prefix = f"{SAMPLES}/{sample_key(self._count + row)}"
            for field, values in batch.values.items():
                whole = field in (*IMAGE_FIELDS, *LIST_FIELDS)
                array = values[row] if whole else _column(field, [values[row]]).reshape(())
                self._write(f"{prefix}/{field}", array)

    def _new_spool(self) -> IO[bytes]:
        """A file without a name in the same folder, gone when closed, even by a crash."""
        return self._spools.enter_context(tempfile.TemporaryFile(dir=self._folder))

    def _write_spooled(self, field: str, spool: IO[bytes], first: NDArray[Any]) -> None:
        shape = (self._count, *first.shape)
        with self._zip.open(f"{field}.npy", "w", force_zip64=True) as member:
            _write_header(member, first.dtype, shape)
            spool.seek(0)
            shutil.copyfileobj(spool, member, _COPIED_AT_ONCE)

    def _write(self, name: str, array: NDArray[Any]) -> None:
        with self._zip.open(f"{name}.npy", "w", force_zip64=True) as member:
            _write_header(member, array.dtype, array.shape)
            member.write(array.tobytes())


def _write_header(member: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    fields = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(member, fields)


def _column(field: str, values: list[Any]) -> NDArray[Any]:
    if field in LIST_FIELDS:
        longest = max(map(len, values))
        values = [np.pad(value, (0, longest - len(value))) for value in values]
    dtype: Any = str if field in TEXT_FIELDS else NUMBER_TYPES[field]
    return np.array(values, dtype)
