"""What is true of images, where it lies apart from the predictions."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.record import ImageEntry


class Mask(Protocol):
    """The mask of one image, not read yet."""

    @property
    def path(self) -> str:
        """The file it is in."""
        ...

    def read(self, limit: int) -> NDArray[Any]:
        """(H, W) as stored.

        Raises:
            Unfit: it is no mask, or has more than `limit` pixels.
            LIBRARY_ERRORS: it is damaged.
        """
        ...

    def size(self) -> tuple[int, ...]:
        """(H, W), from a header; raises as `read` does."""
        ...


@runtime_checkable
class Divided(Mask, Protocol):
    """A mask that tells defects apart by its bits, see `channels`."""

    @property
    def type(self) -> np.dtype[Any]:
        """The type of all masks of the data set."""
        ...

    def read_with_saturation(self, limit: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """The mask, (H, W), and the saturation of each defect, (K,); raises as `read` does."""
        ...


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one image. None: nothing is known.

    mask: a normal image without one is normal in every pixel.
    image: path of the image itself, whose size is that of its mask.
    """

    label: bool | None
    mask: Mask | None = None
    image: str | None = None
    category: str | None = None
    defect_type: str | None = None
    group_id: str | None = None


class TruthSource(Protocol):
    """Where truth is looked up, image by image."""

    path: str  # as the user typed it

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image, found by its identity, without reading a pixel.

        Raises:
            Unfit: nothing is known of it, or it cannot be told which of several it is.
        """
        ...
