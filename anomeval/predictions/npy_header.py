"""The header of an array as NumPy stores it, in a file of its own or in a member of NPZ."""

import os
import warnings
from math import prod
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from anomeval.parallel import Lock
from anomeval.predictions.column import Refusal
from anomeval.predictions.faults import WRITE_AGAIN

Header = tuple[tuple[int, ...], bool, np.dtype[Any]]
"""(shape, whether columns come first, type)"""

_READERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
    (3, 0): npy.read_array_header_2_0,  # differs in how names of records are coded: none is read
}

_ONE_AT_A_TIME = Lock()
"""NumPy lets Python parse the header, and Python 3.11 fails when two threads do that at once."""


def npy_header(file: IO[bytes]) -> Header:
    """The header of an open array, which is left at its first value.

    Raises:
        ValueError: it is none.
    """
    version = npy.read_magic(file)
    if version not in _READERS:
        raise ValueError(f"unknown version {version} of the .npy format")
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            # about headers that Python 2 wrote, which are sound
            warnings.filterwarnings("ignore", "Reading `.npy`", UserWarning)
            return _READERS[version](file)
    except TokenError as error:  # NumPy takes a damaged header for one of Python 2
        raise ValueError(f"its header is damaged ({error.args[0]})") from None


def bytes_left(file: IO[bytes]) -> int:
    """What follows in a file on the disk that is open."""
    return os.fstat(file.fileno()).st_size - file.tell()


def header_refusal(header: Header, stored: int) -> Refusal | None:
    """Why the values behind a header cannot be read; None: they can, unless they are objects.

    Args:
        header: of the array.
        stored: bytes behind it, up to the end of the file or member. Neither less nor more than
            the header tells of may be there: with more, images would be cut and shifted.
    """
    shape, _, dtype = header
    if dtype.hasobject:
        return None  # refused by what it is needed for, with a remedy that fits
    if any(length < 0 for length in shape) or prod(shape) * dtype.itemsize != stored:
        return Refusal(f"holds {stored} bytes, not what its header says", WRITE_AGAIN)
    return None
