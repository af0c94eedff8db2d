"""What is remembered of each image as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from anomeval.counting import survey_mask
from anomeval.image_names import names_below_root
from anomeval.predictions.masks import Marks
from anomeval.predictions.preparation import PreparedImage
from anomeval.predictions.record import ImageEntry


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image without its pixels.

    score: raw image score; None when it was NaN and dropped.
    pixels, anomalous_pixels: counted pixels of the map; 0 where there is no map.
    peak: highest score of the map, None without one.
    marks: by which values the stored mask marks pixels, see `masks.Marks`.
    ignored_pixels: those whose mask value is ignored; 0 where there is no map.
    """

    entry: ImageEntry
    anomalous: bool
    score: float | None
    pixels: int
    anomalous_pixels: int
    map_digest: str | None
    mask_digest: str | None
    peak: float | None = None
    marks: Marks = ""
    ignored_pixels: int = 0

    @classmethod
    def of(cls, image: PreparedImage) -> "ImageRow":
        """Sum up a prepared image."""
        pixels = anomalous_pixels = ignored_pixels = 0
        if image.anomaly_map is not None:
            kept, ignored_pixels = image.keep, image.ignored_pixels
            pixels = image.anomaly_map.size if kept is None else int(np.count_nonzero(kept))
            if image.mask is not None:
                marked = image.mask if kept is None else image.mask & kept
                anomalous_pixels = survey_mask(marked).marked
        return cls(
            entry=image.entry,
            anomalous=image.anomalous,
            score=image.score,
            pixels=pixels,
            anomalous_pixels=anomalous_pixels,
            map_digest=image.map_digest,
            mask_digest=image.mask_digest,
            peak=image.peak,
            marks=image.marks,
            ignored_pixels=ignored_pixels,
        )

    def without_pixels(self) -> "ImageRow":
        """The same image at image level only."""
        return replace(self, pixels=0, anomalous_pixels=0, ignored_pixels=0)


def unit_name(row: ImageRow, names: Mapping[str, str] | None = None) -> str:
    """What an image is judged or drawn as: itself, or its `group_id` within its category.

    names: what images are called instead, by identity.
    """
    entry = row.entry
    if not entry.group_id:
        return f"image\0{names[entry.identity] if names else entry.identity}"
    return f"group\0{entry.category or ''}\0{entry.group_id}"


def portable_names(rows: Iterable[ImageRow]) -> dict[str, str]:
    """What the images of a data set are called on every machine, by identity."""
    return names_below_root({row.entry.identity: row.entry.category for row in rows})


def by_identity(rows: Iterable[ImageRow]) -> list[ImageRow]:
    """The canonical order of images: whatever depends on an order uses this one."""
    return sorted(rows, key=lambda row: row.entry.identity)
