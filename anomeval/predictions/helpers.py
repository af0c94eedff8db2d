"""Processes of their own in which a library reads values that only it can read.

Unlike `isolation`, this is no fork, and safe while threads run. A helper starts when the first
value is asked of it, which takes about a quarter of a second, is used again by whoever reads next,
and ends with the last `Lease`.
"""

import os
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from numpy.typing import NDArray

from anomeval.predictions import child
from anomeval.predictions.column import Column, Survey
from anomeval.predictions.faults import Lost

if TYPE_CHECKING:
    from anomeval.predictions.formats import Format

Answer = TypeVar("Answer")

AVAILABLE = os.name == "posix" and bool(sys.executable)
"""Whether there can be helpers on this system."""

_PATIENCE = 3  # times that a file may be the end of a helper before it is not tried again


class Lease:
    """As long as there is one, helpers are kept for whoever reads next."""

    def __init__(self) -> None:
        _POOL.leases += 1
        self._end = weakref.finalize(self, _POOL.release)

    def close(self) -> None:
        """End it, and with the last one all helpers. Safe to call twice."""
        self._end()


@contextmanager
def kept() -> Iterator[None]:
    """A lease for the time of a block."""
    lease = Lease()
    try:
        yield
    finally:
        lease.close()


class _Asking:
    """A helper for somebody who may ask several things about one file."""

    def __init__(self, path: str) -> None:
        self._lease = Lease()
        self._path = path
        self._helper: _Helper | None = None

    def ask(self, what: str, *args: Any) -> Any:
        """What the helper answers.

        Raises:
            Lost: it has crashed, or does not end.
            Exception: whatever its library raises.
        """
        if _POOL.lost[self._path] >= _PATIENCE:
            raise Lost
        self._helper = self._helper or _POOL.taken()
        try:
            done, answer = self._helper.asked(what, args, child.seconds_for(self._path))
        except (EOFError, OSError):
            _POOL.lost[self._path] += 1
            self._give_up()
            raise Lost from None
        except BaseException:  # interrupted: its next answer would be one to this question
            self._give_up()
            raise
        if not done:
            raise answer
        return answer

    def close(self) -> None:
        """Give the helper back."""
        if self._helper:
            try:
                self.ask("close")
            except Exception:  # what was read is read, but nobody should use this helper again
                self._give_up()
        if self._helper:
            _POOL.give_back(self._helper)
            self._helper = None
        self._lease.close()

    def _give_up(self) -> None:
        if self._helper:
            self._helper.end()
        self._helper = None


def call(path: str, work: Callable[..., Answer], *args: Any) -> Answer:
    """What `work(*args)` gives, a function of a module, about the file at `path`.

    Raises:
        Lost: it crashes, or takes far too long.
        Exception: whatever `work` raises.
    """
    asking = _Asking(path)
    try:
        answer: Answer = asking.ask("call", work, args)
    finally:
        asking.close()
    return answer


class HelperStore:
    """A file that a helper opens and reads; a `Store`."""

    def __init__(self, format_: "Format", path: str) -> None:
        self._asking = _Asking(path)
        try:
            self._asking.ask("open", format_, path)
        except BaseException:
            self._asking.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._asking.close()

    def survey(self) -> Survey:
        """See `Store.survey`."""
        found: Survey = self._asking.ask("survey")
        return found

    def values(self, column: Column) -> NDArray[Any]:
        """See `Store.values`."""
        values: NDArray[Any] = self._asking.ask("values", column)
        return values

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """See `Store.rows`."""
        if start < stop:
            self._asking.ask("begin", column, start, stop)
        for _ in range(start, stop):
            yield self._asking.ask("row", column.name)


class _Helper:
    """One process: asks it, and ends it."""

    def __init__(self) -> None:
        import subprocess

        theirs, self._writer = child.pipe()
        self._reader, answers = child.pipe()
        code = "import sys; sys.path[:] = sys.argv[3:]; from anomeval.predictions import helping; "
        code += "helping.serve(int(sys.argv[1]), int(sys.argv[2]))"
        command = [sys.executable, "-I", "-c", code, str(theirs), str(answers), *sys.path]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs, answers),
            )
        finally:
            os.close(theirs)
            os.close(answers)

    def asked(self, what: str, args: tuple[Any, ...], seconds: float) -> tuple[bool, Any]:
        """(True, answer), or (False, what was raised).

        Raises:
            EOFError, OSError: it has ended, or does nothing any more.
        """
        child.tell(self._writer, (what, args, seconds))
        done, answer = child.told(self._reader, self._process.pid)
        return done, answer

    def end(self) -> None:
        """Stop the process."""
        self.forget()
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """Let go of it, but let it go on: it is that of another process."""
        os.close(self._writer)
        os.close(self._reader)


class _Pool:
    """The helpers of this process that nobody uses now.

    leases: how many there are. lost: how often a file was the end of a helper.
    """

    def __init__(self) -> None:
        self.leases = 0
        self.lost: Counter[str] = Counter()
        self._lock = threading.RLock()  # a finalizer may run within
        self._idle: list[_Helper] = []

    def taken(self) -> _Helper:
        with self._lock:
            helper = self._idle.pop() if self._idle else None
        return helper or _Helper()

    def give_back(self, helper: _Helper) -> None:
        with self._lock:
            self._idle.append(helper)

    def release(self) -> None:
        """One lease less."""
        with self._lock:
            self.leases -= 1
            if self.leases > 0:
                return
            self.lost.clear()
            done, self._idle = self._idle, []
        for helper in done:
            helper.end()

    def start_anew(self) -> None:
        """In a fork: its helpers are those of the parent."""
        for helper in self._idle:
            helper.forget()
        self._lock, self._idle = threading.RLock(), []


_POOL = _Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_POOL.start_anew)
