"""Work in a process of its own: what comes back, and what does not."""

import faulthandler
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions import child, open_predictions
from anomeval.predictions.layouts import folder, isolation
from anomeval.predictions.layouts.isolation import Lost, apart, each_apart
from tests.hostile.test_corpus import CORPUS
from tests.layouts.samples import rows_of, samples, write_native

pytestmark = pytest.mark.skipif(not isolation.AVAILABLE, reason="needs a safe fork")


def crash() -> None:
    faulthandler.disable()  # pytest would tell of it
    os.kill(os.getpid(), signal.SIGSEGV)


def never_end() -> None:
    time.sleep(60)


def fail() -> None:
    raise AttributeError("a programming error")


def test_what_is_found_comes_back() -> None:
    """However large it is."""
    assert apart(lambda: ["found"] * 1_000_000) == ["found"] * 1_000_000


def test_mistakes_of_our_own_are_not_called_damage() -> None:
    """They come back as they are."""
    with pytest.raises(AttributeError, match="a programming error"):
        apart(fail)


@pytest.mark.parametrize("work", [crash, never_end])
def test_whatever_else_happens_is_told(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]
) -> None:
    """And leaves no process behind."""
    monkeypatch.setattr(child, "SECONDS", 0.3)
    with pytest.raises(Lost):
        apart(work)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_refusals_come_back_whole() -> None:
    """With each of their problems, and what kind of refusal it is."""
    problems = (Problem("one", "a.h5", remedy="mend it"), Problem("two", "b.h5", index=3))

    def refuse() -> None:
        raise UsageError(problems)

    with pytest.raises(UsageError) as caught:
        apart(refuse)
    assert caught.value.problems == problems
    assert str(caught.value) == str(UsageError(problems))


def test_one_process_does_all_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before a crash is kept, and another process goes on behind it."""

    def look(path: str) -> tuple[str, int]:
        if path == "crash":
            crash()
        return path, os.getpid()

    found = each_apart(look, ["a", "b", "crash", "c", "crash", "d"])
    assert [one and one[0] for one in found] == ["a", "b", None, "c", None, "d"]
    processes = [one[1] for one in found if one]
    assert processes[0] == processes[1]
    assert len({*processes, os.getpid()}) == 4


def test_something_else_is_done_meanwhile() -> None:
    """Once, after the process has begun, whatever becomes of it; here, not there."""
    done: list[int] = []

    def look(path: str) -> tuple[str, int]:
        if path == "crash":
            crash()
        return path, len(done)

    found = each_apart(look, ["crash", "a", "b"], lambda: done.append(os.getpid()))
    assert done == [os.getpid()]
    assert found == [None, ("a", 1), ("b", 1)]
    assert each_apart(look, ["a"], lambda: done.append(0)) == [("a", 1)]


def test_what_fails_meanwhile_leaves_no_process_behind() -> None:
    """It is told as it is, and the other process has ended by then."""

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        each_apart(lambda _: time.sleep(60), ["a"], fail)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_an_orphan_ends_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose parent was killed does not work for ever."""
    monkeypatch.setattr(child, "SECONDS", 40.0)
    assert apart(lambda: resource.getrlimit(resource.RLIMIT_CPU)[0]) == 41


def test_a_folder_of_hdf5_maps_is_tried_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their pixels go through the library, so that each is read once in a process of its own."""
    for name in ("a", "b"):
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            file["value"] = np.ones((3, 4), np.float32)

    def touchy(path: str, limit: int) -> object:
        if path.endswith("b.hdf5"):
            crash()
        return None

    with monkeypatch.context() as patched:
        patched.setattr(folder, "read_hdf5", touchy)
        patched.setitem(folder._READERS, ".hdf5", touchy)
        with pytest.raises(InvalidInputError) as caught:
            open_predictions(tmp_path, layout="folder", isolated=True)
    assert [problem.file for problem in caught.value.problems] == [str(tmp_path / "b.hdf5")]
    assert len(list(open_predictions(tmp_path, layout="folder", isolated=True))) == 2


def test_a_folder_is_recognized_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To tell a folder of maps from one of files, its first file is opened."""
    monkeypatch.setattr(child, "SECONDS", 1.5)
    copy(next(CORPUS.glob("h5/endless_*")), tmp_path / "a.h5")
    write_native(tmp_path / "b.h5", samples())
    with pytest.raises(InvalidInputError, match="crashes or does not end") as caught:
        open_predictions(tmp_path, isolated=True)
    assert "--layout" in str(caught.value) or "a.h5" in str(caught.value)
    with pytest.raises(InvalidInputError, match=r"a\.h5: cannot be read"):
        open_predictions(tmp_path, layout="files", isolated=True)


def test_all_files_and_problems_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file that is never read does not hide what is wrong with the others."""
    monkeypatch.setattr(child, "SECONDS", 1.5)
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
