"""Maps in TIFF files whose strips hold less than they should: never pixels that nobody wrote."""

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile

from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.layouts.tiff import read_tiff
from tests.support import run_here

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


@pytest.mark.parametrize("compression", CODES)
def test_a_short_strip_is_told_as_damage(tmp_path: Path, compression: int) -> None:
    """To the user, with the image; whatever the library that unpacks it raises."""
    for number, last in enumerate((STRIPS[-1], STRIPS[-1][:4])):
        strips = [CODES[compression](strip) for strip in (STRIPS[0] + bytes(96), STRIPS[1], last)]
        strips[0] = strips[0] if number else CODES[compression](STRIPS[0])
        (tmp_path / f"{number}.tiff").write_bytes(tiff_of(strips, compression))
    done = run_here("convert", tmp_path, tmp_path / "out.h5")
    assert done.status == 3
    assert "image 1 (1): cannot be read, it is damaged" in done.stderr


def test_errors_of_other_codecs_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of imagecodecs, which not every environment has, are RuntimeErrors."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("IMCD_OUTPUT_TOO_SMALL")

    monkeypatch.setattr(tifffile.TiffPage, "asarray", fail)
    with pytest.raises(ValueError, match="IMCD_OUTPUT_TOO_SMALL"):
        read(tmp_path, STRIPS, PLAIN)
