"""Small columns as Python values: labels, scores and texts. What does not decode is a fault."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXACT = 2**53  # integers up to here are exact as float64


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that cannot be taken. index: its row."""

    index: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """Values of one column, (N,); None in the place of each that cannot be taken.

    faults: why not, in the order of the rows.
    """

    values: Sequence[Any]
    faults: tuple[Fault, ...] = ()

    @property
    def fault(self) -> Fault | None:
        """The first, which tells how many more there are."""
        if not self.faults:
            return None
        first, more = self.faults[0], len(self.faults) - 1
        return replace(first, what=f"{first.what} (and {more} more)") if more else first


def labels(stored: NDArray[Any]) -> Decoded:
    """bool, integer or float that is exactly 0 or 1 → list of bool."""
    remedy = "write 0 or 1 for every image, and leave unlabelled images out"

    def fault(index: int) -> Fault:
        value = stored[index].item()
        value = int(value) if value == value // 1 else value
        return Fault(index, f"{value} is neither 0 (normal) nor 1 (anomalous)", remedy)

    return _without((stored == 1).tolist(), ~np.isin(stored, (0, 1)), fault)


def scores(stored: NDArray[Any]) -> Decoded:
    """Numbers of any kind → list of float, exactly; NaN and infinities pass."""
    values = stored.astype(np.float64).tolist()
    if stored.dtype.kind not in "iu":
        return Decoded(values)

    def fault(index: int) -> Fault:
        return Fault(index, f"{stored[index]} is no exact float64", "save scores as float64")

    return _without(values, (stored > _EXACT) | (stored < -_EXACT), fault)


def identities(stored: NDArray[Any]) -> Decoded:
    """Texts that name an image each: none may be empty."""
    decoded = texts(stored)
    empty = [
        Fault(index, "is empty", "give every image its own path")
        for index, value in enumerate(decoded.values)
        if value == ""
    ]
    faults = sorted((*decoded.faults, *empty), key=lambda fault: fault.index)
    return Decoded([value or None for value in decoded.values], tuple(faults))


def texts(stored: NDArray[Any]) -> Decoded:
    """UTF-8 bytes, unicode or integers → list of str."""
    values: list[str | None] = []
    faults: list[Fault] = []
    for index, is_unfit in enumerate(not_unicode(stored).tolist()):
        value, what = (None, "holds what is no character") if is_unfit else _text(stored[index])
        values.append(value)
        if what is not None:
            faults.append(Fault(index, what, "write texts as UTF-8"))
    return Decoded(values, tuple(faults))


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
    return Decoded([value or None for value in decoded.values], decoded.faults)


DECODERS: dict[str, Callable[[NDArray[Any]], Decoded]] = {
    "pred_score": scores,
    "gt_label": labels,
    "image_path": identities,
    "category": optional_texts,
    "defect_type": optional_texts,
    "group_id": optional_texts,
}
"""How each small column is decoded: (N,) as stored → (N,) values."""


def _text(value: object) -> tuple[str | None, str | None]:
    """A text, or what is wrong with it."""
    try:
        text = value.decode() if isinstance(value, bytes) else str(value)
        text.encode()  # half a surrogate pair cannot be written to any result
    except (UnicodeError, ValueError) as error:
        return None, f"is not UTF-8 text ({error})"
    return text, None


def _without(values: list[Any], wrong: NDArray[np.bool_], fault: Callable[[int], Fault]) -> Decoded:
    """The values with None where one is wrong, and why each is."""
    faults = tuple(fault(int(index)) for index in np.flatnonzero(wrong))
    for one in faults:
        values[one.index] = None
    return Decoded(values, faults)
