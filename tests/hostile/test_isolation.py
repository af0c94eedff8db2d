"""Work in a process of its own: what comes back, and what does not."""

import faulthandler
import os
import signal
import time
from pathlib import Path

import pytest

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts import isolation
from anomeval.predictions.layouts.isolation import apart
from tests.layouts.samples import rows_of, samples, write_native


def crash(_: str) -> None:
    faulthandler.disable()  # pytest would tell of it
    os.kill(os.getpid(), signal.SIGSEGV)


def never_end(_: str) -> None:
    time.sleep(60)


def refuse(path: str) -> None:
    raise InvalidInputError(Problem("is not wanted", path))


def fail(_: str) -> None:
    raise AttributeError("a programming error")


def test_what_is_found_comes_back() -> None:
    """However large it is."""
    assert apart(lambda path: [path] * 100_000, "f.h5") == ["f.h5"] * 100_000


def test_a_refusal_comes_back() -> None:
    """With its problems."""
    with pytest.raises(InvalidInputError) as caught:
        apart(refuse, "f.h5")
    assert caught.value.problems == (Problem("is not wanted", "f.h5"),)


@pytest.mark.parametrize("work", [crash, never_end, fail])
def test_whatever_else_happens_is_told(monkeypatch: pytest.MonkeyPatch, work: object) -> None:
    """And leaves no process behind."""
    monkeypatch.setattr(isolation, "_SECONDS", 0.3)
    with pytest.raises(InvalidInputError, match=r"f\.h5: cannot be read: the library"):
        apart(work, "f.h5")  # type: ignore[arg-type]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_values_are_the_same(tmp_path: Path) -> None:
    """Of a sound file, and no file descriptor is left."""
    native = write_native(tmp_path / "a.h5", samples())
    before = len(os.listdir("/proc/self/fd"))
    isolated = open_predictions(native, isolated=True)
    assert len(os.listdir("/proc/self/fd")) == before
    assert rows_of(isolated) == rows_of(open_predictions(native))
