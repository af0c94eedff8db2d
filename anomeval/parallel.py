"""Threads for work that leaves Python's lock: how many, a map that keeps the order, and locks."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from numbers import Integral
from types import TracebackType
from typing import TypeVar
from weakref import WeakSet

from anomeval.errors import UsageError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_limit: ContextVar[int | None] = ContextVar("anomeval_jobs", default=None)


class Lock:
    """For one thread at a time; nobody holds it in a fork of this process.

    There the threads of others are gone, and with them whoever would give it back.
    """

    def __init__(self) -> None:
        self.renew()
        _LOCKS.add(self)

    def renew(self) -> None:
        """Forget who holds it."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()


_LOCKS: WeakSet[Lock] = WeakSet()


def _renew_all() -> None:
    for lock in list(_LOCKS):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)


def job_count() -> int:
    """How many threads to use: what `at_most` says, else one for each core we may use."""
    return _limit.get() or _core_count()


@contextmanager
def at_most(jobs: int | None) -> Iterator[None]:
    """Within the block use so many threads; None = one for each core.

    Raises:
        UsageError: it is no number of threads.
    """
    if jobs is not None and not (isinstance(jobs, Integral) and jobs >= 1):
        raise UsageError(f"jobs is a whole number from 1 on, got {jobs!r}")
    token = _limit.set(jobs)
    try:
        yield
    finally:
        _limit.reset(token)


def mapped(function: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """`[function(item) for item in items]`, worked out by several threads."""
    items = list(items)
    threads = min(job_count(), len(items))
    if threads < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items, chunksize=1))


@contextmanager
def meanwhile() -> Iterator[Callable[[Callable[[], Answer]], Callable[[], Answer]]]:
    """Calls that another thread makes during the block, one after the other.

    Gives a function to hand a call to, which returns one that waits for its answer, or raises what
    it has raised. With a single thread a call is made when its answer is asked for.
    """
    if job_count() < 2:
        yield lambda call: call
        return
    thread = ThreadPoolExecutor(1)
    try:
        yield lambda call: thread.submit(copy_context().run, call).result
    finally:
        thread.shutdown(cancel_futures=True)


def _core_count() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
