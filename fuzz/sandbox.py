"""One input in a process of its own, with bounds on time and memory.

The process is a fork of this one, which has loaded everything already: a fork takes milliseconds.
"""

import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from anomeval.errors import AnomevalError

from .formats import Refused

SECONDS = 20
MEMORY = 1 << 30  # beyond what is loaded

_DOCUMENTED = (2, 3, 4)


@dataclass(frozen=True)
class Outcome:
    """How an input ended.

    kind: result, refused, or a defect: undocumented status, traceback, crash, hang.
    text: the values, the message, or the traceback.
    """

    kind: str
    text: str

    @property
    def is_defect(self) -> bool:
        """Whether this must not be."""
        return self.kind not in ("result", "refused")


def outcome_of(run: Callable[[], object]) -> Outcome:
    """Run something in a fork of this process, and see how it ends."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(run, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told, late = _received(pipe.fileno())
    if late:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if late:
        return Outcome("hang", f"longer than {SECONDS} s")
    if os.WIFSIGNALED(status):
        return Outcome("crash", signal.Signals(os.WTERMSIG(status)).name)
    kind, _, text = told.decode(errors="replace").partition("\n")
    return Outcome(kind or "crash", text)


def _received(pipe: int) -> tuple[bytes, bool]:
    """(all that the child writes, whether it took too long)."""
    told = b""
    while select.select([pipe], [], [], SECONDS)[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            return told, False
        told += part
    return told, True


def _child(run: Callable[[], object], writer: int) -> None:
    """Never returns, whatever happens."""
    try:
        _bound_memory()
        silent = os.open(os.devnull, os.O_RDWR)
        for standard in (1, 2):
            os.dup2(silent, standard)
        warnings.simplefilter("ignore")
        kind, text = _ended(run)
        os.write(writer, f"{kind}\n{text}".encode(errors="replace")[: 1 << 15])
    finally:
        os._exit(0)


def _ended(run: Callable[[], object]) -> tuple[str, str]:
    try:
        return "result", str(run())
    except Refused as refused:
        return _refused(refused.status, refused.message)
    except AnomevalError as error:
        return _refused(error.exit_status, str(error))
    except BaseException:
        import traceback

        return "traceback", traceback.format_exc()


def _refused(status: int, message: str) -> tuple[str, str]:
    if status not in _DOCUMENTED or not message.strip():
        return f"status {status}", message
    return "refused", message


def _bound_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(1000)
