"""Curves in a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.atomic import replacing
from anomeval.errors import UsageError


def write_curves(path: Path, curves: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays to an NPZ file, whole or not at all.

    Raises:
        UsageError: the path does not end in .npz, or cannot be written.
    """
    if path.suffix != ".npz":
        raise UsageError(f"curves are written as .npz, got {str(path)!r}")
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **curves)
