"""Masks in BMP files."""

import io
from typing import Any

from numpy.typing import NDArray

from anomeval.predictions.layouts.gray import gray_values
from anomeval.predictions.layouts.pixels import Unfit

SIGNATURE = b"BM"

_BITS, _COMPRESSION, _COLOURS = slice(28, 30), slice(30, 34), slice(46, 50)
_PLAIN = (0, 3)  # no compression; the same, with the places of colours told
_SMALL_HEADER = 12  # bytes of the header of OS/2, which has neither compression nor a count


def read_bmp(content: bytes, limit: int) -> NDArray[Any]:
    """A mask, (H, W), see `gray_values`.

    Args:
        content: of the file. limit: most pixels.

    Raises:
        Unfit: it is packed, or as `gray_values` says.
        LIBRARY_ERRORS: it is damaged.
    """
    from PIL.BmpImagePlugin import BmpImageFile

    if int.from_bytes(content[14:18], "little") > _SMALL_HEADER:
        bits, packed, colours = (
            int.from_bytes(content[place], "little") for place in (_BITS, _COMPRESSION, _COLOURS)
        )
        if packed not in _PLAIN:
            raise Unfit("is a compressed BMP", "save it as PNG")
        if colours == 2 and bits > 1:  # Pillow reads such pixels as if they had one bit
            raise Unfit(
                f"is a BMP that spends {bits} bits on each of two colours", "save it as PNG"
            )
    with BmpImageFile(io.BytesIO(content)) as image:
        return gray_values(image, limit)
