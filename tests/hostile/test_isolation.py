"""Work in a process of its own: what comes back, and what does not."""

import faulthandler
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts import isolation
from anomeval.predictions.layouts.isolation import Lost, apart
from tests.hostile.test_corpus import CORPUS
from tests.layouts.samples import rows_of, samples, write_native


def crash() -> None:
    faulthandler.disable()  # pytest would tell of it
    os.kill(os.getpid(), signal.SIGSEGV)


def never_end() -> None:
    time.sleep(60)


def fail() -> None:
    raise AttributeError("a programming error")


def test_what_is_found_comes_back() -> None:
    """However large it is."""
    assert apart(lambda: ["found"] * 1_000_000, []) == ["found"] * 1_000_000


def test_mistakes_of_our_own_are_not_called_damage() -> None:
    """They come back as they are."""
    with pytest.raises(AttributeError, match="a programming error"):
        apart(fail, [])


@pytest.mark.parametrize("work", [crash, never_end])
def test_whatever_else_happens_is_told(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]
) -> None:
    """And leaves no process behind."""
    monkeypatch.setattr(isolation, "_SECONDS", 0.3)
    with pytest.raises(Lost):
        apart(work, [])
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_all_files_and_problems_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file that is never read does not hide what is wrong with the others."""
    monkeypatch.setattr(isolation, "_SECONDS", 1.5)
    copy(next(CORPUS.glob("h5/endless_*")), tmp_path / "b.h5")
    write_native(tmp_path / "a.h5", samples())
    (tmp_path / "c.h5").write_bytes(b"")
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(tmp_path, isolated=True)
    assert [problem.file for problem in caught.value.problems] == [
        str(tmp_path / "b.h5"),
        str(tmp_path / "c.h5"),
    ]
    assert "crashes or does not end" in str(caught.value)


def test_values_are_the_same(tmp_path: Path) -> None:
    """Of a sound file, and no file descriptor is left."""
    native = write_native(tmp_path / "a.h5", samples())
    before = len(os.listdir("/proc/self/fd"))
    isolated = open_predictions(native, isolated=True)
    assert len(os.listdir("/proc/self/fd")) == before
    assert rows_of(isolated) == rows_of(open_predictions(native))
