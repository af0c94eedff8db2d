"""Letting a native library loose on files that may be hostile, in a process of its own.

A library that crashes or never returns then ends that process, and nothing else. It is a fork of
this one: nothing is imported anew, and what is found comes back through a pipe. This keeps
accidents away; it is no wall against a library that is taken over.
"""

import os
import pickle
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

Found = TypeVar("Found")

AVAILABLE = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether this system can fork, which libraries of macOS do not survive; otherwise work is done in
this process."""

UNREADABLE = "cannot be read: the library that reads it crashes or does not end"
"""What to say of a file that was the end of a process."""

_SECONDS = 30.0
_BYTES_PER_SECOND = 5e6  # of files on a slow disk
_READ_AT_ONCE = 1 << 20
_PREFIX = 8  # bytes that tell how many follow


class Lost(Exception):
    """The process has crashed, or did not end."""


def apart(work: Callable[[], Found]) -> Found:
    """What `work()` finds, without the dangers of it.

    Must not be called while other threads of this process run.

    Args:
        work: what it returns or raises can be pickled.

    Raises:
        Lost: it crashes, or takes far too long.
        Exception: whatever `work` raises.
    """
    [found] = each_apart(lambda _: (work(),), [""])
    if found is None:
        raise Lost
    return found[0]


def each_apart(
    work: Callable[[str], Found],
    paths: Sequence[str],
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Found | None]:
    """What `work(path)` finds in each file; None where it crashes, or takes far too long.

    One process does all of it; another goes on behind a file that was the end of it. As `apart`,
    not while other threads run.

    Args:
        work: what it returns or raises can be pickled; it does not return None.
        paths: these files, whose sizes tell how long each may take.
        meanwhile: what can be done here while that process has begun, and nothing is told yet; it
            may be left out, and must not start threads that go on.

    Raises:
        Exception: whatever `work` raises.
    """
    if not AVAILABLE:
        return [work(path) for path in paths]
    found = [*_until_lost(work, paths, meanwhile)]
    while len(found) < len(paths):
        found += _until_lost(work, paths[len(found) :])
    return found


def _until_lost(
    work: Callable[[str], Found],
    paths: Sequence[str],
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Found | None]:
    """What one process finds; at the end None, if it has come to grief before the last file."""
    reader, writer = os.pipe()
    child = fork()
    if child == 0:
        os.close(reader)
        _work(work, paths, writer)
    os.close(writer)
    try:
        meanwhile()
        for path in paths:
            told = _told(reader, _seconds_for(path))
            if not told:
                yield None
                return
            done, found = pickle.loads(told)
            if not done:
                raise found
            yield found
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def fork() -> int:
    """The number of a copy of this process; 0 in the copy."""
    with warnings.catch_warnings():  # about threads that numerical libraries keep for themselves
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _work(work: Callable[[str], object], paths: Sequence[str], writer: int) -> NoReturn:
    """What the child does; never returns. What a library prints on its way down is not shown."""
    try:
        _end_some_day(sum(map(_seconds_for, paths)))
        silent = os.open(os.devnull, os.O_WRONLY)
        for standard in (1, 2):
            os.dup2(silent, standard)
        with os.fdopen(writer, "wb") as pipe:
            for path in paths:
                try:
                    told = pickle.dumps((True, work(path)))
                except Exception as error:
                    told = pickle.dumps((False, error))
                pipe.write(len(told).to_bytes(_PREFIX, "little") + told)
                pipe.flush()
    finally:
        os._exit(0)


def _end_some_day(seconds: float) -> None:
    """Bound the processor time of this process: its parent may be killed, and not stop it."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or seconds < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, hard))


def _told(reader: int, seconds: float) -> bytes:
    """What the child tells next; empty if it ends or takes too long before."""
    until = time.monotonic() + seconds
    length = _received(reader, _PREFIX, until)
    return _received(reader, int.from_bytes(length, "little"), until)


def _received(reader: int, length: int, until: float) -> bytes:
    """So many bytes, or none."""
    parts: list[bytes] = []
    while length > 0:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return b""
        parts.append(os.read(reader, min(length, _READ_AT_ONCE)))
        if not parts[-1]:
            return b""
        length -= len(parts[-1])
    return b"".join(parts)


def _seconds_for(path: str) -> float:
    with suppress(OSError, ValueError):
        return _SECONDS + os.path.getsize(path) / _BYTES_PER_SECOND
    return _SECONDS
