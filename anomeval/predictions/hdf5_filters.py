"""Whether the parameters of filters of HDF5 are those of the array. Imports h5py.

The library computes them when an array is made (how many values a chunk has, how wide they are, how
large what is unpacked will be), stores them, and trusts what is stored: wrong ones make it read and
write beyond its memory. So they are computed once more, and compared.
"""

from math import prod
from typing import Any

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np
from numpy.typing import NDArray

_LZF = 32000
_CHECKSUM = 4  # bytes
_COMPUTED = {
    h5py.h5z.FILTER_SHUFFLE: "shuffle",
    h5py.h5z.FILTER_SZIP: "szip",
    h5py.h5z.FILTER_NBIT: "nbit",
    h5py.h5z.FILTER_SCALEOFFSET: "scaleoffset",
    _LZF: "lzf",
}
"""Filters whose parameters follow from type and shape of a chunk. Those of plugins differ from
version to version."""


def filters_fault(dataset: Any, sizes: NDArray[np.int64], passed: NDArray[np.uint32]) -> str | None:
    """What is wrong with the filters of a dataset in chunks; None: nothing that can be seen.

    Args:
        dataset: open, with filters that are at hand.
        sizes, passed: of its chunks, see `Chunked`.
    """
    return _sizes_fault(dataset, sizes, passed) or _parameters_fault(dataset, sizes, passed)


def _sizes_fault(dataset: Any, sizes: NDArray[np.int64], passed: NDArray[np.uint32]) -> str | None:
    """Chunks that nothing has packed are of one size, but for checksums."""
    if dataset.dtype.hasobject:  # what is stored of a text is no value of its type
        return None
    created = dataset.id.get_create_plist()
    codes = [created.get_filter(position)[0] for position in range(created.get_nfilters())]
    plain = sizes > 0
    expected = np.full(len(sizes), prod(dataset.chunks) * dataset.id.get_type().get_size())
    for position, code in enumerate(codes):
        applied = passed >> position & 1 == 0
        if code == h5py.h5z.FILTER_FLETCHER32:
            expected[applied] += _CHECKSUM
        elif code != h5py.h5z.FILTER_SHUFFLE:
            plain &= ~applied
    wrong = sizes[plain & (sizes != expected)]
    return f"a chunk of {int(wrong[0])} bytes instead of {int(expected[0])}" if len(wrong) else None


def _parameters_fault(
    dataset: Any, sizes: NDArray[np.int64], passed: NDArray[np.uint32]
) -> str | None:
    created = dataset.id.get_create_plist()
    filters = [created.get_filter(position) for position in range(created.get_nfilters())]
    if not any(code in _COMPUTED for code, *_ in filters):
        return None
    for (code, _, stored, _), computed in zip(filters, _computed(dataset, filters), strict=True):
        if code in _COMPUTED and stored != computed:
            return f"filter {_COMPUTED[code]} has parameters {stored} instead of {computed}"
    if [code for code, *_ in filters] == [h5py.h5z.FILTER_NBIT]:
        return _packed_bits_fault(dataset, sizes[(sizes > 0) & (passed == 0)])
    return None


def _computed(dataset: Any, filters: list[Any]) -> list[tuple[int, ...]]:
    """The parameters that the library gives to the filters of an array of this kind."""
    wanted = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    wanted.set_chunk(dataset.chunks)
    wanted.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    _copy_fill_value(dataset, wanted)
    for code, flags, options, _ in filters:
        wanted.set_filter(code, flags, options)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    file = h5py.h5f.create(b"parameters", h5py.h5f.ACC_TRUNC, fapl=access)
    space = h5py.h5s.create_simple(dataset.chunks)
    made = h5py.h5d.create(file, b"a", dataset.id.get_type(), space, wanted).get_create_plist()
    return [made.get_filter(position)[2] for position in range(len(filters))]


def _copy_fill_value(dataset: Any, wanted: Any) -> None:
    """It is among the parameters of scaleoffset."""
    created = dataset.id.get_create_plist()
    if created.fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED:
        value = np.zeros((), dataset.dtype)
        created.get_fill_value(value)
        wanted.set_fill_value(value)


def _packed_bits_fault(dataset: Any, sizes: NDArray[np.int64]) -> str | None:
    """n-bit reads so many bits of each value as its type has, and does not look for the end."""
    stored_type = dataset.id.get_type()
    if not isinstance(stored_type, h5py.h5t.TypeAtomicID):
        return None
    bits = prod(dataset.chunks) * stored_type.get_precision()
    short = sizes[sizes * 8 < bits]
    return f"a chunk of {int(short[0])} bytes instead of {-(-bits // 8)}" if len(short) else None
