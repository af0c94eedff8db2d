"""From an image as it was stored to an image that can be counted.

All rules that may change a value before counting stand here, each chosen by the user and recorded
in the result: which mask values mean anomalous, what a NaN means, which side is resized. Whatever
is wrong with an image is told as problems, all of them at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.counting import USUAL_MASK_VALUES, Survey, survey, survey_mask
from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.channels import Channels, channels_of
from anomeval.predictions.record import Image, ImageEntry

NanPolicy = Literal["error", "drop", "min", "max"]
ResizeRule = Literal["mask", "map"]

_SUBSTITUTES = {"min": -np.inf, "max": np.inf}
_PLACES_SHOWN = 3


@dataclass(frozen=True)
class PreparationRules:
    """How stored values become evidence.

    resize: None = sizes must agree; "mask" = maps bilinear to the mask's size; "map" = masks
        nearest to the map's size.
    mask_above: None = every non-zero mask value is anomalous; else values above this.
    nan: "error" refuses; "drop" leaves the pixel (or the image's score) out; "min" and "max" let it
        rank below or above everything.
    """

    resize: ResizeRule | None = None
    mask_above: float | None = None
    nan: NanPolicy = "error"

    def __post_init__(self) -> None:
        if self.mask_above is not None and not np.isfinite(self.mask_above):
            raise UsageError(f"masks are cut at a finite number, got {self.mask_above!r}")


@dataclass(frozen=True)
class PreparedImage:
    """One image, sound and ready to be counted.

    score: raw image score; None when it was NaN and dropped.
    anomaly_map: (H, W) float16/32/64, uint8 or uint16 without NaN among the kept pixels.
    mask: (H, W) bool; None = no anomalous pixel.
    keep: (H, W) bool, False where a NaN was dropped; None = all pixels are kept.
    observations: codes of what the user should hear about, see `evidence.observations`.
    channels: the defects that the mask is the union of, where the file tells them apart.
    peak: highest score of the map; None: there is no map, or nothing but NaN in it.
    """

    entry: ImageEntry
    anomalous: bool
    score: float | None
    anomaly_map: NDArray[Any] | None
    mask: NDArray[np.bool_] | None
    keep: NDArray[np.bool_] | None
    map_digest: str | None  # None: no map, or a constant one that identifies nothing
    mask_digest: str | None
    observations: tuple[str, ...]
    channels: Channels | None = None
    peak: float | None = None


def prepare(image: Image, rules: PreparationRules) -> PreparedImage:
    """Apply the rules to one image.

    Raises:
        InvalidInputError: with every problem of this image.
    """
    return _Preparation(image, rules).result()


class _Preparation:
    """The steps of `prepare`, with what they notice on the way."""

    def __init__(self, image: Image, rules: PreparationRules) -> None:
        self.entry = image.entry
        self.rules = rules
        self.problems: list[Problem] = []
        self.observations: list[str] = [*image.observations]
        self.map = image.anomaly_map
        self.stored_mask = image.gt_mask
        self.saturation = image.saturation
        self.channels: Channels | None = None
        self.keep: NDArray[np.bool_] | None = None

    def result(self) -> PreparedImage:
        digest = _map_digest(self.map)
        mask = self._fitted(self._binary_mask())
        marked = None if mask is None else survey_mask(mask).marked > 0
        channels = self.channels if marked else None
        highest = self._cleaned_map()
        anomalous = self._label(marked)
        score = self._score(highest)
        if self.problems:
            raise InvalidInputError(self.problems)
        return PreparedImage(
            entry=self.entry,
            anomalous=anomalous,
            score=score,
            anomaly_map=self.map,
            mask=mask if marked else None,
            keep=self.keep,
            map_digest=digest,
            mask_digest=_mask_digest(mask, channels),
            observations=tuple(self.observations),
            channels=channels,
            peak=highest,
        )

    def _problem(self, field: str, what: str, remedy: str | None = None) -> None:
        entry = self.entry
        image = entry.identity if entry.named else None
        self.problems.append(Problem(what, entry.file, field, entry.index, image, remedy))

    def _binary_mask(self) -> NDArray[np.bool_] | None:
        stored = self.stored_mask
        if stored is None:
            return None
        if self.saturation is not None:
            return self._united(stored, self.saturation)
        if stored.dtype.kind == "f":
            stored = self._without_nan_in_mask(stored)
        seen = survey_mask(stored) if stored.dtype in (np.bool_, np.uint8) else None
        if seen.gray if seen else not np.isin(stored, USUAL_MASK_VALUES).all():
            self.observations.append("gray_mask")
        above = self.rules.mask_above
        if above is None and seen and seen.highest <= 1:
            return stored.view(np.bool_)
        mask: NDArray[np.bool_] = stored != 0 if above is None else stored > above
        return mask

    def _united(self, stored: NDArray[Any], saturation: NDArray[Any]) -> NDArray[np.bool_]:
        """All defects as one mask; they are kept apart as well."""
        self.channels, faults = channels_of(stored, saturation)
        for fault in faults:
            self._problem("gt_mask", fault, "set bit k of the mask in all pixels of defect k")
        if self.rules.mask_above is not None:
            what = "tells defects by its bits, not by a gray value"
            self._problem("gt_mask", what, "leave --mask-above out")
        united: NDArray[np.bool_] = stored != 0
        return united

    def _without_nan_in_mask(self, stored: NDArray[Any]) -> NDArray[Any]:
        nan = np.isnan(stored)
        if not nan.any():
            return stored
        if self.rules.nan == "drop" and self.map is not None and self.map.shape == nan.shape:
            self.keep = ~nan
            self.observations.append("nan_dropped")
        else:
            remedy = "write masks without NaN, or use --nan drop to leave such pixels out"
            self._problem("gt_mask", f"{int(nan.sum())} NaN, first at {_places(nan)}", remedy)
        return np.where(nan, 0, stored)

    def _fitted(self, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Bring map and mask to one size, or say that they differ."""
        if mask is None or self.map is None or mask.shape == self.map.shape:
            return mask
        if self.rules.resize is None:
            self._problem(
                "gt_mask",
                f"size {_size(mask)} differs from the anomaly map's {_size(self.map)}",
                "use --resize mask (maps to mask size) or --resize map (masks to map size)",
            )
            self._cleaned_map()  # tells of NaN, too
            self.map = None
            return mask
        if self.rules.resize == "mask":
            self.map = _resized(self.map.astype(np.float32), mask.shape, order=1)
            return mask
        shown = _shown(mask.shape, self.map.shape)
        smaller: NDArray[np.bool_] = mask.ravel()[shown]
        if self.channels:
            self.channels = self.channels.seen_at(shown)
        if mask.any() and not smaller.any():
            self.observations.append("mask_emptied_by_resizing")
        return smaller

    def _cleaned_map(self) -> float | None:
        """Apply the NaN policy to the map; returns its highest score."""
        if self.map is None:
            return None
        seen: Survey = survey(self.map)
        if not seen.nan_count:
            return seen.highest
        nan = np.isnan(self.map)
        if self.rules.nan == "error":
            remedy = "choose --nan drop, --nan min or --nan max, or mend the model's output"
            what = f"{seen.nan_count} NaN of {nan.size} pixels, first at {_places(nan)}"
            self._problem("anomaly_map", what, remedy)
            return None
        if self.rules.nan == "drop":
            self.keep = ~nan if self.keep is None else self.keep & ~nan
            self.observations.append("nan_dropped")
            self.map = np.where(nan, self.map.dtype.type(0), self.map)
            return seen.highest
        substitute = self.map.dtype.type(_SUBSTITUTES[self.rules.nan])
        self.map = np.where(nan, substitute, self.map)
        self.observations.append("nan_replaced")
        return float(self.map.max())

    def _label(self, marked: bool | None) -> bool:
        label = self.entry.label
        if label is None and marked is None:
            what = "is missing, and there is no gt_mask to tell"
            remedy = "add gt_label (0 normal, 1 anomalous) or gt_mask"
            self.problems.append(Problem(what, self.entry.file, "gt_label", remedy=remedy))
        if label is False and marked:
            self._problem(
                "gt_mask",
                "marks anomalous pixels, but gt_label says normal",
                "correct the label or the mask",
            )
        if label and marked is False:
            self.observations.append("empty_mask")
        return bool(marked if label is None else label)

    def _score(self, highest: float | None) -> float | None:
        score = self.entry.score
        if score is None:
            self.observations.append("score_from_map")
            return highest
        if not np.isnan(score):
            return score
        if self.rules.nan == "error":
            remedy = "choose --nan drop, --nan min or --nan max, or mend the model's output"
            self._problem("pred_score", "NaN", remedy)
            return None
        self.observations.append("nan_dropped" if self.rules.nan == "drop" else "nan_replaced")
        return _SUBSTITUTES.get(self.rules.nan)


def without_pixels(image: PreparedImage) -> PreparedImage:
    """The same image for use at image level only."""
    return replace(image, anomaly_map=None, mask=None, keep=None, channels=None)


def _map_digest(anomaly_map: NDArray[Any] | None) -> str | None:
    """Digest of the raw map as stored. A constant map is shared by chance, so it has none."""
    if anomaly_map is None or anomaly_map.size == 0:
        return None
    first = anomaly_map.flat[0]
    if anomaly_map.flat[-1] == first and (anomaly_map == first).all():
        return None
    little = np.ascontiguousarray(anomaly_map, anomaly_map.dtype.newbyteorder("<"))
    return _digest(little, f"{little.dtype.str}{little.shape}")


def _mask_digest(mask: NDArray[np.bool_] | None, channels: Channels | None) -> str | None:
    if mask is None or channels is None:
        return None if mask is None else _digest(np.packbits(mask), str(mask.shape))
    return _digest(channels.planes(), f"{mask.shape}{channels.defects}")


def _digest(array: NDArray[Any], header: str) -> str:
    hasher = xxhash.xxh3_128(header.encode())
    hasher.update(array.data)
    return hasher.hexdigest()


def _shown(shape: tuple[int, ...], smaller: tuple[int, ...]) -> NDArray[np.int64]:
    """For each pixel of another size, the nearest of these, in row-major order."""
    places = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    return _resized(places, smaller, order=0).astype(np.int64)


def _resized(array: NDArray[Any], shape: tuple[int, ...], order: int) -> NDArray[Any]:
    """Bilinear (order 1) or nearest (order 0), pixel centres aligned, no smoothing."""
    from skimage.transform import resize

    result: NDArray[Any] = resize(
        array, shape, order=order, mode="edge", anti_aliasing=False, preserve_range=True
    )
    return result


def _places(wrong: NDArray[np.bool_]) -> str:
    """The first few (row, column) positions that are True."""
    return ", ".join(_first_places(wrong))


def _first_places(wrong: NDArray[np.bool_]) -> Iterator[str]:
    for row, column in np.argwhere(wrong)[:_PLACES_SHOWN]:
        yield f"(row {row}, column {column})"


def _size(array: NDArray[Any]) -> str:
    return " x ".join(str(length) for length in array.shape)
