"""From whatever holds numbers to a NumPy array: the one place where other libraries are met."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Misfit(Exception):
    """A value that cannot be taken. row: which image of the batch; None: the whole field."""

    def __init__(self, what: str, remedy: str, row: int | None = None) -> None:
        super().__init__(what)
        self.what, self.remedy, self.row = what, remedy, row


def as_array(value: Any) -> NDArray[Any]:
    """A NumPy array of anything array-like; torch tensors are known by their methods alone.

    Tensors may be on any device and part of a gradient. Python numbers in lists become float64,
    bfloat16 becomes float32, which holds all its values; other types stay.

    Raises:
        Misfit: the parts of a list differ in shape or kind, or NumPy cannot hold the values.
    """
    if isinstance(value, list | tuple):
        return _of_list(value)
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = value.float() if str(value.dtype).endswith("bfloat16") else value
            value = value.numpy()
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        what = f"is {type(value).__name__} that NumPy cannot hold"
        raise Misfit(what, "give arrays, tensors or lists of numbers") from error
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _of_list(parts: Sequence[Any]) -> NDArray[Any]:
    """Python numbers become float64, whether they are written 1 or 1.0."""
    leaf: Any = parts
    while isinstance(leaf, list | tuple) and leaf:
        leaf = leaf[0]
    try:
        if isinstance(leaf, int | float) and not isinstance(leaf, np.generic):
            return np.asarray(parts, dtype=np.float64)
        return np.asarray([as_array(part) for part in parts])
    except (ValueError, TypeError) as error:
        remedy = "give numbers of one kind, and parts of equal shape"
        raise Misfit("is a list of unlike parts", remedy) from error
