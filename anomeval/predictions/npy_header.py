"""The header of an array as NumPy stores it, in a file of its own or in a member of NPZ."""

from threading import Lock
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

_ONE_AT_A_TIME = Lock()
"""NumPy lets Python parse the header, and Python 3.11 fails when two threads do that at once."""


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, whether columns come first, type) of an open array, left at its first value.

    Raises:
        ValueError: it is none.
    """
    version = npy.read_magic(file)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"unknown version {version} of the .npy format")
    try:
        with _ONE_AT_A_TIME:
            return readers[version](file)
    except TokenError as error:  # NumPy takes a damaged header for one of Python 2
        raise ValueError(f"its header is damaged ({error.args[0]})") from None
