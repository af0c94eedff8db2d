"""Maps in TIFF files whose strips hold less than they should: never pixels that nobody wrote."""

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.layouts.tiff import read_tiff

ROWS, COLUMNS, ROWS_PER_STRIP = 9, 8, 3
MAP = np.arange(1, 1 + ROWS * COLUMNS, dtype="<f4").reshape(ROWS, COLUMNS)
STRIPS = [MAP[start : start + ROWS_PER_STRIP].tobytes() for start in range(0, ROWS, ROWS_PER_STRIP)]
PLAIN, DEFLATE, PACKBITS = 1, 8, 32773


def tiff_of(strips: Sequence[bytes], compression: int) -> bytes:
    """A TIFF of one page, written here by the standard: header, strips, their places, the tags."""
    count, end = len(strips), 8
    places = []
    for strip in strips:
        places.append(end)
        end += len(strip)
    table = struct.pack(f"<{2 * count}I", *places, *map(len, strips))
    tags = [
        *((256, COLUMNS), (257, ROWS), (258, 32), (259, compression), (262, 1), (273, end)),
        *((277, 1), (278, ROWS_PER_STRIP), (279, end + 4 * count), (339, 3)),
    ]
    lists = {273: count, 279: count}
    entries = [struct.pack("<HHII", tag, 4, lists.get(tag, 1), value) for tag, value in tags]
    directory = struct.pack("<H", len(tags)) + b"".join(entries) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", end + len(table)) + b"".join(strips) + table + directory


def packed(content: bytes) -> bytes:
    """PackBits without any run."""
    pieces = [content[start : start + 16] for start in range(0, len(content), 16)]
    return b"".join(bytes([len(piece) - 1]) + piece for piece in pieces)


Code = Callable[[bytes], bytes]
CODES: dict[int, Code] = {PLAIN: bytes, DEFLATE: zlib.compress, PACKBITS: packed}


def read(folder: Path, strips: Sequence[bytes], compression: int) -> np.ndarray:
    path = folder / "map.tiff"
    path.write_bytes(tiff_of([CODES[compression](strip) for strip in strips], compression))
    return read_tiff(str(path), LARGEST_IMAGE)


@pytest.mark.parametrize("compression", CODES)
def test_whole_strips_are_read(tmp_path: Path, compression: int) -> None:
    assert np.array_equal(read(tmp_path, STRIPS, compression), MAP)


@pytest.mark.parametrize("compression", CODES)
@pytest.mark.parametrize("place", range(len(STRIPS)))
@pytest.mark.parametrize("length", [4, 32, 64, 92])
def test_a_short_strip_is_refused(
    tmp_path: Path, compression: int, place: int, length: int
) -> None:
    """Also where another one is longer by as much."""
    short = [*STRIPS]
    short[place] = short[place][:length]
    other = (place + 1) % len(short)
    for strips in (short, [*short[:other], short[other] + bytes(96), *short[other + 1 :]]):
        with pytest.raises((ValueError, EOFError)):
            read(tmp_path, strips, compression)
