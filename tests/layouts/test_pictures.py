"""Masks in pictures of every format: the gray value that is meant, or a refusal with a remedy."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from anomeval.predictions.layouts.pictures import PictureMask, image_size
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE, Unfit
from anomeval.predictions.layouts.tiff import read_tiff
from anomeval.predictions.layouts.truth import MaskRead

MASK = np.kron(np.array([[0, 1, 0], [0, 0, 1]], np.uint8) * 255, np.ones((8, 16), np.uint8))
"""Squares on the grid of JPEG's blocks."""

GRAY, WHITE_FIRST = [0, 0, 0, 255, 255, 255], [255, 255, 255, 0, 0, 0]
ORIENTATION = 274


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def read(path: Path) -> MaskRead:
    return PictureMask(str(path)).read(LARGEST_IMAGE)


def palette(colours: list[int], indices: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(indices, "P")
    image.putpalette(colours)
    return image


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff"])
def test_a_palette_is_looked_through(tmp_path: Path, suffix: str) -> None:
    """White is index 0 here: the numbers that are stored would turn the truth around."""
    image = palette(WHITE_FIRST + [7] * 9, (MASK == 0).astype(np.uint8))
    assert np.array_equal(read(saved(tmp_path / f"a.{suffix}", image)).pixels != 0, MASK != 0)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_a_palette_of_colours_is_refused(tmp_path: Path, suffix: str) -> None:
    """Unless no pixel has one."""
    colours = [0, 0, 0, 255, 255, 255, 128, 0, 0]
    indices = (MASK // 255).astype(np.uint8)
    path = saved(tmp_path / f"a.{suffix}", palette(colours, indices))
    assert np.array_equal(read(path).pixels != 0, MASK != 0)
    indices[3, 4] = 2
    with pytest.raises(Unfit, match="has a palette of colours"):
        read(saved(path, palette(colours, indices)))


def test_an_index_without_a_colour_is_damage(tmp_path: Path) -> None:
    """Four bits name sixteen colours, of which two are told."""
    path = tmp_path / "a.png"
    indices = (MASK // 255).astype(np.uint8)
    indices[0, 0] = 9
    saved(path, palette(GRAY * 8, indices), bits=8)
    content = path.read_bytes()
    start = content.index(b"PLTE") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    from .test_png import chunk

    path.write_bytes(content[:start] + chunk(b"PLTE", bytes(GRAY)) + content[end:])
    with pytest.raises(ValueError, match="colour 9 of a palette of 2"):
        read(path)


def with_alpha(mode: str, alpha: NDArray[np.uint8]) -> Image.Image:
    bands = [Image.fromarray(MASK)] * (len(mode) - 1)
    return Image.merge(mode, [*bands, Image.fromarray(alpha)])


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_that_is_the_same_everywhere_says_nothing(tmp_path: Path, mode: str) -> None:
    """One that differs hides pixels."""
    path = tmp_path / "a.png"
    whole = np.full_like(MASK, 255)
    assert np.array_equal(read(saved(path, with_alpha(mode, whole))).pixels, MASK)
    whole[1, 1] = 0
    with pytest.raises(Unfit, match="is transparent in some pixels"):
        read(saved(path, with_alpha(mode, whole)))


def test_a_transparent_colour_is_refused(tmp_path: Path) -> None:
    """In gray, in colour and in a palette."""
    indices = (MASK // 255).astype(np.uint8)
    for image in (Image.fromarray(MASK), Image.fromarray(MASK).convert("RGB")):
        value = 255 if image.mode == "L" else (255, 255, 255)
        with pytest.raises(Unfit, match="is transparent in some pixels"):
            read(saved(tmp_path / "a.png", image, transparency=value))
    with pytest.raises(Unfit, match="is transparent in some pixels"):
        read(saved(tmp_path / "a.png", palette(GRAY, indices), transparency=1))


def test_channels_of_16_bits_are_not_cut_to_8(tmp_path: Path) -> None:
    """(1, 1, 1) of 65535 would become black."""
    from .test_png import chunk

    pixel = struct.pack(">3H", 1, 1, 1)
    import zlib

    rows = b"".join(b"\0" + pixel * 4 for _ in range(3))
    header = struct.pack(">II5B", 4, 3, 16, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(Unfit, match="has several channels of 16 bits"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("turned", [2, 3, 6, 8])
def test_a_mask_that_is_to_be_turned_is_refused(tmp_path: Path, suffix: str, turned: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    path = saved(tmp_path / f"a.{suffix}", Image.fromarray(MASK), exif=exif)
    with pytest.raises(Unfit, match=rf"its orientation is {turned}, not 1"):
        read(path)
    if turned in (2, 3):
        assert image_size(str(path)) == MASK.shape
    else:
        with pytest.raises(Unfit, match="its size cannot be told"):
            image_size(str(path))


def test_moving_pictures_are_refused(tmp_path: Path) -> None:
    images = [Image.fromarray(MASK), Image.fromarray(255 - MASK)]
    path = saved(tmp_path / "a.png", images[0], save_all=True, append_images=images[1:])
    with pytest.raises(Unfit, match="holds several pictures"):
        read(path)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "jpg"])
@pytest.mark.parametrize("mode", ["L", "1", "RGB"])
def test_every_format_tells_the_same(tmp_path: Path, suffix: str, mode: str) -> None:
    """Whatever the name of the file says."""
    if (suffix, mode) in {("jpg", "1"), ("tif", "RGB")}:
        pytest.skip("there is no such file")
    saved(tmp_path / f"a.{suffix}", Image.fromarray(MASK).convert(mode))
    (tmp_path / f"a.{suffix}").rename(tmp_path / "a.png")
    found = read(tmp_path / "a.png")
    assert np.array_equal(found.pixels != 0, MASK != 0)
    assert found.observations == (("jpeg_mask",) if suffix == "jpg" else ())
    assert image_size(str(tmp_path / "a.png")) == MASK.shape


def test_what_compression_blurs_is_cut_in_the_middle(tmp_path: Path) -> None:
    """Edges that cross JPEG's blocks ring; every pixel of the square and no other is kept."""
    mask = np.zeros((64, 64), np.uint8)
    mask[13:35, 21:44] = 255
    path = saved(tmp_path / "a.jpg", Image.fromarray(mask), quality=80)
    assert len(np.unique(np.asarray(Image.open(path)))) > 10
    assert np.array_equal(read(path).pixels, mask)


def test_a_photograph_in_jpeg_is_not_cut(tmp_path: Path) -> None:
    """Nor is a dark picture, of which nothing would be left."""
    photo = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    for array in (photo, MASK // 255 * 40):
        path = saved(tmp_path / "a.jpg", Image.fromarray(array), quality=95)
        found = read(path)
        assert np.array_equal(found.pixels, np.asarray(Image.open(path)))
        assert found.observations == ()


def bmp_of(indices: NDArray[np.uint8], colours: list[int], packed: int = 0) -> bytes:
    """A BMP of 8 bits with as many colours as are told, written here by its definition."""
    table = b"".join(bytes([*colours[at : at + 3][::-1], 0]) for at in range(0, len(colours), 3))
    rows = b"".join(bytes(row) + bytes(-len(row) % 4) for row in indices[::-1])
    start = 54 + len(table)
    numbers = (40, indices.shape[1], indices.shape[0], 1, 8, packed, len(rows), 0, 0)
    header = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    return header + struct.pack("<IiiHHIIii2I", *numbers, len(table) // 4, 0) + table + rows


def test_bmp_is_read_or_refused(tmp_path: Path) -> None:
    """Pillow takes 8 bits of two colours for 1 bit."""
    path = tmp_path / "a.bmp"
    path.write_bytes(bmp_of(MASK, [c for gray in range(256) for c in [gray] * 3]))
    assert np.array_equal(read(path).pixels, MASK)
    path.write_bytes(bmp_of(MASK // 255, GRAY))
    with pytest.raises(Unfit, match="spends 8 bits on each of two colours"):
        read(path)
    path.write_bytes(bmp_of(MASK // 255, GRAY * 2, packed=1))
    with pytest.raises(Unfit, match="is a compressed BMP"):
        read(path)


Read = Callable[[str, int], object]


def as_mask(path: str, limit: int) -> NDArray[np.uint8]:
    return PictureMask(path).read(limit).pixels


@pytest.mark.parametrize("reader", [read_tiff, as_mask])
def test_tiff_whose_numbers_mean_something_else(tmp_path: Path, reader: Read) -> None:
    """To be turned, white is zero: of maps as of masks."""
    path = str(tmp_path / "a.tif")
    for turned in (2, 3, 6):
        tifffile.imwrite(path, MASK, extratags=[(ORIENTATION, "H", 1, turned, True)])
        with pytest.raises(Unfit, match=f"its orientation is {turned}"):
            reader(path, LARGEST_IMAGE)
    tifffile.imwrite(path, MASK, extratags=[(ORIENTATION, "H", 1, 1, True)])
    assert np.array_equal(reader(path, LARGEST_IMAGE), MASK)
    tifffile.imwrite(path, MASK, photometric="miniswhite")
    with pytest.raises(Unfit, match="says that 0 is white"):
        reader(path, LARGEST_IMAGE)


def test_a_map_has_no_palette(tmp_path: Path) -> None:
    colours = np.tile(np.arange(256, dtype=np.uint16)[::-1] * 257, (3, 1))
    path = str(tmp_path / "a.tif")
    tifffile.imwrite(path, MASK, photometric="palette", colormap=colours)
    with pytest.raises(Unfit, match="its numbers name colours"):
        read_tiff(path, LARGEST_IMAGE)
    assert np.array_equal(as_mask(path, LARGEST_IMAGE) == 0, MASK == 255)


def test_tiff_of_one_bit(tmp_path: Path) -> None:
    """Rows end at whole bytes: a width that is no multiple of 8."""
    mask = MASK[:, :45] > 0
    path = str(tmp_path / "a.tif")
    tifffile.imwrite(path, mask, photometric="minisblack")
    assert np.array_equal(as_mask(path, LARGEST_IMAGE), mask)
    content = Path(path).read_bytes()
    with tifffile.TiffFile(path) as file:
        end = file.pages.first.dataoffsets[0] + file.pages.first.databytecounts[0]
    Path(path).write_bytes(content[: end - 1])
    with pytest.raises((ValueError, EOFError)):
        as_mask(path, LARGEST_IMAGE)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"P5 1 1 255 0"])
def test_other_files_are_named_by_what_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    message = "is none of PNG, BMP, TIFF and JPEG" if content else "is empty"
    for look in (lambda path: as_mask(path, LARGEST_IMAGE), image_size):
        with pytest.raises(Unfit, match=message):
            look(str(tmp_path / "a.png"))


def test_damage_is_told(tmp_path: Path) -> None:
    """Every format, cut off."""
    for suffix in ("png", "bmp", "tif", "jpg"):
        buffer = io.BytesIO()
        Image.fromarray(MASK).save(buffer, {"tif": "tiff", "jpg": "jpeg"}.get(suffix, suffix))
        (tmp_path / "a").write_bytes(buffer.getvalue()[: -len(buffer.getvalue()) // 3])
        with pytest.raises((ValueError, EOFError, OSError)):
            read(tmp_path / "a")
