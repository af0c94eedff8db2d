"""Threads: that answers keep their order, and that calls are made meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from anomeval import parallel
from anomeval.parallel import at_most, job_count, mapped, meanwhile


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_answers_keep_their_order(jobs: int) -> None:
    """However many threads work them out."""
    with at_most(jobs):
        assert mapped(lambda x: x * x, range(20)) == [x * x for x in range(20)]


def test_calls_are_made_while_something_else_is_done() -> None:
    """On another thread, one after the other, and with the same limit of threads."""
    begun = threading.Event()
    order: list[int] = []

    def call(number: int) -> Callable[[], tuple[int, int, int | None]]:
        def work() -> tuple[int, int, int | None]:
            order.append(number)
            begun.set()
            return number, job_count(), threading.current_thread().ident

        return work

    with at_most(2), meanwhile() as hand_over:
        answers = [hand_over(call(number)) for number in range(5)]
        begun.wait()
        found = [answer() for answer in reversed(answers)]
    assert order == [0, 1, 2, 3, 4]
    assert [(number, jobs) for number, jobs, _ in found] == [(n, 2) for n in (4, 3, 2, 1, 0)]
    threads = {thread for *_, thread in found}
    assert len(threads) == 1
    assert threading.current_thread().ident not in threads


def test_a_single_thread_makes_a_call_when_its_answer_is_asked_for() -> None:
    """Nothing is worked out that nobody asks for."""
    calls: list[int] = []
    with at_most(1), meanwhile() as hand_over:
        answers = [hand_over(lambda n=number: calls.append(n)) for number in range(3)]
        answers[2]()
    assert calls == [2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_where_the_answer_is_asked_for(jobs: int) -> None:
    """And nowhere if it is not."""

    def fail() -> None:
        raise KeyError("no")

    with at_most(jobs), meanwhile() as hand_over:
        answer, _ = hand_over(fail), hand_over(fail)
        with pytest.raises(KeyError, match="no"):
            answer()


def test_calls_that_wait_are_given_up_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the block does not wait for all that was handed over."""
    began, go_on = threading.Event(), threading.Event()
    made: list[int] = []

    def block() -> None:
        began.set()
        go_on.wait()

    class LettingGo(ThreadPoolExecutor):
        """Whose first call goes on once those that wait were given up, or were not."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            go_on.set()
            super().shutdown(wait)

    def leave() -> None:
        with at_most(2), meanwhile() as hand_over:
            hand_over(block)
            hand_over(lambda: made.append(1))
            began.wait()
            raise ZeroDivisionError

    monkeypatch.setattr(parallel, "ThreadPoolExecutor", LettingGo)
    with pytest.raises(ZeroDivisionError):
        leave()
    assert made == []
