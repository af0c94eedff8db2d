"""What a process is given by whoever starts it, made good: descriptors, streams, signals.

Daemons close standard output, parents ignore signals, jobs are cancelled, logs are full. None of
that may change a value or lose a result, and none of it is a defect of anomeval.
"""

import io
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from anomeval.atomic import unwritable

STANDARD_OUTPUT = "standard output"

_ENDING = ("SIGTERM", "SIGHUP")
"""Signals that end a process by default; here temporary files go first."""


class Ended(BaseException):
    """A signal asks for the end: what is under way is unwound, as by Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def make_good() -> None:
    """Give this process what it lacks; once, before anything is opened or printed."""
    closed = _open_descriptors()
    sys.stdout = _stream(_Closed() if 1 in closed else _Output(1, "w", closefd=False))
    sys.stderr = _stream(_Messages(2, "w", closefd=False))
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    if hasattr(signal, "SIGCHLD"):  # ignored, the end of a child could not be waited for
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def end_by(number: int) -> NoReturn:
    """End as if the signal had not been handled, so that whoever sent it sees that."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    sys.exit(128 + number)  # the first process of a container does not end by itself


def close_standard_output() -> None:
    """Let what is left in the buffer go nowhere."""
    with suppress(OSError, ValueError):  # a stream without a descriptor has nothing left to write
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(number: int, _: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # the end is under way; a second one must not cut it off
    raise Ended(number)


def _open_descriptors() -> set[int]:
    """Open what is closed, or the next file would be taken for it; returns what was closed."""
    closed = set()
    for standard in (0, 1, 2):
        try:
            os.fstat(standard)
        except OSError:
            closed.add(standard)
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    return closed


class ReaderGone(Exception):
    """Whoever read our standard output has gone, which is its right."""


class _Output(io.FileIO):
    """Standard output. That it takes no more is told like that of a file.

    A reader that has gone is told by an exception of ours: of the usual one Rich makes the status
    of a gate that failed.
    """

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as error:
            raise unwritable(STANDARD_OUTPUT, error) from None


class _Closed(io.RawIOBase):
    """Standard output that was closed: what is shown goes nowhere, see `console.write`."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return memoryview(data).nbytes  # type: ignore[arg-type]


class _Messages(io.FileIO):
    """Standard error. A log that takes no more must not end the run: there is no one to tell."""

    def write(self, data: object) -> int:
        with suppress(OSError):
            return super().write(data)  # type: ignore[arg-type]
        return memoryview(data).nbytes  # type: ignore[arg-type]


def _stream(raw: io.RawIOBase) -> io.TextIOWrapper:
    """Text in the encoding of the terminal; characters that it lacks are shown by number."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer, encoding=encoding, errors="backslashreplace", line_buffering=raw.isatty()
    )


def is_closed(stream: object) -> bool:
    """Whether a stream stands for standard output that was closed from the start."""
    buffer = getattr(stream, "buffer", None)
    return isinstance(getattr(buffer, "raw", None), _Closed)
