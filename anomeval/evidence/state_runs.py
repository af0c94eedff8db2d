"""Runs of ascending keys in a state file, one after the other: the regions of images, and the like.

    of each run       how many keys; the lowest key
    of each key       how much it is above its predecessor in the run, 0 for the first

Things that have runs are written in batches of about 65,536 keys, so that neither side ever holds
more than a batch besides the evidence itself.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts
from anomeval.evidence.state_stream import BLOCK, DamagedError, Numbers, Reader, Writer

T = TypeVar("T")


def batches(things: Iterable[T], keys_in: Callable[[T], int]) -> Iterator[list[T]]:
    """Neighbours together until they have BLOCK keys; no thing is divided."""
    batch: list[T] = []
    keys = 0
    for thing in things:
        batch.append(thing)
        keys += keys_in(thing)
        if keys >= BLOCK:
            yield batch
            batch, keys = [], 0
    if batch:
        yield batch


def write_runs(writer: Writer, keys: NDArray[Any], sizes: Counts) -> None:
    """Write runs.

    Args:
        writer: where to.
        keys: (n,) uint16, uint32 or uint64, ascending within each run.
        sizes: (r,) int64, keys of each run; they add up to n.
    """
    filled = sizes > 0
    starts = (np.cumsum(sizes) - sizes)[filled]
    lowest = np.zeros(len(sizes), keys.dtype)
    lowest[filled] = keys[starts]
    rises = np.diff(keys, prepend=keys[:1])
    rises[starts] = 0
    for column in (sizes.astype(np.uint64), lowest, rises):
        writer.integers(column)


def read_runs(reader: Reader) -> tuple[Numbers, Counts]:
    """Read runs: keys (n,), and sizes (r,) that add up to n."""
    lengths, lowest, rises = reader.integers(), reader.integers(), reader.integers()
    if len(lengths) != len(lowest):
        raise DamagedError("runs and their lowest keys are not equally many")
    sizes = checked_sizes(lengths, len(rises))
    starts = np.cumsum(sizes) - sizes
    upto = np.cumsum(rises)  # an overflow wraps around, and back in the difference below
    filled = sizes > 0
    base = np.zeros_like(lowest)
    base[filled] = lowest[filled] - upto[starts[filled]]
    return upto + np.repeat(base, sizes), sizes


def checked_sizes(lengths: Numbers, total: int) -> Counts:
    """The lengths as int64.

    Raises:
        DamagedError: they do not add up to `total`.
    """
    if lengths.max(initial=0) > total or int(lengths.astype(np.int64).sum()) != total:
        raise DamagedError("runs do not add up")
    return lengths.astype(np.int64)
