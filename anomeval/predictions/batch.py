"""What is handed to a writer, taken as images: any array library, one image or many, checked."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import Problem
from anomeval.predictions.channels import channels_of
from anomeval.predictions.column import type_text, without_channel
from anomeval.predictions.conversion import Misfit, as_array
from anomeval.predictions.decoding import labels
from anomeval.predictions.fields import PIXEL_FIELDS, TEXT_FIELDS

MapType = Literal["float16", "float32"]

DECISION_FIELDS = ("pred_label", "pred_mask")
"""What a post-processor decided: written for others, never read, for metrics decide anew."""

IMAGE_FIELDS = (*PIXEL_FIELDS, "pred_mask")
"""Fields with one (H, W) array for each image."""

NUMBER_TYPES: Mapping[str, np.dtype[Any]] = {
    "pred_score": np.dtype("<f8"),
    "gt_label": np.dtype("u1"),
    "pred_label": np.dtype("u1"),
    "gt_saturation": np.dtype("<u4"),
}
"""How columns with one number, or one list of numbers, for each image are stored."""

_MAP_TYPES = ("float16", "float32", "float64", "uint8", "uint16")
_FOR_ALL = ("category", "defect_type", "group_id")  # one text may stand for a whole batch


@dataclass(frozen=True, slots=True)
class Batch:
    """Images to be written.

    values: for each field one value per image: (H, W) arrays of a type that files hold, little
        endian; float scores, bool labels, texts; (K,) saturations, whose K may differ.
    """

    count: int
    values: Mapping[str, Sequence[Any]]


def as_batch(
    given: Mapping[str, Any], dtype: MapType | None, *, stored: bool = True
) -> tuple[Batch, list[Problem]]:
    """Take the fields of one call as images.

    Args:
        given: field → array, list or scalar; only fields that are there.
        dtype: what maps are stored as; None keeps their type.
        stored: False = the images are only looked at, and masks may hold any numbers.

    Returns:
        The batch, and all that is wrong with it; `index` counts within the batch.
    """
    values: dict[str, Sequence[Any]] = {}
    problems: list[Problem] = []
    for field, value in given.items():
        take = _TAKERS[field]
        if field == "gt_mask" and "gt_saturation" in given:
            take = _channels
        elif field == "gt_mask" and not stored:
            take = _masks_as_given
        try:
            values[field] = take(value, dtype)
        except Misfit as misfit:
            problem = Problem(misfit.what, field=field, index=misfit.row, remedy=misfit.remedy)
            problems.append(problem)
    count = max(map(len, values.values()), default=0)
    for field in _FOR_ALL:
        if isinstance(given.get(field), str | os.PathLike) and field in values:
            values[field] = list(values[field]) * count
    lengths = {field: len(value) for field, value in values.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{field} {length}" for field, length in lengths.items())
        remedy = "give every field one value for each image"
        problems.append(Problem(f"fields differ in the number of images: {counts}", remedy=remedy))
    if not problems and "gt_saturation" in values:
        problems = list(_channel_problems(values))
    return Batch(count, values), problems


def _maps(value: Any, dtype: MapType | None) -> list[NDArray[Any]]:
    images = _images(value)
    for image in images:
        if image.dtype.name not in _MAP_TYPES:
            what = f"is {type_text(image.dtype)}, must be one of {', '.join(_MAP_TYPES)}"
            raise Misfit(what, "give raw scores as float32")
    return [_stored_map(image, dtype, row) for row, image in enumerate(images)]


def _stored_map(image: NDArray[Any], dtype: MapType | None, row: int) -> NDArray[Any]:
    missing = int(np.isnan(image).sum())
    if missing:
        what = f"{missing} NaN of {image.size} pixels"
        raise Misfit(what, "mend the model's output; NaN cannot be ranked", row)
    with np.errstate(over="ignore"):
        stored = image.astype(np.dtype(dtype or image.dtype).newbyteorder("<"))
    overflown = np.isinf(stored) & ~np.isinf(image)
    if overflown.any():
        what = f"{image[overflown][0]} does not fit into {dtype}"
        raise Misfit(what, "use dtype='float32', or None to keep the type", row)
    return stored


def _masks(value: Any, _: MapType | None) -> list[NDArray[Any]]:
    return [_stored_mask(image, row) for row, image in enumerate(_images(value))]


def _masks_as_given(value: Any, _: MapType | None) -> list[NDArray[Any]]:
    return [_numbers(image, row) for row, image in enumerate(_images(value))]


def _numbers(image: NDArray[Any], row: int) -> NDArray[Any]:
    if image.dtype.kind not in "biuf":
        raise Misfit(f"is {type_text(image.dtype)}, must be numbers", "give masks as uint8", row)
    return image


def _stored_mask(image: NDArray[Any], row: int) -> NDArray[Any]:
    image = _numbers(image, row)
    with np.errstate(invalid="ignore"):
        stored: NDArray[Any] = image.astype(np.uint8)
    if (stored != image).any():
        what = "holds values other than whole numbers from 0 to 255"
        raise Misfit(what, "binarize it first: mask > 0.5", row)
    return stored


def _channels(value: Any, _: MapType | None) -> list[NDArray[Any]]:
    """Masks whose bits are defects, (H, W) of an unsigned type each."""
    images = _images(value)
    for row, image in enumerate(images):
        if image.dtype.kind not in "biu" or (image.dtype.kind == "i" and image.min() < 0):
            what = f"is {type_text(image.dtype)}, its bits cannot be defects"
            raise Misfit(what, "give unsigned whole numbers, bit k for defect k", row)
    return [image.astype(f"<u{image.dtype.itemsize}") for image in images]


def _saturations(value: Any, _: MapType | None) -> list[NDArray[Any]]:
    """(K,), (B, K), or a list of (K,) → list of (K,)."""
    parts = [as_array(part) for part in value] if isinstance(value, list | tuple) else []
    if not parts or not all(part.ndim for part in parts):
        array = as_array(value)
        parts = list(array) if array.ndim == 2 else [array]
    stored = []
    for row, part in enumerate(parts):
        with np.errstate(invalid="ignore"):
            whole = part.astype(NUMBER_TYPES["gt_saturation"])
        if part.ndim != 1 or part.dtype.kind not in "biuf" or (whole != part).any():
            what = "is no list of whole numbers"
            raise Misfit(what, "give for each defect the pixels that are enough", row)
        stored.append(whole)
    return stored


def _channel_problems(values: Mapping[str, Sequence[Any]]) -> Iterator[Problem]:
    if "gt_mask" not in values:
        what, remedy = "gt_saturation is given without gt_mask", "give the mask, bit k for defect k"
        yield Problem(what, remedy=remedy)
        return
    pairs = zip(values["gt_mask"], values["gt_saturation"], strict=True)
    for row, (mask, saturation) in enumerate(pairs):
        for fault in channels_of(mask, saturation)[1]:
            remedy = "set bit k of the mask in all pixels of defect k"
            yield Problem(fault, field="gt_mask", index=row, remedy=remedy)


def _scores(value: Any, _: MapType | None) -> list[float]:
    array = _column(value)
    if array.dtype.kind not in "biuf":
        raise Misfit(f"is {type_text(array.dtype)}, must be numbers", "give raw scores as floats")
    scores: list[float] = array.astype(np.float64).tolist()
    if np.isnan(array).any():
        row = int(np.isnan(array).argmax())
        raise Misfit("is NaN", "mend the model's output; NaN cannot be ranked", row)
    return scores


def _labels(value: Any, _: MapType | None) -> list[bool]:
    array = _column(value)
    if array.dtype.kind not in "biuf":
        raise Misfit(
            f"is {type_text(array.dtype)}, must be 0 or 1", "give 0 (normal) or 1 (anomalous)"
        )
    decoded = labels(array)
    if decoded.fault:
        raise Misfit(decoded.fault.what, decoded.fault.remedy, decoded.fault.index)
    return list(decoded.values)


def _texts(value: Any, _: MapType | None) -> list[str]:
    if isinstance(value, str | os.PathLike | int | np.integer):
        value = [value]
    if not isinstance(value, list | tuple):
        value = as_array(value).reshape(-1).tolist()
    return [_text(item, row) for row, item in enumerate(value)]


def _text(value: object, row: int) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str | int | np.integer) or isinstance(value, bool):
        raise Misfit(f"is {type(value).__name__}, must be text", "give a str for each image", row)
    text = str(value)
    if "\0" in text or text != text.encode(errors="replace").decode():
        raise Misfit(f"{text!r} cannot be stored as UTF-8 text", "rename it", row)
    return text


def _identities(value: Any, dtype: MapType | None) -> list[str]:
    texts = _texts(value, dtype)
    if "" in texts:
        raise Misfit("is empty", "give every image its own path", texts.index(""))
    return texts


_TAKERS: dict[str, Callable[[Any, MapType | None], Sequence[Any]]] = {
    "anomaly_map": _maps,
    "gt_mask": _masks,
    "gt_saturation": _saturations,
    "pred_score": _scores,
    "gt_label": _labels,
    "pred_label": _labels,
    "pred_mask": _masks,
    **dict.fromkeys(TEXT_FIELDS, _texts),
    "image_path": _identities,
}


def _images(value: Any) -> list[NDArray[Any]]:
    """(H, W), (B, H, W), or a list of (H, W), each with or without a channel → list of (H, W)."""
    if isinstance(value, list | tuple):
        parts = [as_array(part) for part in value]
        if parts and all(part.ndim >= 2 for part in parts):
            return [_image(part) for part in parts]
    array = as_array(value)
    if array.ndim == 2:
        return [_image(array)]
    if array.ndim in (3, 4):
        return [_image(part) for part in array]
    raise _wrong_axes(array)


def _image(array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 3:
        array = array.reshape(without_channel(array.shape))
    if array.ndim != 2:
        raise _wrong_axes(array)
    if array.size == 0:
        raise Misfit("has no pixels", "give images of 1 x 1 up")
    return array


def _wrong_axes(array: NDArray[Any]) -> Misfit:
    what = f"has shape {array.shape}, must be (H, W), (B, H, W), (B, 1, H, W) or (B, H, W, 1)"
    return Misfit(what, "keep one channel")


def _column(value: Any) -> NDArray[Any]:
    """A scalar, (B,) or (B, 1) → (B,)."""
    array = as_array(value)
    if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
        raise Misfit(f"has shape {array.shape}, must be (B,)", "give one value for each image")
    return array.reshape(-1)
