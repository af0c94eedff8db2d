"""What is true of images, where it lies apart from the predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.record import ImageEntry
from anomeval.predictions.stamps import Stamps


class MaskRead(NamedTuple):
    """A mask that was read.

    pixels: (H, W) as stored; with `saturation`, bit k is set where defect k is.
    saturation: (K,), see `channels`; None = the mask does not tell defects apart.
    observations: codes of what the user should hear about, see `record.Image`.
    """

    pixels: NDArray[Any]
    saturation: NDArray[Any] | None = None
    observations: tuple[str, ...] = ()


class Mask(Protocol):
    """The mask of one image, not read yet."""

    @property
    def path(self) -> str:
        """Where it is, for messages."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """All files that it is read from."""
        ...

    def read(self, limit: int) -> MaskRead:
        """Its pixels.

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


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one image. None: nothing is known.

    mask: a normal image without one is normal in every pixel.
    image: path of the image itself, whose size is that of its mask.
    told_by: what tells it, as messages name it, such as a row of a table. It may tell of one image
        only; None = it may tell of several.
    """

    label: bool | None
    mask: Mask | None = None
    image: str | None = None
    category: str | None = None
    defect_type: str | None = None
    group_id: str | None = None
    told_by: str | None = None


class TruthSource(Protocol):
    """Where truth is looked up, image by image."""

    path: str  # as the user typed it
    stamps: Stamps  # of what it was read from, beside masks

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image, found by its identity, without reading a pixel.

        Raises:
            Unfit: nothing is known of it, or it cannot be told which of several it is.
        """
        ...
