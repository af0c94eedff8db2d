"""HDF5 in chunks, read past its library: the same values, and no number of the file believed."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from struct import pack
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.chunked import fletcher32
from anomeval.predictions.formats import HDF5
from anomeval.predictions.layouts.isolation import apart
from fuzz.formats import command
from fuzz.sandbox import outcome_of

SHAPE = (7, 9, 11)
CHUNKS = ((1, 9, 11), (3, 4, 4), (7, 9, 11), (8, 10, 12), (2, 9, 1))
PACKINGS: tuple[dict[str, Any], ...] = (
    {},
    {"shuffle": True},
    {"fletcher32": True},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
)


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("dtype", ["f4", ">f8", "u1", "?"])
def test_values_are_those_of_the_library(tmp_path: Path, version: str, dtype: str) -> None:
    """Whole, and from any row on; growing or not; written to the end or not; none needs h5py."""
    values = (np.random.default_rng(5).normal(size=SHAPE) * 50).astype("i2").astype(dtype)
    path = str(tmp_path / "a.h5")
    with h5py.File(path, "w", libver=version) as file:
        for number, (chunks, packing) in enumerate((c, p) for c in CHUNKS for p in PACKINGS):
            for most in (None, (None, 9, 11), (None, None, None)):
                if most != (None, None, None) and chunks[-1] > SHAPE[-1]:
                    continue
                name = f"{number} {most}"
                made = file.create_dataset(
                    name, SHAPE, dtype, chunks=chunks, maxshape=most, **packing
                )
                if number % 3:
                    made[...] = values
                else:
                    made[2:4] = values[2:4]
        file.create_dataset("never", SHAPE, dtype, chunks=(1, 9, 11), fillvalue=1)
    with HDF5.open(path) as store, h5py.File(path) as file, open(path, "rb", buffering=0) as raw:
        for name, column in store.survey().columns.items():
            assert column.plan, name
            assert not column.refusal, name
            expected = file[name][()]
            assert column.plan.whole(raw).tobytes() == expected.tobytes(), name
            rows = list(column.plan.rows(raw, 2, 6))
            assert b"".join(row.tobytes() for row in rows) == expected[2:6].tobytes(), name


def test_texts_in_chunks(tmp_path: Path) -> None:
    """Texts of any length lie elsewhere; a chunk holds where."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["pred_score"], file["gt_label"] = [0.5, 1.0], [0, 1]
        names = np.array(["a.png", "b.png"], object)
        file.create_dataset("image_path", data=names, chunks=(256,), maxshape=(None,))
    predictions = open_predictions(tmp_path / "a.h5", isolated=True)
    assert [entry.identity for entry in predictions.entries] == ["a.png", "b.png"]


def slow_fletcher32(content: bytes) -> int:
    """Word by word, as the format describes it."""
    simple = weighted = 0
    for at in range(0, len(content), 2):
        word = content[at] << 8 | (content[at + 1] if at + 1 < len(content) else 0)
        simple = simple + word
        weighted = weighted + simple
        simple, weighted = (n % 65535 or (65535 if n else 0) for n in (simple, weighted))
    return weighted << 16 | simple


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64, 1001, 200_000])
def test_checksums(size: int) -> None:
    """Of random bytes, of zeros, and of the largest words."""
    for content in (np.random.default_rng(size).bytes(size), bytes(size), b"\xff" * size):
        assert fletcher32(np.frombuffer(content, np.uint8)) == slow_fletcher32(content)


COUNT = 6


def write(path: Path, options: dict[str, Any]) -> NDArray[Any]:
    """Predictions whose maps are in chunks of two, indexed by a tree of the first version."""
    maps = np.random.default_rng(1).integers(0, 4, (COUNT, 8, 9)).astype("f4")  # can be packed
    with h5py.File(path, "w") as file:
        file.create_dataset("anomaly_map", data=maps, chunks=(2, 8, 9), **options)
        file["gt_label"], file["pred_score"] = np.arange(COUNT) % 2, maps.max(axis=(1, 2))
        file["gt_mask"] = (maps > 2).astype("u1") * (np.arange(COUNT) % 2)[:, None, None]
    return maps


def entry(path: Path, number: int) -> tuple[int, int, bytes]:
    """(place of the entry of a chunk in the tree, size of the chunk, the entry)."""
    with h5py.File(path) as file:
        chunk = file["anomaly_map"].id.get_chunk_info(number)
    key = pack("<II4QQ", chunk.size, chunk.filter_mask, *chunk.chunk_offset, 0, chunk.byte_offset)
    return path.read_bytes().index(key), chunk.size, key


Change = Callable[[int, bytes], bytes]

CHANGES: dict[str, Change] = {
    "size 0": lambda size, key: pack("<I", 0) + key[4:],
    "size 1": lambda size, key: pack("<I", 1) + key[4:],
    "smaller": lambda size, key: pack("<I", size - 4) + key[4:],
    "larger": lambda size, key: pack("<I", size + 4) + key[4:],
    "huge": lambda size, key: pack("<I", 0xFFFF_FFF0) + key[4:],
    "twice": lambda size, key: key[:8] + pack("<Q", 0) + key[16:],
    "no corner": lambda size, key: key[:8] + pack("<Q", 3) + key[16:],
    "beyond": lambda size, key: key[:8] + pack("<Q", 1 << 40) + key[16:],
    "elsewhere": lambda size, key: key[:-8] + pack("<Q", 1 << 50),
    "undefined": lambda size, key: key[:-8] + pack("<q", -1),
    "on another": lambda size, key: key[:-8] + pack("<Q", int.from_bytes(key[-8:], "little") - 8),
    "unfiltered": lambda size, key: key[:4] + pack("<I", 0xFF) + key[8:],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "options",
    [
        {"fletcher32": True},
        {"shuffle": True, "fletcher32": True},
        {"compression": "gzip"},
        {"compression": "lzf"},
    ],
    ids=lambda options: "".join(options),
)
def test_an_index_that_lies(tmp_path: Path, options: dict[str, Any], change: str) -> None:
    """It is refused by every command; none crashes, and no memory is taken for a value.

    A chunk that is packed may be larger than told; then it does not end where it should.
    """
    path = tmp_path / "a.h5"
    write(path, options)
    place, size, key = entry(path, 1)
    content = bytearray(path.read_bytes())
    content[place : place + len(key)] = CHANGES[change](size, key)
    path.write_bytes(content)
    for words in (("score", "-q"), ("inspect",), ("explain",), ("fit", "-q", "-o", tmp_path / "f")):
        outcome = outcome_of(lambda words=words: command(words[0], path, *words[1:]))  # type: ignore[misc]
        assert outcome.kind in ("refused", "status 3"), (words, outcome)  # inspect tells on stdout


@pytest.mark.parametrize(
    "options", [{"scaleoffset": 3}, {"compression": "szip"}, {"shuffle": True}]
)
def test_parameters_of_filters_that_lie(tmp_path: Path, options: dict[str, Any]) -> None:
    """What the library would compute is compared with what the file says."""
    path = tmp_path / "a.h5"
    write(path, options)
    with h5py.File(path) as file:
        created = file["anomaly_map"].id.get_create_plist()
        parameters = pack(f"<{len(created.get_filter(0)[2])}I", *created.get_filter(0)[2])
    content = path.read_bytes()
    assert content.count(parameters) >= 1
    for at in range(0, len(parameters), 4):
        wrong = bytearray(parameters)
        wrong[at : at + 4] = pack("<I", int.from_bytes(wrong[at : at + 4], "little") ^ 8)
        place = content.index(parameters) if len(parameters) > 4 else content.index(b"shuffle") + 8
        path.write_bytes(content[:place] + bytes(wrong) + content[place + len(wrong) :])
        with suppress(InvalidInputError):
            values = values_of(path)
            # what the user may choose, such as the number of decimals
            assert values == apart(partial(values_of_library, path))


def values_of(path: Path) -> list[bytes]:
    """The maps as this package reads them."""
    with open_predictions(path, isolated=True) as predictions:
        return [np.asarray(image.anomaly_map).tobytes() for image in predictions]


def values_of_library(path: Path) -> list[bytes]:
    """The maps as h5py alone reads them."""
    with h5py.File(path) as file:
        return [values.tobytes() for values in file["anomaly_map"][()]]
