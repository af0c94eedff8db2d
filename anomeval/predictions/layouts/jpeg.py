"""Masks in JPEG files, whose compression leaves gray values around every edge."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.layouts.gray import gray_values

SIGNATURE = b"\xff\xd8"

_HALF = 127
_BLUR = 64  # how far from black and white compression drives the pixels at edges
_RARE = 0.05  # share of pixels that may be still further from both


def read_jpeg(content: bytes, limit: int) -> tuple[NDArray[Any], bool]:
    """A mask, (H, W) uint8, and whether it was cut.

    A picture of black and white areas is cut in the middle, at more than 127, to 0 and 255. Any
    other is given as it is: one in which more than one pixel of twenty is neither nearly black nor
    nearly white, or in which all that is not black is dark.

    Args:
        content: of the file. limit: most pixels.

    Raises:
        Unfit: as `gray_values` says.
        LIBRARY_ERRORS: it is damaged.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    with JpegImageFile(io.BytesIO(content)) as image:
        gray = gray_values(image, limit)
    between = (gray >= _BLUR) & (gray <= 255 - _BLUR)
    if between.mean() > _RARE or 0 < gray.max() <= _HALF:
        return gray, False
    return np.where(gray > _HALF, np.uint8(255), np.uint8(0)), True
