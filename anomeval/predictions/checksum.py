"""The CRC-32 of an array that several threads read in stretches.

A ZIP archive keeps one checksum for a whole member. Each stretch of rows has a checksum of its own,
and the checksum of two stretches in a row follows from theirs: CRC-32 is linear, appending n bytes
multiplies what came before by x^(8n) modulo the generator polynomial.
"""

import zlib
from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from anomeval.predictions.faults import FileDamage

_GENERATOR = 0xEDB88320  # of CRC-32, the highest power in the lowest bit
_ONE = 1 << 31


class MemberChecksum:
    """What the checksum of a member must be, and the stretches seen of the present pass.

    A pass that reads every row is checked when its last stretch ends; one that reads a part of the
    rows cannot be.
    """

    def __init__(self, name: str, expected: int, header: bytes, rows: int) -> None:
        self._name = name
        self._expected = expected
        self._header = zlib.crc32(header)
        self._rows = rows
        self._seen: dict[int, tuple[int, int, int]] = {}  # first row -> end, bytes, checksum

    def following(
        self, rows: Iterator[NDArray[Any]], start: int, stop: int
    ) -> Iterator[NDArray[Any]]:
        """Pass rows `start` up to `stop` on, and take note of them.

        Raises:
            FileDamage: with the last stretch, if the member is not what it was when it was written.
        """
        checksum = size = 0
        for end, row in enumerate(rows, start + 1):
            checksum = zlib.crc32(row.data, checksum)
            size += row.nbytes
            if end == stop:
                self._note(start, stop, size, checksum)
            yield row

    def _note(self, start: int, stop: int, size: int, checksum: int) -> None:
        self._seen[start] = (stop, size, checksum)
        if self._differs():
            raise FileDamage(f"Bad CRC-32 for file {self._name!r}")

    def _differs(self) -> bool:
        """Whether all rows were seen and their checksum is another one."""
        checksum, row = self._header, 0
        while row < self._rows:
            if row not in self._seen:
                return False
            row, size, following = self._seen[row]
            checksum = combined(checksum, following, size)
        self._seen.clear()  # the next pass begins anew
        return checksum != self._expected


def combined(first: int, second: int, second_size: int) -> int:
    """CRC-32 of two stretches from theirs; the second is so many bytes long."""
    power, shift = _ONE, 1 << 30  # x^0, x^1
    for _ in range(3):
        shift = _product(shift, shift)  # x^8: one byte
    while second_size:
        if second_size & 1:
            power = _product(power, shift)
        shift = _product(shift, shift)
        second_size >>= 1
    return _product(power, first) ^ second


def _product(left: int, right: int) -> int:
    """Product of two polynomials over GF(2) modulo the generator."""
    product = 0
    for bit in range(31, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (_GENERATOR if right & 1 else 0)
    return product
