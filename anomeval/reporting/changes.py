"""What became of single images and regions from one result to another, as data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ImageSide = Literal["missed", "false_alarm", "found", "cleared"]
"""Anomalous and no longer flagged; normal and newly flagged; and the two the other way round."""
RegionSide = Literal["missed", "found"]

LOSSES: tuple[ImageSide, ...] = ("missed", "false_alarm")


@dataclass(frozen=True)
class ImageChange:
    """An image that is decided otherwise than before.

    size: anomalous pixels of its mask. before, after: raw scores, each on its model's own scale.
    """

    side: ImageSide
    image_path: str
    category: str | None
    defect_type: str | None
    size: int
    before: float | None
    after: float | None


@dataclass(frozen=True)
class RegionChange:
    """A ground-truth region of which now nothing is found, or something again.

    number: from 1, in row-major order of the first pixel. before, after: share found at the cut.
    """

    side: RegionSide
    image_path: str
    category: str | None
    defect_type: str | None
    number: int
    size: int
    before: float
    after: float


@dataclass(frozen=True)
class Changes:
    """All that changed side, worst first.

    unknown: why decisions on images or regions cannot be set against each other.
    """

    images: Sequence[ImageChange] = ()
    regions: Sequence[RegionChange] = ()
    unknown: Sequence[str] = ()

    def lost_images(self) -> list[ImageChange]:
        """Missed images, then false alarms."""
        return [change for change in self.images if change.side in LOSSES]

    def lost_regions(self) -> list[RegionChange]:
        """Regions that are missed now."""
        return [change for change in self.regions if change.side == "missed"]

    def tally(self) -> Counter[str]:
        """How many images and regions changed to which side: `missed images`."""
        counts = Counter(f"{change.side} images" for change in self.images)
        counts.update(f"{change.side} regions" for change in self.regions)
        return counts


@dataclass(frozen=True)
class Loss:
    """What was lost of one kind of image. largest: pixels of the largest region missed."""

    kind: str
    images: int
    false_alarms: int
    regions: int
    largest: int

    @property
    def total(self) -> int:
        """Everything together."""
        return self.images + self.false_alarms + self.regions


def losses_by_kind(changes: Changes) -> list[Loss]:
    """What was lost by category and defect type, most first."""
    images = changes.lost_images()
    sides = Counter((kind_of(image), image.side) for image in images)
    sizes: dict[str, list[int]] = {kind_of(image): [] for image in images}
    for region in changes.lost_regions():
        sizes.setdefault(kind_of(region), []).append(region.size)
    losses = [
        Loss(
            kind, sides[kind, "missed"], sides[kind, "false_alarm"], len(lost), max(lost, default=0)
        )
        for kind, lost in sizes.items()
    ]
    return sorted(losses, key=lambda loss: (-loss.total, loss.kind))


def kind_of(change: ImageChange | RegionChange) -> str:
    """Category and defect type, as far as they are known: `bottle/crack`."""
    return "/".join(filter(None, (change.category, change.defect_type)))
