"""The lowest layer of a state file: whole numbers and texts as compact bytes.

A *block* holds up to 65,536 whole numbers from 0 to 2**64 - 1:

    count    u32      how many numbers
    width    u8       bytes of each: as few as the largest needs
    size     u32      bytes that follow
    bytes             the lowest byte of every number, then the next byte of every number, ...

The bytes are deflated if that makes them fewer, which shows in size < count * width. Sorting bytes
by significance brings those together that vary little, so that deflating can do without searching
for repeats (runs and Huffman codes only), which is both faster and tighter here. Where it makes
less than a byte of 32 numbers, zeros are appended until it does not.

A *column* is a sequence of blocks that ends with the first one that is not full.

    whole numbers    one column
    flags            one column of 0 and 1
    reals            flags that tell which are there, then a column with the float64 bits of those
    texts            a column of lengths in bytes plus one, 0 where there is none; then a column
                     of UTF-8 bytes (deflated with a search for repeats)

Nothing is believed when it is read. A block is inflated to at most what its header says, which is
at most 512 KiB; columns that belong together must have equally many entries; and since no number
takes less than a 32nd of a byte, what is held in memory is at most some hundred times what the file
really contains, whatever it declares.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
import xxhash
from numpy.typing import NDArray

BLOCK = 1 << 16
"""Entries of a full block."""

Numbers = NDArray[np.uint64]

_HEAD = struct.Struct("<IBI")
_LEVEL = 1
_WIDEST = 8
_DENSEST = 32  # numbers in a byte


class DamagedError(ValueError):
    """The bytes are not what a `Writer` makes of anything."""


class Writer:
    """Appends columns to a binary file, and knows length and digest of what it has written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hasher = xxhash.xxh3_128()
        self.length = 0

    @property
    def digest(self) -> bytes:
        """16 bytes: xxh3_128 of everything written so far."""
        return self._hasher.digest()

    def block(self, numbers: NDArray[Any], *, repeats: bool = False) -> None:
        """Write one block: (n,) of any unsigned integer type, n <= BLOCK.

        Args:
            numbers: what to write.
            repeats: look for repeated stretches, too; worth its time for texts.
        """
        width = (int(numbers.max(initial=1)).bit_length() + 7) // 8
        little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
        octets = little.view(np.uint8).reshape(len(numbers), little.itemsize)
        plain = octets[:, :width].T.tobytes()
        strategy = zlib.Z_DEFAULT_STRATEGY if repeats else zlib.Z_RLE
        packer = zlib.compressobj(_LEVEL, strategy=strategy)
        packed = packer.compress(plain) + packer.flush()
        body = min(plain, packed.ljust(len(numbers) // _DENSEST, b"\0"), key=len)
        self._write(_HEAD.pack(len(numbers), width, len(body)) + body)

    def integers(self, numbers: NDArray[Any], *, repeats: bool = False) -> None:
        """Write a column: (n,) of any unsigned integer type."""
        for start in range(0, len(numbers) + 1, BLOCK):
            self.block(numbers[start : start + BLOCK], repeats=repeats)

    def whole(self, numbers: Sequence[int]) -> None:
        """Write a column of whole numbers from 0 to 2**64 - 1."""
        self.integers(np.array(numbers, np.uint64))

    def flags(self, flags: Sequence[bool]) -> None:
        """Write a column of flags."""
        self.integers(np.array(flags, np.uint8))

    def reals(self, values: Sequence[float | None]) -> None:
        """Write numbers some of which may be missing."""
        self.flags([value is not None for value in values])
        known = np.array([value for value in values if value is not None], np.float64)
        known[np.isnan(known)] = np.nan  # one NaN, whatever its bits were
        self.integers(known.view(np.uint64))

    def texts(self, texts: Sequence[str | None]) -> None:
        """Write texts some of which may be missing; any `str` will do, lone surrogates included."""
        encoded = [None if t is None else t.encode("utf-8", "surrogatepass") for t in texts]
        self.whole([0 if text is None else len(text) + 1 for text in encoded])
        joined = b"".join(text for text in encoded if text is not None)
        self.integers(np.frombuffer(joined, np.uint8), repeats=True)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._hasher.update(data)
        self.length += len(data)


class Reader:
    """Takes columns from a binary file, in the order in which they were written.

    Every method raises DamagedError, or another ValueError or zlib.error, where the bytes are not
    what it expects.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def block(self) -> Numbers:
        """The next block."""
        count, width, plain = self._plain()
        octets = np.zeros((count, _WIDEST), np.uint8)
        octets[:, :width] = np.frombuffer(plain, np.uint8).reshape(width, count).T
        numbers: Numbers = octets.view("<u8").ravel().astype(np.uint64, copy=False)
        return numbers

    def integers(self, count: int | None = None) -> Numbers:
        """The next column; it must have `count` entries if that is given."""
        blocks = [self.block()]
        while len(blocks[-1]) == BLOCK and (count is None or len(blocks) * BLOCK <= count):
            blocks.append(self.block())
        column = np.concatenate(blocks)
        if count is not None and len(column) != count:
            raise DamagedError(f"a column has {len(column)} entries or more where {count} belong")
        return column

    def whole(self, count: int | None = None) -> list[int]:
        """The next column as Python integers."""
        numbers: list[int] = self.integers(count).tolist()
        return numbers

    def flags(self, count: int | None = None) -> list[bool]:
        """The next column, whose entries must be 0 or 1."""
        column = self.integers(count)
        if (column > 1).any():
            raise DamagedError("a flag is neither 0 nor 1")
        flags: list[bool] = column.astype(np.bool_).tolist()
        return flags

    def reals(self, count: int) -> list[float | None]:
        """Numbers some of which may be missing."""
        present = self.flags(count)
        values = iter(self.integers(sum(present)).view(np.float64).tolist())
        return [next(values) if there else None for there in present]

    def texts(self, count: int | None = None) -> list[str | None]:
        """Texts some of which may be missing."""
        lengths = self.integers(count)
        joined = b"".join(self._octets())
        if lengths.max(initial=0) > len(joined) + 1:
            raise DamagedError("a text is longer than all texts together")
        sizes = np.maximum(lengths, 1).astype(np.int64) - 1
        ends = [0, *np.cumsum(sizes).tolist()]
        if ends[-1] != len(joined):
            raise DamagedError("texts are not as long as their lengths say")
        texts = [
            joined[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)
        ]
        return [text if length else None for text, length in zip(texts, lengths, strict=True)]

    def known_texts(self, count: int | None = None) -> list[str]:
        """Texts none of which may be missing."""
        texts = self.texts(count)
        if None in texts:
            raise DamagedError("a text is missing")
        return [text for text in texts if text is not None]

    def end(self) -> None:
        """Insist that there is nothing more."""
        if self._left:
            raise DamagedError(f"{self._left} bytes follow the last column")

    def _octets(self) -> Iterator[bytes]:
        """A column of single bytes, block by block."""
        count = BLOCK
        while count == BLOCK:
            count, width, plain = self._plain()
            if width > 1:
                raise DamagedError("a byte of a text is above 255")
            yield plain

    def _plain(self) -> tuple[int, int, bytes]:
        """(count, width, the inflated bytes) of the next block."""
        count, width, size = _HEAD.unpack(self._take(_HEAD.size))
        possible = count // _DENSEST <= size <= count * width
        if count > BLOCK or not 1 <= width <= _WIDEST or not possible:
            raise DamagedError("the header of a block contradicts itself")
        body = self._take(size)
        return count, width, body if size == count * width else _inflated(body, count * width)

    def _take(self, count: int) -> bytes:
        if count > self._left:
            raise DamagedError("it ends too early")
        data = self._file.read(count)
        if len(data) < count:
            raise DamagedError("it ends too early")
        self._left -= count
        return data


def _inflated(packed: bytes, length: int) -> bytes:
    """Inflate to exactly `length` bytes, using all of `packed` but zeros at its end."""
    unpacker = zlib.decompressobj()
    plain = unpacker.decompress(packed, length + 1)
    if len(plain) != length or not unpacker.eof or unpacker.unused_data.strip(b"\0"):
        raise DamagedError("a block does not inflate to the length it declares")
    return plain
