"""Pixels of one image in a file of its own: what is accepted, and how refusals are worded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.column import as_ours, shape_text, type_text
from anomeval.predictions.faults import reading
from anomeval.predictions.record import ImageEntry

LARGEST_IMAGE = 1 << 28
"""Pixels of one image that are read unless more are allowed: 1 GiB as float32."""

ReadPixels = Callable[[str, int], NDArray[Any]]
"""(path, most pixels) → (H, W) as stored. Raises Unfit, or what the library raises at damage."""

_MAP_TYPES = ("float16", "float32", "float64", "uint8", "uint16")


class Unfit(Exception):
    """Something that cannot be taken: what it is, and what helps."""

    def __init__(self, what: str, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@contextmanager
def placed(entry: ImageEntry, field: str, path: str) -> Iterator[None]:
    """Turn whatever is raised while `path` is read into an error that names image and file.

    Raises:
        InvalidInputError: in the place of `Unfit` and of the errors of libraries.
    """
    field = f"{field} ({path})"
    try:
        with reading(entry.file, field, entry.index, entry.identity):
            yield
    except Unfit as unfit:
        problem = Problem(unfit.what, entry.file, field, entry.index, entry.identity, unfit.remedy)
        raise InvalidInputError(problem) from None


def check_size(shape: tuple[int, ...], limit: int) -> None:
    """Refuse, before a pixel is read, what is no image or too large a one.

    Raises:
        Unfit: `shape` is not (H, W) of 1 to `limit` pixels.
    """
    if len(shape) != 2:
        raise Unfit(f"must be H x W, is {shape_text(shape)}", "keep one channel")
    if min(shape) < 1:
        raise Unfit(f"has no pixels ({shape_text(shape)})", "write images of 1 x 1 up")
    if prod(shape) > limit:
        what = f"declares {shape_text(shape)} pixels, more than {limit}"
        raise Unfit(what, "if that is meant, allow it with --max-image-pixels")


def as_map(array: NDArray[Any]) -> NDArray[Any]:
    """A map of a type that can be scored, as it is laid out here.

    Raises:
        Unfit: it is of another type.
    """
    if array.dtype.name not in _MAP_TYPES:
        what = f"is {type_text(array.dtype)}, must be one of {', '.join(_MAP_TYPES)}"
        raise Unfit(what, "save raw scores with array.astype(np.float32)")
    return as_ours(array)
