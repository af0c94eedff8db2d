"""From an image as it was stored to an image that can be counted.

All rules that may change a value before counting stand here, each chosen by the user and recorded
in the result: which mask values mean anomalous, what a NaN means, which side is resized. Whatever
is wrong with an image is told as problems, all of them at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.counting import Survey, survey, survey_mask
from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.channels import Channels, channels_of
from anomeval.predictions.ignoring import asked_values
from anomeval.predictions.masks import (
    Marks,
    counted_scores,
    not_normal_remedy,
    read_mask,
)
from anomeval.predictions.record import Image, ImageEntry
from anomeval.predictions.resizing import bilinear, nearest_places

NanPolicy = Literal["error", "drop", "min", "max"]
ResizeRule = Literal["mask", "map"]
EmptyMasks = Literal["leave-out", "normal", "error"]
_CHOICES = {
    "resize": (None, *get_args(ResizeRule)),
    "nan": get_args(NanPolicy),
    "empty_masks": get_args(EmptyMasks),
}
"""The settings that are words, and which these can be."""

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
    ignore_value: mask values of pixels that count nowhere, ascending; given as one or several.
        Images whose file names such values (see `Image`) leave out these as well.
    empty_masks: images that are labelled anomalous and whose mask marks no pixel are without pixel
        truth: "leave-out" leaves all their pixels out, "normal" takes these for normal, "error"
        refuses.
    """

    resize: ResizeRule | None = None
    mask_above: float | None = None
    nan: NanPolicy = "error"
    ignore_value: tuple[int, ...] = ()
    empty_masks: EmptyMasks = "leave-out"

    def __post_init__(self) -> None:
        above = self.mask_above
        if above is not None and not (isinstance(above, Real) and isfinite(above)):
            raise UsageError(f"masks are cut at a finite number, got {above!r}")
        for name, words in _CHOICES.items():
            chosen = getattr(self, name)
            if not isinstance(chosen, str | None) or chosen not in words:
                known = ", ".join(map(str, words))
                raise UsageError(f"{name} is one of {known}, not {chosen!r}")
        object.__setattr__(self, "ignore_value", asked_values(self.ignore_value))

    def ignoring(self, more: tuple[int, ...]) -> "PreparationRules":
        """The same rules, with further values that are ignored."""
        return replace(self, ignore_value=(*self.ignore_value, *more)) if more else self


@dataclass(frozen=True)
class PreparedImage:
    """One image, sound and ready to be counted.

    score: raw image score; None when it was NaN and dropped, or is derived from no pixel.
    anomaly_map: (H, W) float16/32/64, uint8 or uint16 without NaN among the kept pixels.
    mask: (H, W) bool; None = no anomalous pixel.
    keep: (H, W) bool, the pixels that count: False where one is ignored, where a NaN was dropped,
        and everywhere if the image is without pixel truth; None = all pixels count.
    observations: codes of what the user should hear about, see `evidence.observations`.
    channels: the defects that the mask is the union of, where the file tells them apart.
    peak: highest score of the map; None: there is no map, or nothing but NaN in it.
    marks: by which values the stored mask marks pixels.
    ignored_pixels: how many pixels have a mask value that is ignored.
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
    marks: Marks = ""
    ignored_pixels: int = 0


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
        self.rules = rules.ignoring(image.ignore_values)
        self.problems: list[Problem] = []
        self.observations: list[str] = [*image.observations]
        self.map = image.anomaly_map
        self.stored_mask = image.gt_mask
        self.saturation = image.saturation
        self.channels: Channels | None = None
        self.marks: Marks = ""
        self.gray: tuple[float, ...] = ()
        self.void: NDArray[np.bool_] | None = None
        self.keep: NDArray[np.bool_] | None = None

    def result(self) -> PreparedImage:
        digest = self._digest_of_map()
        mask = self._binary_mask()
        whole = self._surveyed_map()
        derived = self._derived_score(whole)
        resized = self._fitted(mask)
        self._clean_map(whole)
        marked = None if resized is None else survey_mask(resized).marked > 0
        anomalous = self._label(marked)
        score = self._score(derived)
        self._leave_out(anomalous, marked)
        if self.problems:
            raise InvalidInputError(self.problems)
        return PreparedImage(
            entry=self.entry,
            anomalous=anomalous,
            score=score,
            anomaly_map=self.map,
            mask=resized if marked else None,
            keep=self.keep,
            map_digest=digest,
            mask_digest=_mask_digest(resized, self.channels if marked else None, self.void),
            observations=tuple(self.observations),
            channels=self.channels if marked else None,
            peak=whole.highest if whole else None,
            marks=self.marks,
            ignored_pixels=0 if self.void is None else int(np.count_nonzero(self.void)),
        )

    def _digest_of_map(self) -> str | None:
        """The digest of the map as it came; its type, and whether it tells anything, are noted."""
        digest = _map_digest(self.map)
        if self.map is not None:
            if self.map.dtype.kind == "u":
                self.observations.append(f"{self.map.dtype.name}_map")
            if digest is None and self.map.size > 1:
                self.observations.append("constant_map")
        return digest

    def _problem(self, field: str, what: str, remedy: str | None = None) -> None:
        entry = self.entry
        image = entry.identity if entry.named else None
        self.problems.append(Problem(what, entry.file, field, entry.index, image, remedy))

    def _binary_mask(self) -> NDArray[np.bool_] | None:
        stored, rules = self.stored_mask, self.rules
        if stored is None:
            return None
        if self.saturation is not None:
            return self._united(stored, self.saturation)
        if stored.dtype.kind == "f":
            stored = self._without_nan_in_mask(stored)
        read = read_mask(stored, rules.mask_above, rules.ignore_value)
        entry = self.entry
        where = (entry.file, "gt_mask", entry.index, entry.identity if entry.named else None)
        self.problems += [fault.problem(*where) for fault in read.faults]
        self.gray = read.gray
        if read.gray:
            self.observations.append("gray_mask")
        self.void, self.marks = read.void, read.marks
        return read.anomalous

    def _united(self, stored: NDArray[Any], saturation: NDArray[Any]) -> NDArray[np.bool_]:
        """All defects as one mask; they are kept apart as well."""
        self.channels, faults = channels_of(stored, saturation)
        for fault in faults:
            self._problem("gt_mask", fault, "set bit k of the mask in all pixels of defect k")
        options = {
            "--mask-above": self.rules.mask_above is not None,
            "--ignore-value": bool(self.rules.ignore_value),
        }
        for option in (name for name, is_given in options.items() if is_given):
            what = "tells defects by its bits, not by a gray value"
            self._problem("gt_mask", what, f"leave {option} out")
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

    def _surveyed_map(self) -> Survey | None:
        """A look over the map as stored, where NaN is refused unless there is a policy for it."""
        if self.map is None:
            return None
        seen: Survey = survey(self.map)
        if seen.nan_count and self.rules.nan == "error":
            nan = np.isnan(self.map)
            remedy = "choose --nan drop, --nan min or --nan max, or mend the model's output"
            what = f"{seen.nan_count} NaN of {nan.size} pixels, first at {_places(nan)}"
            self._problem("anomaly_map", what, remedy)
        return seen

    def _derived_score(self, whole: Survey | None) -> float | None:
        """The highest score of the map as stored among the pixels that count."""
        if self.map is None or whole is None:
            return None
        seen = whole if self.void is None else survey(counted_scores(self.map, self.void))
        if seen.nan_count and (self.rules.nan == "max" or seen.highest is None):
            return _SUBSTITUTES.get(self.rules.nan)
        return seen.highest

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
            self.map = None
            return mask
        if self.rules.resize == "mask":
            self.map = bilinear(self.map, mask.shape)
            return mask
        shown = nearest_places(mask.shape, self.map.shape)
        smaller: NDArray[np.bool_] = mask.ravel()[shown]
        if self.void is not None:
            self.void = self.void.ravel()[shown]
        if self.channels:
            self.channels = self.channels.seen_at(shown)
        if mask.any() and not smaller.any():
            self.observations.append("mask_emptied_by_resizing")
        return smaller

    def _clean_map(self, whole: Survey | None) -> None:
        """Apply the NaN policy to the map, and leave out the pixels that are ignored."""
        if self.map is None or whole is None:
            return
        if whole.nan_count and self.rules.nan != "error":
            self._clean_nan(self.map)
        if self.void is not None:
            self._keep_only(~self.void)

    def _clean_nan(self, anomaly_map: NDArray[Any]) -> None:
        nan = np.isnan(anomaly_map)
        if self.rules.nan == "drop":
            self._keep_only(~nan)
            self.observations.append("nan_dropped")
            self.map = np.where(nan, anomaly_map.dtype.type(0), anomaly_map)
            return
        substitute = anomaly_map.dtype.type(_SUBSTITUTES[self.rules.nan])
        self.map = np.where(nan, substitute, anomaly_map)
        self.observations.append("nan_replaced")

    def _keep_only(self, counting: NDArray[np.bool_]) -> None:
        self.keep = counting if self.keep is None else self.keep & counting

    def _leave_out(self, anomalous: bool, marked: bool | None) -> None:
        """An anomalous image whose mask marks nothing is without pixel truth.

        Unless resizing alone has emptied the mask: then its truth is known, and too small to see.
        """
        if self.map is None or not anomalous or marked is not False:
            return
        if "mask_emptied_by_resizing" in self.observations:
            return
        if self.rules.empty_masks == "error":
            what = "marks no pixel, but the image is labelled anomalous"
            remedy = "add the mask, or choose --empty-masks leave-out or --empty-masks normal"
            self._problem("gt_mask", what, remedy)
        elif self.rules.empty_masks == "normal":
            self.observations.append("empty_mask_normal")
        else:
            self.observations.append("empty_mask")
            self.keep = np.zeros(self.map.shape, np.bool_)

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
                not_normal_remedy(self.marks, self.gray),
            )
        return bool(marked if label is None else label)

    def _score(self, derived: float | None) -> float | None:
        score = self.entry.score
        if self.void is not None and self.void.all():
            self.observations.append("all_ignored")
            if score is None or self.entry.label is None:  # nothing to judge, or to judge by
                return None
        if score is None:
            self.observations.append("score_from_map")
            return derived
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
    return replace(image, anomaly_map=None, mask=None, keep=None, channels=None, ignored_pixels=0)


def _map_digest(anomaly_map: NDArray[Any] | None) -> str | None:
    """Digest of the raw map as stored. A constant map is shared by chance, so it has none."""
    if anomaly_map is None or anomaly_map.size == 0:
        return None
    first = anomaly_map.flat[0]
    if anomaly_map.flat[-1] == first and (anomaly_map == first).all():
        return None
    little = np.ascontiguousarray(anomaly_map, anomaly_map.dtype.newbyteorder("<"))
    return _digest(little, f"{little.dtype.str}{little.shape}")


def _mask_digest(
    mask: NDArray[np.bool_] | None, channels: Channels | None, void: NDArray[np.bool_] | None
) -> str | None:
    """Digest of all that is true of the pixels: which are anomalous, and which do not count."""
    if mask is None:
        return None
    if channels is not None:
        return _digest(channels.planes(), f"{mask.shape}{channels.defects}")
    if void is None:
        return _digest(np.packbits(mask), str(mask.shape))
    return _digest(np.packbits([mask, void]), f"{mask.shape}ignoring")


def _digest(array: NDArray[Any], header: str) -> str:
    hasher = xxhash.xxh3_128(header.encode())
    hasher.update(array.data)
    return hasher.hexdigest()


def _places(wrong: NDArray[np.bool_]) -> str:
    """The first few (row, column) positions that are True."""
    return ", ".join(_first_places(wrong))


def _first_places(wrong: NDArray[np.bool_]) -> Iterator[str]:
    for row, column in np.argwhere(wrong)[:_PLACES_SHOWN]:
        yield f"(row {row}, column {column})"


def _size(array: NDArray[Any]) -> str:
    return " x ".join(str(length) for length in array.shape)
