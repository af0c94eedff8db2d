"""The arrays of an open HDF5 file, described without reading their values.

Imports h5py, so it is itself imported only when an HDF5 file is opened.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from itertools import islice
from math import prod
from typing import Any

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np

from anomeval.predictions.column import Column, Refusal
from anomeval.predictions.faults import LIBRARY_ERRORS, explained
from anomeval.predictions.hdf5_filters import filters_fault
from anomeval.predictions.hdf5_plan import ChunkIndex, is_unwritten, plan_of
from anomeval.predictions.layout import SAMPLES

_DEEP = 1000  # arrays below a group that are told
_COPY_IN = "copy the values into this file"
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset"}
_FILTERS |= {307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle"}
_FILTERS |= {32013: "zfp", 32015: "zstd", 32026: "blosc2"}


def columns_of(file: Any) -> Iterator[Column]:
    """The arrays of an open `h5py.File`: at the root, in groups, in the groups of `samples`.

    Those that lie deeper are in no layout, but can be named by their paths.
    """
    for path, item in _members(file, ""):
        if not isinstance(item, h5py.Group):
            yield _column(path, item)
            continue
        for inner_path, inner in _members(item, path):
            if not isinstance(inner, h5py.Group):
                yield _column(inner_path, inner)
            elif path == SAMPLES:
                yield from _sample(inner, inner_path)
            else:
                yield from islice(_below(inner, inner_path, {_place(inner)}), _DEEP)


def _below(group: Any, prefix: str, seen: set[Any]) -> Iterator[Column]:
    """All arrays below a group; seen: where groups lie that were met, for they may be circles."""
    for path, item in _members(group, prefix):
        if not isinstance(item, h5py.Group):
            yield _column(path, item)
        elif _place(item) not in seen:
            seen.add(_place(item))
            yield from _below(item, path, seen)


def _place(group: Any) -> Any:
    return h5py.h5o.get_info(group.id).addr


def _sample(group: Any, prefix: str) -> Iterator[Column]:
    """Attributes and datasets of one sample; a dataset hides an attribute of the same name.

    Scalars are read at once: there may be many samples, and to open a dataset takes its time.
    """
    for name in group.attrs:
        if isinstance(name, str):
            value = np.asarray(group.attrs[name])
            text = value.dtype.kind in "US"
            yield Column(f"{prefix}/{name}", value.shape, value.dtype, text, value=value)
    for path, item in _members(group, prefix):
        if not isinstance(item, h5py.Group):
            column = _column(path, item)
            yield _with_value(column, item) if column.shape == () else column


def _with_value(column: Column, item: Any) -> Column:
    if column.refusal:
        return column
    try:
        return replace(column, value=np.asarray(item[()]))
    except LIBRARY_ERRORS as error:
        return replace(column, refusal=Refusal(*explained(error)))


def _members(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """(path, object) of everything in a group; a Refusal in the place of what cannot be had."""
    for name in group:
        if isinstance(name, bytes):  # h5py could not decode it
            path = f"{prefix}/{name!r}" if prefix else repr(name)
            yield path, Refusal("has a name that is not UTF-8", "rename it", may_be_group=True)
            continue
        path = f"{prefix}/{name}" if prefix else name
        try:
            yield path, _link_refusal(group, name.encode()) or group[name]
        except LIBRARY_ERRORS as error:
            yield path, Refusal(*explained(error), may_be_group=True)


def _link_refusal(group: Any, name: bytes) -> Refusal | None:
    """Links to other files are refused; those within the file are followed one step."""
    links = group.id.links
    kind = links.get_info(name).type
    if kind == h5py.h5l.TYPE_HARD:
        return None
    target = links.get_val(name)
    if kind == h5py.h5l.TYPE_SOFT:
        return _soft_link_refusal(group, target.decode(errors="replace"))
    other = target[0].decode(errors="replace") if isinstance(target, tuple) else "?"
    what = f"is a link to another file ({other}), which may change unseen"
    return Refusal(what, _COPY_IN, may_be_group=True)


def _soft_link_refusal(group: Any, target: str) -> Refusal | None:
    here = group.file if target.startswith("/") else group
    for part in target.split("/"):
        if part in ("", "."):
            continue
        name = part.encode()
        if not isinstance(here, h5py.Group) or not here.id.links.exists(name):
            what = f"is a link to {target!r}, which is not there"
            return Refusal(what, _COPY_IN, may_be_group=True)
        if here.id.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            what = f"is a link to {target!r}, which is a link again"
            return Refusal(what, _COPY_IN, may_be_group=True)
        here = here[part]
    return None


def _column(path: str, item: Any) -> Column:
    if isinstance(item, Refusal):
        return Column(path, refusal=item)
    try:
        return _described(path, item)
    except LIBRARY_ERRORS as error:
        return Column(path, refusal=Refusal(*explained(error)))


def _described(path: str, item: Any) -> Column:
    if not isinstance(item, h5py.Dataset):
        return Column(path, refusal=Refusal("is no array", "name a dataset"))
    filters, dtype = _filters(item), item.dtype
    refusal = _storage_refusal(item, filters)
    unwritten = plan = None
    if not refusal and prod(item.shape):
        index = ChunkIndex(item) if item.chunks and item.id.get_num_chunks() else None
        if index and (fault := filters_fault(item, index.sizes, index.passed)):
            raise ValueError(fault)
        unwritten, plan = _unwritten(item, index), plan_of(item, index)
    return Column(
        name=path,
        shape=item.shape or (),
        dtype=dtype,
        text=h5py.check_string_dtype(dtype) is not None,
        compression=" + ".join(text for _, text in filters) or None,
        chunks=item.chunks,
        stored_bytes=item.id.get_storage_size(),
        refusal=refusal,
        unwritten=unwritten,
        plan=plan,
    )


def _unwritten(dataset: Any, index: ChunkIndex | None) -> str | None:
    """What was declared and never stored, which HDF5 would read as zeros; None: nothing."""
    if is_unwritten(dataset, index):
        return "nothing of it is stored"
    if index is None or not index.missing:
        return None
    return f"{index.missing} of {len(index.sizes)} chunks are missing"


def _filters(dataset: Any) -> list[tuple[int, str]]:
    """(code, name) of each filter, in the order in which they were applied."""
    created = dataset.id.get_create_plist()
    found: list[tuple[int, str]] = []
    for position in range(created.get_nfilters()):
        code, _, options, name = created.get_filter(position)
        text = _FILTERS.get(code) or name.decode(errors="replace") or f"filter {code}"
        found.append((code, f"{text}-{options[0]}" if text == "gzip" and options else text))
    return found


def _storage_refusal(dataset: Any, filters: list[tuple[int, str]]) -> Refusal | None:
    if dataset.shape is None:
        return Refusal("has no values (null dataspace)", "write values to it")
    if dataset.is_virtual:
        return Refusal("is a virtual dataset: its values are in other files", _COPY_IN)
    if dataset.external:
        return Refusal("is in external storage: its values are in other files", _COPY_IN)
    for code, text in filters:
        if not _filter_is_available(code):
            what = f"is compressed with {text} (filter {code}), which is not installed"
            return Refusal(what, "pip install 'anomeval[hdf5plugin]', or rewrite it with gzip")
    return None


def has_filters(dataset: Any) -> bool:
    """Whether its values can be unpacked; registers filters of hdf5plugin if need be."""
    return all(_filter_is_available(code) for code, _ in _filters(dataset))


def _filter_is_available(code: int) -> bool:
    if h5py.h5z.filter_avail(code):
        return True
    with suppress(ImportError):
        import_module("hdf5plugin")  # registers its filters
    return bool(h5py.h5z.filter_avail(code))
