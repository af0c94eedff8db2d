"""What a prediction file holds: images, each with what was predicted and what is true.

`ImageEntry` is what a file tells about an image before any pixel is read, `Image` adds the pixels.
Both keep the values exactly as they were stored: nothing is normalized, thresholded or resized.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

FIELDS = (
    "anomaly_map",
    "pred_score",
    "gt_label",
    "gt_mask",
    "gt_saturation",
    "image_path",
    "category",
    "defect_type",
    "group_id",
)
"""Canonical field names, in the order in which they are listed to people."""


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One image as its file describes it."""

    file: str  # path of the file, as the user typed or matched it
    index: int  # position in the file, from 0
    identity: str  # `image_path`, or `<file stem>#<index>` where the file names none
    named: bool  # True: the identity is the file's own image_path, not a position
    score: float | None = None  # raw image score (may be NaN); None: the file has none
    label: bool | None = None  # True = anomalous; None: the file does not say
    category: str | None = None
    defect_type: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One image with its pixels.

    observations: codes of what the user should hear about how it was read, see `preparation`.
    """

    entry: ImageEntry
    anomaly_map: NDArray[Any] | None  # (H, W) as stored
    gt_mask: NDArray[Any] | None  # (H', W') as stored
    saturation: NDArray[Any] | None = None  # (K,) as stored: the mask has channels, see `channels`
    observations: tuple[str, ...] = ()
    ignore_values: tuple[int, ...] = ()  # mask values that by its file's word count nowhere


class PredictionFile(Protocol):
    """One open file of predictions. Every call of `images` starts a fresh pass."""

    path: str
    fields: Mapping[str, str]  # canonical field name -> the name it has in this file
    entries: Sequence[ImageEntry]  # in storage order
    random_access: bool  # False: a pass that starts late still reads from the beginning
    attributes: Mapping[str, object]  # scalars that describe the whole file, as it tells them

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, in storage order, one in memory at a time."""
        ...

    def close(self) -> None:
        """Give the file back to the system."""
        ...
