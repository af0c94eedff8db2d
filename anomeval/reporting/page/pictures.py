"""Pictures of the gallery: maps in colour, photographs, and outlines, as texts for a page."""

import io
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomeval.reporting.page.colours import STEPS, palette
from anomeval.reporting.page.model import ColourScale

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 192
"""Pixels along the longer side of a map as shown."""

_LONGEST_PHOTO = 288
_JPEG_QUALITY = 80
_PHOTO_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
"""What photographs are stored as. Pillow would try dozens more, one of which starts a program."""
_LONGEST_OUTLINE = 8_000  # characters; beyond, the outline is drawn coarser


def reduced(array: NDArray[Any], longest: int = LONGEST) -> NDArray[Any]:
    """The highest value of each block of pixels, so that no side is longer than it may be."""
    factor = -(-max(array.shape) // longest)
    if factor == 1:
        return array
    rows, columns = (np.arange(0, length, factor) for length in array.shape)
    highest: NDArray[Any] = np.maximum.reduceat(np.maximum.reduceat(array, rows, 0), columns, 1)
    return highest


def map_uri(scores: NDArray[Any], scale: ColourScale) -> str:
    """A map (H, W) as a PNG on the common scale; scores beyond its ends have their colours."""
    from PIL import Image

    share = (np.asarray(scores, np.float64) - scale.low) / ((scale.high - scale.low) or 1)
    indices = np.rint(np.clip(np.nan_to_num(share), 0, 1) * (STEPS - 1)).astype(np.uint8)
    image = Image.fromarray(indices)
    image.putpalette(palette().tobytes())
    return _uri(image, "png", optimize=True)


def photo_uri(path: Path) -> str | None:
    """A photograph, reduced; None where there is no file that can be read as an image."""
    from PIL import Image

    try:
        with Image.open(path, formats=_PHOTO_FORMATS) as image:
            image.draft("RGB", (_LONGEST_PHOTO, _LONGEST_PHOTO))
            plain = _eight_bits(image)
            plain.thumbnail((_LONGEST_PHOTO, _LONGEST_PHOTO))
            return _uri(plain, "jpeg", quality=_JPEG_QUALITY)
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def outline(mask: NDArray[np.bool_]) -> str:
    """The edges between marked and other pixels, as SVG path data in units of pixels."""
    path = _edges(mask)
    factor = 1
    while len(path) > _LONGEST_OUTLINE:
        factor *= 2
        rows, columns = (np.arange(0, length, factor) for length in mask.shape)
        coarse = np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, 0), columns, 1)
        path = _edges(coarse, factor)
    return path


def _edges(mask: NDArray[np.bool_], unit: int = 1) -> str:
    padded = np.pad(mask, 1)
    level = padded[1:, 1:-1] != padded[:-1, 1:-1]  # (H + 1, W): edges above each pixel
    upright = (padded[1:-1, 1:] != padded[1:-1, :-1]).T
    across = (f"M{x * unit} {y * unit}h{n * unit}" for y, x, n in _runs(level))
    down = (f"M{x * unit} {y * unit}v{n * unit}" for x, y, n in _runs(upright))
    return "".join([*across, *down])


def _runs(lines: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """(line, start, length) of every stretch of True along the lines."""
    steps = np.diff(np.pad(lines, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return [
        (int(line), int(start), int(end - start))
        for (line, start), (_, end) in zip(starts, ends, strict=True)
    ]


def _eight_bits(image: "Image") -> "Image":
    """Grey or colour with 8 bits per channel."""
    from PIL import Image

    if not image.mode.startswith(("I", "F")):
        return image.convert("L" if image.mode in ("1", "L") else "RGB")
    values = np.asarray(image, np.float64)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * 255 / ((high - low) or 1)).astype(np.uint8))


def _uri(image: "Image", form: str, **options: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return f"data:image/{form};base64,{b64encode(buffer.getvalue()).decode()}"
