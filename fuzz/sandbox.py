"""Inputs in a process apart, with bounds on time and memory.

The process is a fork of this one, which has loaded everything already: a fork takes milliseconds.
"""

import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from anomeval.errors import AnomevalError
from anomeval.predictions.layouts.isolation import fork

from .formats import Refused

SECONDS = 600  # on a busy machine; what never ends is stopped by its processor time
MEMORY = 1 << 30  # beyond what is loaded

_PREFIX = 8  # bytes that tell how many follow
_LONGEST = 1 << 15  # bytes of an outcome

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
    [outcome] = outcomes_of([run])
    return outcome


def outcomes_of(runs: Sequence[Callable[[], object]]) -> Iterator[Outcome]:
    """Run one after the other in a fork of this process; in another one behind a crash or hang."""
    done = 0
    while done < len(runs):
        for outcome in _until_crash(runs[done:]):
            done += 1
            yield outcome


def _until_crash(runs: Sequence[Callable[[], object]]) -> Iterator[Outcome]:
    reader, writer = os.pipe()
    child = fork()
    if child == 0:
        os.close(reader)
        _child(runs, writer)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb", buffering=0) as pipe:
            for _ in runs:
                if not (told := _received(pipe)):
                    yield _lost(child)
                    return
                kind, _, text = told.decode(errors="replace").partition("\n")
                yield Outcome(kind, text)
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _lost(child: int) -> Outcome:
    """Why a child tells no more: it has ended, or does not."""
    ended, status = os.waitpid(child, os.WNOHANG)
    if not ended and select.select([], [], [], 0.2):
        ended, status = os.waitpid(child, os.WNOHANG)
    if not ended:
        return Outcome("hang", f"longer than {SECONDS} s")
    if os.WIFSIGNALED(status):
        return Outcome("crash", signal.Signals(os.WTERMSIG(status)).name)
    return Outcome("crash", f"status {os.waitstatus_to_exitcode(status)}")


def _received(pipe: BinaryIO) -> bytes:
    """What a child tells of its next run; empty if it ends or takes too long before."""
    if not select.select([pipe], [], [], SECONDS)[0]:
        return b""
    length = int.from_bytes(pipe.read(_PREFIX), "little")
    return pipe.read(length)


def _child(runs: Sequence[Callable[[], object]], writer: int) -> None:
    """Never returns, whatever happens."""
    try:
        _bound_memory()
        silent = os.open(os.devnull, os.O_RDWR)
        for standard in (1, 2):
            os.dup2(silent, standard)
        warnings.simplefilter("ignore")
        for run in runs:
            kind, text = _ended(run)
            told = f"{kind}\n{text}".encode(errors="replace")[:_LONGEST]
            os.write(writer, len(told).to_bytes(_PREFIX, "little") + told)
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
