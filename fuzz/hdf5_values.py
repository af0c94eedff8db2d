"""HDF5 files of every kind of storage, and their values held against those of the library."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.column import as_ours
from anomeval.predictions.decoding import DECODERS
from anomeval.predictions.helpers import Lease
from anomeval.predictions.layout import Table
from anomeval.predictions.layouts.isolation import Lost, apart
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import Image, ImageEntry
from anomeval.predictions.stored import StoredPredictions

Arrays = dict[str, NDArray[Any]]

_ACROSS = (2, 5, 8)
_STORAGE: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "one": {"chunks": (1, 9, 8)},
    "across": {"chunks": _ACROSS},
    "gzip": {"chunks": (1, 9, 8), "compression": "gzip", "shuffle": True},
    "sums": {"chunks": _ACROSS, "compression": "gzip", "fletcher32": True},
    "plainsums": {"chunks": (4, 9, 8), "fletcher32": True},
    "growing": {"chunks": (1, 9, 8), "maxshape": (None, 9, 8)},
    "growing2": {"chunks": _ACROSS, "maxshape": (None, None, 8), "shuffle": True},
    "single": {"chunks": (6, 9, 8), "compression": "gzip"},
    "lzf": {"chunks": _ACROSS, "compression": "lzf"},
    "szip": {"chunks": (2, 9, 8), "compression": "szip"},
    "scaled": {"chunks": (2, 9, 8), "scaleoffset": 3},
}
_LEASE: list[Lease] = []  # so that one helper serves a whole process of inputs


def write_kinds(arrays: Callable[[], Arrays], folder: Path) -> list[Path]:
    """A file of each kind of storage, in the old form of the format and in the new."""
    data = arrays()
    for version in ("earliest", "latest"):
        for name, options in _STORAGE.items():
            with h5py.File(folder / f"{name}_{version}.h5", "w", libver=version) as file:
                file.create_dataset("anomaly_map", data=data["anomaly_map"], **options)
                _write_columns(file, data)
                if name == "one":  # so many that they are in a heap
                    file.attrs.update({f"note{n}": n for n in range(12)})
        with h5py.File(folder / f"nbit_{version}.h5", "w", libver=version) as file:
            _write_packed_bits(file, data)
        with h5py.File(folder / f"groups_{version}.h5", "w", libver=version) as file:
            _write_columns(file.create_group("nut"), data)
            file["nut/anomaly_map"] = data["anomaly_map"].astype(">f8")
        with h5py.File(folder / f"samples_{version}.h5", "w", libver=version) as file:
            for n in range(len(data["gt_label"])):
                sample = file.create_group(f"samples/{n}")
                sample["anomaly_map"] = data["anomaly_map"][n]
                sample["gt_mask"] = data["gt_mask"][n] > 0
                sample.attrs["gt_label"] = data["gt_label"][n]
    return sorted(folder.glob("*.h5"))


def _write_columns(group: Any, data: Arrays) -> None:
    group["gt_mask"] = data["gt_mask"] > 0
    group["gt_label"], group["pred_score"] = data["gt_label"], data["pred_score"]
    group["image_path"] = data["image_path"].astype(object)
    group["category"] = data["category"].astype("S")


def _write_packed_bits(file: Any, data: Arrays) -> None:
    """Maps of 12 bits each, as n-bit packs them, which h5py has no words for."""
    maps = (data["anomaly_map"] * 300 + 2000).clip(0, 4095).astype("u2")
    packed = h5py.h5t.STD_U16LE.copy()
    packed.set_precision(12)
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((2, *maps.shape[1:]))
    created.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple(maps.shape)
    h5py.Dataset(h5py.h5d.create(file.id, b"anomaly_map", packed, space, created))[...] = maps
    _write_columns(file, data)


def compared(_: Path, file: Path) -> object:
    """The values of a file as this package reads them; they must be those of the library.

    Raises:
        InvalidInputError: the file is refused.
        AssertionError: the library reads other values.
    """
    if not _LEASE:
        _LEASE.append(Lease())
    with open_predictions(file, isolated=True) as predictions:
        ours = [_seen(image) for image in predictions]
        try:
            theirs = apart(partial(_of_library, predictions))
        except (Lost, InvalidInputError):
            return json.dumps(ours) + " (the library fails)"
    if theirs is not None:
        assert ours == theirs, f"{ours}\n{theirs}"
    return json.dumps(ours) + (" (the library refuses)" if theirs is None else "")


def _seen(image: Image) -> list[object]:
    return [_digest(image.anomaly_map), _digest(image.gt_mask), *_said(image.entry)]


def _said(entry: ImageEntry) -> list[object]:
    named = entry.identity if entry.named else None
    return [str(entry.score), str(entry.label), named, entry.category]


def _digest(array: NDArray[Any] | None) -> str | None:
    if array is None:
        return None
    return sha256(as_ours(array).tobytes()).hexdigest()[:12]


def _of_library(predictions: PredictionSet) -> list[list[object]] | None:
    """What h5py alone reads; None if it raises."""
    [stored] = predictions.files
    assert isinstance(stored, StoredPredictions)
    try:
        with h5py.File(stored.path, "r") as file:
            tables = stored.examination.layout.tables
            return [row for table in tables for row in _rows(file, table)]
    except Exception:  # whatever the library raises
        return None


def _rows(file: Any, table: Table) -> Iterator[list[object]]:
    columns = table.roles.columns

    def values(field: str) -> NDArray[Any] | None:
        column = columns.get(field)
        if column is None:
            return None
        group, _, name = column.name.rpartition("/")
        holder = file[group] if group else file
        array = np.asarray(holder[name][()] if name in holder else holder.attrs[name])
        return array[None] if table.single else array

    maps, masks = values("anomaly_map"), values("gt_mask")
    small = {field: values(field) for field in ("pred_score", "gt_label", "image_path", "category")}
    decoded = {
        field: DECODERS[field](array.reshape(-1)).values
        for field, array in small.items()
        if array is not None
    }
    count = len(next(array for array in (maps, masks, *small.values()) if array is not None))
    for n in range(count):
        said = {field: found[n] for field, found in decoded.items()}
        yield [
            None if maps is None else _digest(maps[n]),
            None if masks is None else _digest(masks[n]),
            str(said.get("pred_score")),
            str(said.get("gt_label")),
            said.get("image_path") or table.key,
            said.get("category") or table.category,
        ]
