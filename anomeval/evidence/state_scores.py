"""Scores in a state file: as whole numbers that order as the scores do, told by their gaps.

A float becomes its *key*, an unsigned integer of the same width and order: the sign bit of
positive scores is flipped, all bits of negative ones. -0.0 is made 0.0 first. Neighbouring scores
have neighbouring keys, so in ascending order only the gaps between keys need telling, and these
are small.

    score (float32)   -inf        -1.0        0.0         1.0         +inf
    key               0x007fffff  0x407fffff  0x80000000  0xbf800000  0xff800000
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, ScoreCounts
from anomeval.evidence.state_stream import BLOCK, DamagedError, Numbers, Reader, Writer

_BITS = {4: np.uint32, 8: np.uint64}
_NOTHING = np.empty(0, np.uint8)

Counted = tuple[NDArray[Any], Counts]


def keys_of(scores: NDArray[Any]) -> NDArray[Any]:
    """Keys (n,) uint32 or uint64 of scores (n,) float32 or float64 without NaN."""
    bits = (scores + scores.dtype.type(0)).view(_BITS[scores.dtype.itemsize])
    sign = bits.dtype.type(1 << (8 * bits.itemsize - 1))
    keys: NDArray[Any] = np.where(bits & sign, ~bits, bits | sign)
    return keys


def scores_of(keys: Numbers, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """Scores (n,) of the given type, float32 or float64, for keys (n,).

    Raises:
        DamagedError: a key stands for no score: it is out of range, or that of a NaN.
    """
    lowest, highest = keys_of(np.array([-np.inf, np.inf], dtype))
    if len(keys) and not (lowest <= keys.min() and keys.max() <= highest):
        raise DamagedError("a score is out of range")
    narrow = keys.astype(_BITS[np.dtype(dtype).itemsize])
    sign = narrow.dtype.type(1 << (8 * narrow.itemsize - 1))
    return np.where(narrow & sign, narrow ^ sign, ~narrow).view(dtype)


def write_counts(writer: Writer, counts: ScoreCounts) -> None:
    """Write a multiset: two tables, of the scores that a float32 can hold and of all others.

    A table is a sequence of pairs of blocks, the gaps between keys (less one) and the counts (less
    one). It ends with the first pair that is not full.
    """
    wide: list[Counted] = []
    _write_table(writer, _narrow(counts.blocks(), wide))
    _write_table(writer, wide)


def read_counts(reader: Reader, total: int) -> ScoreCounts:
    """Read a multiset of so many scores."""
    counts = ScoreCounts()
    left = total
    for dtype in (np.float32, np.float64):
        for values, times in _read_table(reader, dtype, total):
            left -= int(times.sum())
            if left < 0:
                break
            counts.add(values, times)
    if left:
        raise DamagedError("there are more or fewer scores than pixels")
    return counts


def checked_counts(numbers: Numbers, limit: int) -> Counts:
    """Counts (n,) int64, whose sum does not overflow, from the same numbers less one.

    Args:
        numbers: (n,) any.
        limit: below 2**62; counts beyond it are refused, as are sums far beyond it.

    Raises:
        DamagedError: there are more than can be.
    """
    if numbers.max(initial=0) > limit or numbers.sum(dtype=np.float64) > 2.0 * limit:
        raise DamagedError("a count is too large")
    return numbers.astype(np.int64) + 1


def _narrow(blocks: Iterable[Counted], wide: list[Counted]) -> Iterator[Counted]:
    """The entries that a float32 can hold, as such; the others are put aside in `wide`."""
    for values, counts in blocks:
        with np.errstate(over="ignore"):
            rounded = values.astype(np.float32)
        fits = rounded == values
        if not fits.all():
            wide.append((values[~fits], counts[~fits]))
        yield rounded[fits], counts[fits]


def _write_table(writer: Writer, entries: Iterable[Counted]) -> None:
    length, following = BLOCK, 0
    for values, counts in _in_blocks(entries):
        keys = keys_of(values)
        gaps = np.diff(keys, prepend=keys[:1]) - keys.dtype.type(1)
        gaps[0] = int(keys[0]) - following
        following = int(keys[-1]) + 1
        writer.block(gaps)
        writer.block((counts - 1).astype(np.uint64))
        length = len(keys)
    if length == BLOCK:
        writer.block(_NOTHING)
        writer.block(_NOTHING)


def _read_table(reader: Reader, dtype: type[np.floating[Any]], limit: int) -> Iterator[Counted]:
    length, following = BLOCK, 0
    while length == BLOCK:
        gaps, counts = reader.block(), checked_counts(reader.block(), limit)
        length = len(gaps)
        if length != len(counts):
            raise DamagedError("scores and counts are not equally many")
        if not length:
            return
        keys = _running_keys(gaps, following)
        following = int(keys[-1]) + 1
        yield scores_of(keys, dtype), counts


def _running_keys(gaps: Numbers, following: int) -> Numbers:
    """Strictly ascending keys (n,), n > 0, from gaps less one.

    Args:
        gaps: (n,) the first counts from `following`, the others from their predecessor plus one.
        following: the lowest key that the first may be.

    Raises:
        DamagedError: they leave the range of 64 bits.
    """
    keys = np.cumsum(gaps + np.uint64(1)) + np.uint64(following) - np.uint64(1)
    if (keys[1:] <= keys[:-1]).any() or int(keys[0]) != int(gaps[0]) + following:
        raise DamagedError("a score is out of range")
    return keys


def _in_blocks(entries: Iterable[Counted]) -> Iterator[Counted]:
    """The same entries, BLOCK of them at a time; only the last block may be smaller."""
    waiting: list[Counted] = []
    length = 0
    for values, counts in entries:
        waiting.append((values, counts))
        length += len(values)
        if length >= BLOCK:
            values, counts = _joined(waiting)
            full = length - length % BLOCK
            for start in range(0, full, BLOCK):
                yield values[start : start + BLOCK], counts[start : start + BLOCK]
            waiting, length = [(values[full:], counts[full:])], length - full
    if length:
        yield _joined(waiting)


def _joined(entries: list[Counted]) -> Counted:
    values, counts = zip(*entries, strict=True)
    return np.concatenate(values), np.concatenate(counts)
