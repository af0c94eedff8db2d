"""Letting a native library loose on a file that may be hostile, in a process of its own.

A library that crashes or never returns then ends that process, and the file is told to be
unreadable. It is a fork of this one: nothing is imported anew, and what is found comes back through
a pipe. This keeps accidents away; it is no wall against a library that is taken over.
"""

import os
import pickle
import select
import signal
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.faults import WRITE_AGAIN

Found = TypeVar("Found")

AVAILABLE = hasattr(os, "fork")
"""Whether this system can fork; otherwise work is done in this process."""

_SECONDS = 30.0
_BYTES_PER_SECOND = 5e6  # of a file on a slow disk
_READ_AT_ONCE = 1 << 20


def apart(work: Callable[[str], Found], path: str) -> Found:
    """What `work(path)` finds, without the dangers of it.

    Must not be called while other threads of this process run.

    Args:
        work: reads the file; returns something that can be pickled.
        path: the file.

    Raises:
        InvalidInputError: as `work` does; also where it crashes or takes far too long.
    """
    if not AVAILABLE:
        return work(path)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of threads that numerical libraries keep
        child = os.fork()
    if child == 0:
        os.close(reader)
        _work(work, path, writer)
    os.close(writer)
    try:
        told = _told(reader, _seconds_for(path))
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not told:
        what = "cannot be read: the library that reads it crashes or does not end"
        raise InvalidInputError(Problem(what, path, remedy=WRITE_AGAIN))
    problems, found = pickle.loads(told)
    if problems:
        raise InvalidInputError(problems)
    return found  # type: ignore[no-any-return]


def _work(work: Callable[[str], object], path: str, writer: int) -> None:
    """What the child does; never returns. What a library prints on its way down is not shown."""
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        for standard in (1, 2):
            os.dup2(silent, standard)
        try:
            told = pickle.dumps(((), work(path)))
        except InvalidInputError as error:
            told = pickle.dumps((error.problems, None))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(len(told).to_bytes(8, "little") + told)
    finally:
        os._exit(0)


def _told(reader: int, seconds: float) -> bytes:
    """All that the child tells; empty if it ends or takes too long before."""
    told = b""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and select.select([reader], [], [], left)[0]:
        part = os.read(reader, _READ_AT_ONCE)
        told += part
        if not part:
            break
    size = int.from_bytes(told[:8], "little")
    return told[8:] if told[8:] and len(told) == size + 8 else b""


def _seconds_for(path: str) -> float:
    try:
        return _SECONDS + os.path.getsize(path) / _BYTES_PER_SECOND
    except OSError:
        return _SECONDS
