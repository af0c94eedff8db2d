"""Letting a native library loose on files that may be hostile, in a process of its own.

A library that crashes or never returns then ends that process, and nothing else. It is a fork of
this one: nothing is imported anew, and what is found comes back through a pipe. This keeps
accidents away; it is no wall against a library that is taken over.
"""

import os
import pickle
import select
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

Found = TypeVar("Found")

AVAILABLE = hasattr(os, "fork")
"""Whether this system can fork; otherwise work is done in this process."""

_SECONDS = 30.0
_BYTES_PER_SECOND = 5e6  # of files on a slow disk
_READ_AT_ONCE = 1 << 20


class Lost(Exception):
    """The process has crashed, or did not end."""


def apart(work: Callable[[], Found], paths: Sequence[str]) -> Found:
    """What `work()` finds, without the dangers of it.

    Must not be called while other threads of this process run.

    Args:
        work: reads files; what it returns or raises can be pickled.
        paths: these files, whose sizes tell how long it may take.

    Raises:
        Lost: it crashes, or takes far too long.
        Exception: whatever `work` raises.
    """
    if not AVAILABLE:
        return work()
    reader, writer = os.pipe()
    with warnings.catch_warnings():  # about threads that numerical libraries keep for themselves
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reader)
        _work(work, writer)
    os.close(writer)
    try:
        told = _told(reader, _seconds_for(paths))
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not told:
        raise Lost
    done, found = pickle.loads(told)
    if not done:
        raise found
    return found  # type: ignore[no-any-return]


def _work(work: Callable[[], object], writer: int) -> None:
    """What the child does; never returns. What a library prints on its way down is not shown."""
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        for standard in (1, 2):
            os.dup2(silent, standard)
        try:
            told = pickle.dumps((True, work()))
        except Exception as error:
            told = pickle.dumps((False, error))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(len(told).to_bytes(8, "little") + told)
    finally:
        os._exit(0)


def _told(reader: int, seconds: float) -> bytes:
    """All that the child tells; empty if it ends or takes too long before."""
    parts: list[bytes] = []
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and select.select([reader], [], [], left)[0]:
        parts.append(os.read(reader, _READ_AT_ONCE))
        if not parts[-1]:
            break
    told = b"".join(parts)
    whole = len(told) == int.from_bytes(told[:8], "little") + 8
    return told[8:] if whole else b""


def _seconds_for(paths: Sequence[str]) -> float:
    seconds = _SECONDS
    for path in paths:
        with suppress(OSError):
            seconds += os.path.getsize(path) / _BYTES_PER_SECOND
    return seconds
