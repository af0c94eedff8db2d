"""Masks in PNG files: what is read, and what is refused with which words."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anomeval.predictions.layouts.pixels import LARGEST_IMAGE, Unfit
from anomeval.predictions.layouts.png import read_png


def png_of(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "png")
    return file.getvalue()


def with_header(content: bytes, width: int, height: int) -> bytes:
    """The same data under another size, with a sound checksum."""
    chunk = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + content[33:]


def read(folder: Path, content: bytes) -> np.ndarray:
    path = folder / "mask.png"
    path.write_bytes(content)
    return read_png(str(path), LARGEST_IMAGE)


MASK = np.kron(np.eye(4, dtype=np.uint8) * 255, np.ones((5, 3), np.uint8))


@pytest.mark.parametrize(
    "array",
    [MASK, MASK > 0, MASK.astype(np.uint16) * 257, np.zeros((900, 1100), np.uint8)],
    ids=["gray", "1 bit", "16 bits", "nothing but zeros"],
)
def test_what_is_stored_is_read(tmp_path: Path, array: np.ndarray) -> None:
    found = read(tmp_path, png_of(array))
    assert found.shape == array.shape
    assert np.array_equal(found != 0, array != 0)


def test_three_equal_channels_are_one(tmp_path: Path) -> None:
    assert np.array_equal(read(tmp_path, png_of(np.stack([MASK] * 3, axis=2))), MASK)


def test_other_channels_are_refused(tmp_path: Path) -> None:
    colours = np.stack([MASK, MASK, 0 * MASK], axis=2)
    with pytest.raises(Unfit, match="has several channels"):
        read(tmp_path, png_of(colours))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda png: png[:-20], "truncated"),
        (lambda png: png[:20] + b"\xff" + png[21:], "a checksum is wrong"),
        (lambda png: b"GIF89a" + png, "it is no PNG"),
        (lambda png: with_header(png, 12_000, 20_000), "fewer pixels than it declares"),
        (lambda png: with_header(png, 12, 21), "fewer pixels than it declares"),
    ],
)
def test_damage_is_told(tmp_path: Path, damage, message: str) -> None:
    """Before memory is taken for what a few bytes declare."""
    with pytest.raises((ValueError, EOFError, OSError), match=message):
        read(tmp_path, damage(png_of(MASK)))


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    whole = png_of(MASK)
    for length in range(len(whole)):
        with pytest.raises((ValueError, EOFError, OSError)):
            read(tmp_path, whole[:length])


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (8, 8), (9, 5), (17, 33), (4, 1)])
def test_interlaced_images_are_whole_or_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    """Rows of seven coarser images one after the other, written here by the standard's table."""
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    passes = [array[::8, ::8], array[::8, 4::8], array[4::8, ::4], array[::4, 2::4]]
    passes += [array[2::4, ::2], array[::2, 1::2], array[1::2, :]]
    rows = [b"\0" + row.tobytes() for part in passes if part.shape[1] for row in part]
    header = struct.pack(">II5B", shape[1], shape[0], 8, 0, 0, 0, 1)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    whole = start + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    assert np.array_equal(read(tmp_path, whole), array)
    cut = start + chunk(b"IDAT", zlib.compress(b"".join(rows)[:-1])) + chunk(b"IEND", b"")
    with pytest.raises(EOFError, match="fewer pixels"):
        read(tmp_path, cut)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
