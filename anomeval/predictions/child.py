"""What a process and a child that works for it have between them: pipes, limits, silence.

Nothing here depends on how busy the machine is: a child is given an amount of processor time, and
is waited for as long as it uses any.
"""

import os
import pickle
import select
import signal
import time
from contextlib import suppress
from typing import Any

SECONDS = 30.0
"""Of processor time that a library may take for a file, and for each 150 MB of it as much again."""

_BYTES_PER_SECOND = 5e6
_STILL = 120.0  # seconds in which a child does nothing at all before it is given up
_GLANCE = 5.0  # seconds between two looks at whether it does
_READ_AT_ONCE = 1 << 20
_PREFIX = 8  # bytes that tell how many follow
_FIRST_FREE = 3  # behind the standard streams


def seconds_for(path: str, seconds: float | None = None) -> float:
    """How much processor time a library may take for a file."""
    allowed = SECONDS if seconds is None else seconds
    with suppress(OSError, ValueError):
        return allowed + os.path.getsize(path) / _BYTES_PER_SECOND
    return allowed


def pipe() -> tuple[int, int]:
    """(reader, writer), none of them in the place of a standard stream that is closed."""
    import fcntl

    ends = os.pipe()
    try:
        reader, writer = (fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for one in ends)
    finally:
        for one in ends:
            os.close(one)
    return reader, writer


def tell(writer: int, message: Any) -> None:
    """Send a message.

    Raises:
        OSError: the other side has ended.
    """
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    rest = memoryview(len(content).to_bytes(_PREFIX, "little") + content)
    while rest:
        rest = rest[os.write(writer, rest) :]


def told(reader: int, child: int | None = None) -> Any:
    """The next message.

    Args:
        reader: where it comes from.
        child: who sends it; given up when it does nothing for long. None: waited for.

    Raises:
        EOFError: the other side has ended, or is given up.
    """
    watch = _Watch(child) if child is not None else None
    length = _received(reader, _PREFIX, watch)
    return pickle.loads(_received(reader, int.from_bytes(length, "little"), watch))


class _Watch:
    """Whether a child still does something."""

    def __init__(self, child: int) -> None:
        self._child = child
        self._used = _processor_time(child)
        self._since = time.monotonic()

    def has_stopped(self) -> bool:
        """Whether it has used no processor time for long; False where that cannot be told."""
        used, now = _processor_time(self._child), time.monotonic()
        if used is None or used != self._used:
            self._used, self._since = used, now
        return now - self._since > _STILL


def _processor_time(child: int) -> int | None:
    """Ticks that a process has used; None where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{child}/stat", "rb") as file:
            user, system = file.read().rpartition(b")")[2].split()[11:13]
        return int(user) + int(system)
    return None


def _received(reader: int, length: int, watch: _Watch | None) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        while not select.select([reader], [], [], _GLANCE if watch else None)[0]:
            if watch and watch.has_stopped():
                raise EOFError("it has stopped")
        parts.append(os.read(reader, min(length, _READ_AT_ONCE)))
        if not parts[-1]:
            raise EOFError("it has ended")
        length -= len(parts[-1])
    return b"".join(parts)


def settle() -> None:
    """Make a child of this process fit to work: silent, and deaf to what is meant for the parent.

    Whatever a library writes to a standard stream goes nowhere, no matter which of them were open.
    """
    import resource

    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(_FIRST_FREE):
        if standard != nothing:
            os.dup2(nothing, standard)
    if nothing >= _FIRST_FREE:
        os.close(nothing)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
        if number == signal.SIGXCPU or callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def allow(seconds: float) -> None:
    """Let the system end this process when it has used so much more processor time."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
