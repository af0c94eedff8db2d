"""Small columns as Python values: labels, scores and texts. What does not decode is a fault."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXACT = 2**53  # integers up to here are exact as float64


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that cannot be taken. index: the first row that has it."""

    index: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """Values of one column, (N,); empty where there is a fault."""

    values: Sequence[Any] = ()
    fault: Fault | None = None


def labels(stored: NDArray[Any]) -> Decoded:
    """bool, integer or float that is exactly 0 or 1 → list of bool."""
    wrong = ~np.isin(stored, (0, 1))
    if wrong.any():
        index = int(wrong.argmax())
        value = stored[index].item()
        value = int(value) if value == value // 1 else value
        what = f"{value} is neither 0 (normal) nor 1 (anomalous)"
        remedy = "write 0 or 1 for every image, and leave unlabelled images out"
        return Decoded(fault=Fault(index, what + _more(wrong), remedy))
    return Decoded((stored == 1).tolist())


def scores(stored: NDArray[Any]) -> Decoded:
    """Numbers of any kind → list of float, exactly; NaN and infinities pass."""
    if stored.dtype.kind in "iu":
        wrong = (stored > _EXACT) | (stored < -_EXACT)
        if wrong.any():
            index = int(wrong.argmax())
            what = f"{stored[index]} is no exact float64"
            return Decoded(fault=Fault(index, what + _more(wrong), "save scores as float64"))
    return Decoded(stored.astype(np.float64).tolist())


def identities(stored: NDArray[Any]) -> Decoded:
    """Texts that name an image each: none may be empty."""
    decoded = texts(stored)
    if "" in decoded.values:
        empty = np.array([value == "" for value in decoded.values])
        what = "is empty" + _more(empty)
        return Decoded(fault=Fault(int(empty.argmax()), what, "give every image its own path"))
    return decoded


def texts(stored: NDArray[Any]) -> Decoded:
    """UTF-8 bytes, unicode or integers → list of str."""
    if (wrong := not_unicode(stored)).any():
        what = "holds what is no character" + _more(wrong)
        return Decoded(fault=Fault(int(wrong.argmax()), what, "write texts as UTF-8"))
    values: list[str] = []
    for index in range(len(stored)):
        try:
            values.append(_text(stored[index]))
        except (UnicodeError, ValueError) as error:
            what = f"is not UTF-8 text ({error})"
            return Decoded(fault=Fault(index, what, "write texts as UTF-8"))
    return Decoded(values)


def not_unicode(stored: NDArray[Any]) -> NDArray[np.bool_]:
    """Which texts of a NumPy array, (N,), hold numbers that are no characters.

    NumPy does not look, and would make strings of them that bring Python down.
    """
    if stored.dtype.kind != "U" or not stored.size or not stored.dtype.itemsize:
        return np.zeros(stored.shape, np.bool_)
    numbers = np.ascontiguousarray(stored).view(np.uint32)
    if not stored.dtype.isnative:
        numbers = numbers.byteswap()
    wrong = np.any(numbers.reshape(len(stored), -1) > sys.maxunicode, axis=1)
    return np.asarray(wrong)


def optional_texts(stored: NDArray[Any]) -> Decoded:
    """Texts of which an empty one means that the file does not say: list of str or None."""
    decoded = texts(stored)
    return Decoded([value or None for value in decoded.values], decoded.fault)


DECODERS: dict[str, Callable[[NDArray[Any]], Decoded]] = {
    "pred_score": scores,
    "gt_label": labels,
    "image_path": identities,
    "category": optional_texts,
    "defect_type": optional_texts,
    "group_id": optional_texts,
}
"""How each small column is decoded: (N,) as stored → (N,) values."""


def _text(value: object) -> str:
    text = value.decode() if isinstance(value, bytes) else str(value)
    text.encode()  # half a surrogate pair cannot be written to any result
    return text


def _more(wrong: NDArray[np.bool_]) -> str:
    count = int(wrong.sum()) - 1
    return f" (and {count} more)" if count else ""
