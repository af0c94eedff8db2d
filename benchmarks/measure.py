"""Run a command as a process of its own: how long, how much memory, what it printed.

Linux counts the memory of the parent at the moment of starting a program to the program's peak, so
what imports this module must stay small: no arrays in run.py.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO


@dataclass(frozen=True)
class Usage:
    """What one run took.

    wall, cpu: seconds. peak: bytes of physical memory; of the largest process where there are
    several (none of the tools measured here starts any). error: None if it ended well.
    """

    wall: float
    cpu: float
    peak: int
    output: str
    error: str | None


def run(command: Sequence[str | Path]) -> Usage:
    """Run a command to its end."""
    with TemporaryFile() as output, TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=_environment()
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        error = None
        if process.returncode:
            said = _text(errors)
            print(said, file=sys.stderr)
            error = f"exit status {process.returncode}, {(said.splitlines() or ['no message'])[-1]}"
        text = _text(output)
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, text, error)


def warm(path: Path) -> None:
    """Read a file once, so that everybody finds it in the page cache."""
    block = bytearray(1 << 20)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(block):
            pass


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").strip()


def _environment() -> dict[str, str]:
    """Ours, without what would make runs differ: warnings, colours, output paths.

    Python may keep what it has compiled, as it does for everybody who has not forbidden it.
    """
    kept = {
        key: text
        for key, text in os.environ.items()
        if not key.startswith("ANOMEVAL_") and key != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {"NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
