"""The compiled extension: buffers in, bytearrays out. `native_core` is its interface.

Buffers are C-contiguous, aligned and of native byte order; anything else is a TypeError.
"""

from typing import Any, final

from numpy.typing import NDArray

Buffer = NDArray[Any]  # any buffer will do; type checkers know arrays as such from 3.12 on

@final
class Table:
    """An exact multiset of float32 scores, safe to use from many threads at once."""

    def __new__(cls) -> Table: ...
    def absorb(
        self, scores: Buffer, mask: Buffer | None, want_coarse: bool, /
    ) -> tuple[bytearray, tuple[bytearray, bytearray] | None]:
        """Count the scores where the mask is zero, everywhere if it is None.

        Returns the others as float32, and (pages as uint16, counts as narrow as they go).
        """

    def add(self, values: Buffer, counts: Buffer, /) -> None:
        """Count each of the float32 values as often as its int64 says."""

    def ranks(self, thresholds: Buffer, /) -> tuple[bytearray, bytearray]:
        """How many scores lie strictly above, and at or above, ascending float32 or float64."""

    def next_page(self, first: int, /) -> tuple[int, bytearray, bytearray] | None:
        """Page number, distinct float32, and int64 counts of the first page from `first` on."""

    def merge(self, other: Table, /) -> None:
        """Count everything that another table has counted."""

    def settle(self) -> None:
        """Give back memory that only counting needs. More may be counted after."""

    def total(self) -> int:
        """How many scores have been counted."""

def survey(scores: Buffer, /) -> tuple[int, float | None, float | None]:
    """How many scores are NaN; lowest and highest of the others."""

def survey_mask(mask: Buffer, /) -> tuple[int, int, bool]:
    """How many values are not zero; the highest; whether any is none of 0, 1 and 255."""

def label_regions(mask: Buffer, /) -> tuple[bytearray, bytearray]:
    """Region of each anomalous pixel as int32, pixels of each region as int64."""

def descending(scores: Buffer, tags: Buffer, /) -> tuple[bytearray, bytearray]:
    """float32 scores from the highest down with their uint32 tags; equal scores by tag."""

def distinct(scores: Buffer, /) -> tuple[bytearray, bytearray, bytearray]:
    """Distinct float32 scores, highest first; uint32: how often each, and which each score is."""
