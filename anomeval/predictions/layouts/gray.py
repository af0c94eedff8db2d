"""Pictures as gray values: what a mask may be stored as, whichever format it is in.

A stored number is not always a gray value: in a picture with a palette it names a colour, and an
orientation says that rows and columns are to be turned. What does not tell one gray value for each
pixel is refused, never guessed.
"""

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.layouts.pixels import Unfit, check_size

if TYPE_CHECKING:
    from PIL.Image import Image

ORIENTATION = 274
"""The tag of EXIF and TIFF that tells how a picture is to be turned; 1 = it is upright."""

_UPRIGHT = (0, 1)  # 0 is no orientation, but written where none is known
_IN_GRAY = "save the mask in gray, with one channel: Image.open(path).convert('L')"
_KNOWN = ("1", "L", "I", "I;16", "I;16B", "I;16L", "RGB")
_EXIF_FAULTS = (struct.error, AttributeError, AssertionError)  # of damaged tags, in Pillow


class Coloured(Unfit):
    """A picture in colour, as photographs are and masks are not."""


def gray_values(image: "Image", limit: int) -> NDArray[Any]:
    """The picture that Pillow has opened, (H, W) bool, uint8 or uint16.

    Gray is read as it is stored, through a palette where there is one; so are three equal channels,
    and an alpha channel is let go where it is the same everywhere.

    Args:
        image: opened, not loaded.
        limit: most pixels.

    Raises:
        Unfit: it has colours, transparency that differs between pixels, several pictures, too many
            pixels, or is to be turned.
        LIBRARY_ERRORS: it is damaged.
    """
    check_size((image.height, image.width), limit)
    array = np.asarray(image)
    if getattr(image, "n_frames", 1) != 1:
        raise Unfit("holds several pictures", "save one picture in each file")
    check_upright(orientation(image))
    if image.mode == "P":
        return _through_palette(array, image)
    if "transparency" in image.info:
        raise _transparent()
    if image.mode in ("LA", "RGBA"):
        array = _without_alpha(array)
    elif image.mode not in _KNOWN:
        raise Unfit(f"has several channels ({image.mode})", _IN_GRAY)
    return one_channel(array)


def orientation(image: "Image") -> int:
    """How a picture is to be turned, see `ORIENTATION`.

    Raises:
        ValueError: what tells it is damaged.
    """
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except _EXIF_FAULTS as error:
        raise ValueError(f"its EXIF data: {error}") from None


def check_upright(told: int) -> None:
    """Refuse a picture that programs show in another way than it is stored.

    Raises:
        Unfit: it is to be turned or mirrored.
    """
    if told not in _UPRIGHT:
        what = f"is to be turned before it is looked at (its orientation is {told}, not 1)"
        raise Unfit(what, "save it upright, without orientation")


def one_channel(array: NDArray[Any]) -> NDArray[Any]:
    """(H, W), or (H, W, C) of equal channels → (H, W).

    Raises:
        Unfit: channels differ.
    """
    if array.ndim == 2:
        return array
    first = array[:, :, 0]
    if (array != first[:, :, None]).any():
        raise Coloured("has several channels, and they differ: it is in colour", _IN_GRAY)
    return np.ascontiguousarray(first)


def through_colours(indices: NDArray[Any], colours: NDArray[Any]) -> NDArray[Any]:
    """The gray values that indices stand for, (H, W).

    Args:
        indices: (H, W) integers.
        colours: (N, 3), what each index stands for.

    Raises:
        Unfit: a pixel has a colour that is not gray.
        ValueError: a pixel has an index without a colour.
    """
    used = np.unique(indices)
    if used.size and used[-1] >= len(colours):
        raise ValueError(f"a pixel has colour {used[-1]} of a palette of {len(colours)}")
    if (colours[used] != colours[used, :1]).any():
        what = "has a palette of colours, and which of them are anomalous is not known"
        raise Unfit(what, f"{_IN_GRAY}; or its indices: Image.fromarray(np.array(picture))")
    gray: NDArray[Any] = np.ascontiguousarray(colours[:, 0])[indices]
    return gray


def _through_palette(array: NDArray[Any], image: "Image") -> NDArray[Any]:
    colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    gray = through_colours(array, colours)
    opaque = image.info.get("transparency", b"")
    alpha = np.full(256, 255, np.uint8)
    if isinstance(opaque, bytes):
        alpha[: len(opaque)] = np.frombuffer(opaque, np.uint8)[:256]
    else:
        alpha[int(opaque)] = 0
    if len(np.unique(alpha[np.unique(array)])) > 1:
        raise _transparent()
    return gray


def _without_alpha(array: NDArray[Any]) -> NDArray[Any]:
    alpha = array[:, :, -1]
    if (alpha != alpha[0, 0]).any():
        raise _transparent()
    return array[:, :, :-1]


def _transparent() -> Unfit:
    return Unfit("is transparent in some pixels, whose value is not known", _IN_GRAY)
