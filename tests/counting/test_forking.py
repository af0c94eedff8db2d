"""Forks of a process in which threads count: a data loader does that while an evaluator works."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import ModuleType

import numpy as np
import pytest

from anomeval.parallel import Lock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FORKS = 8
SCORES = 1 << 16  # of one page
GIVE_UP = 60  # seconds after which a child that waits for ever is ended


@contextmanager
def running(work: Callable[[Event], None], threads: int) -> Iterator[None]:
    """Do something in other threads until the end of the block, or until they are told to stop."""
    stop = Event()
    workers = [Thread(target=work, args=(stop,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def in_fork(work: Callable[[], None]) -> int:
    """The status of a child that does something: 0 if that ends well."""
    child = os.fork()
    if child == 0:
        signal.alarm(GIVE_UP)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_counts_on(core: ModuleType) -> None:
    """In the same table and in new ones, whatever other threads were in the middle of.

    The parent's table is not disturbed. All scores fall into one page, whose lock is held while
    they are added: it is hardly ever free.
    """
    shared = core.Float32Counts()
    scores = (0x3F00_0000 + np.arange(SCORES, dtype=np.uint32)).view(np.float32)
    once = np.ones(SCORES, np.int64)
    times: list[int] = []

    def count(stop: Event) -> None:
        part = shared.fork()
        while not stop.is_set():
            part.add(scores, once)
            times.append(1)
        shared.join(part)

    def count_on() -> None:
        for counts in (shared, core.Float32Counts()):
            before = counts.total
            counts.add(scores, once)
            counts.absorb(scores[:7], None)
            counts.settle()
            assert counts.total == before + SCORES + 7
            assert sum(int(n.sum()) for _, n in counts.blocks()) == before + SCORES + 7

    with running(count, 3):
        assert [in_fork(count_on) for _ in range(FORKS)] == [0] * FORKS
    assert shared.total == SCORES * len(times)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_nobody_holds_a_lock_in_a_fork() -> None:
    """A lock that another thread holds for the whole time of the fork, on purpose."""
    lock, held = Lock(), Event()

    def hold(stop: Event) -> None:
        with lock:
            held.set()
            stop.wait()

    def take() -> None:
        with lock:
            pass

    with running(hold, 1):
        held.wait()
        assert in_fork(take) == 0
