"""Letting a native library loose on files that may be hostile, in a process of its own.

A library that crashes or never returns then ends that process, and nothing else. It is a fork of
this one: nothing is imported anew, and what is found comes back through a pipe. Where other threads
run a fork is not safe, and one of `helpers` does the work. This keeps accidents away; it is no wall
against a library that is taken over.
"""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar

from anomeval.predictions import child, helpers
from anomeval.predictions.faults import UNREADABLE, Lost

__all__ = ["AVAILABLE", "UNREADABLE", "Lost", "apart", "each_apart", "fork"]

Found = TypeVar("Found")

AVAILABLE = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether this system can fork, which libraries of macOS do not survive; otherwise work is done in
this process."""


def apart(work: Callable[[], Found]) -> Found:
    """What `work()` finds, without the dangers of it.

    Args:
        work: what it returns or raises can be pickled; as `each_apart` says.

    Raises:
        Lost: it crashes, or takes far too long.
        Exception: whatever `work` raises.
    """
    [found] = each_apart(partial(_alone, work), [""])
    if found is None:
        raise Lost
    return found[0]


def each_apart(
    work: Callable[[str], Found],
    paths: Sequence[str],
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Found | None]:
    """What `work(path)` finds in each file; None where it crashes, or takes far too long.

    How long is measured in processor time, so that it does not depend on what else the machine
    does. One process does all of it; another goes on behind a file that was the end of it.

    Args:
        work: what it returns or raises can be pickled; it does not return None. While other threads
            run a fork is not safe, and a process is started anew: then `work` must itself be one
            that can be pickled.
        paths: these files, whose sizes tell how long each may take.
        meanwhile: what can be done here while that process has begun, and nothing is told yet; it
            may be left out, and must not start threads that go on.

    Raises:
        Exception: whatever `work` raises.
    """
    if not AVAILABLE:
        return [work(path) for path in paths]
    if threading.active_count() > 1:
        meanwhile()
        with helpers.kept():
            return [_by_helper(work, path) for path in paths]
    found = [*_until_lost(work, paths, meanwhile)]
    while len(found) < len(paths):
        found += _until_lost(work, paths[len(found) :])
    return found


def _alone(work: Callable[[], Found], _: str) -> tuple[Found]:
    return (work(),)


def _by_helper(work: Callable[[str], Found], path: str) -> Found | None:
    try:
        return helpers.call(path, work, path)
    except Lost:
        return None


def _until_lost(
    work: Callable[[str], Found],
    paths: Sequence[str],
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Found | None]:
    """What one process finds; at the end None, if it has come to grief before the last file."""
    reader, writer = child.pipe()
    process = fork()
    if process == 0:
        os.close(reader)
        _work(work, paths, writer)
    os.close(writer)
    try:
        meanwhile()
        for _ in paths:
            try:
                done, found = child.told(reader, process)
            except EOFError:
                yield None
                return
            if not done:
                raise found
            yield found
    finally:
        os.close(reader)
        with suppress(ProcessLookupError, ChildProcessError):  # nobody's, if SIGCHLD is ignored
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def fork() -> int:
    """The number of a copy of this process; 0 in the copy."""
    with warnings.catch_warnings():  # about threads that numerical libraries keep for themselves
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _work(work: Callable[[str], object], paths: Sequence[str], writer: int) -> NoReturn:
    """What the child does; never returns."""
    try:
        child.settle()
        for path in paths:
            child.allow(child.seconds_for(path))
            try:
                told = (True, work(path))
            except Exception as error:
                told = (False, error)
            child.tell(writer, told)
    finally:
        os._exit(0)
