"""Work in a process of its own: what comes back, and what does not."""

import faulthandler
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copy
from threading import Event, Thread
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions import child, helpers, open_predictions
from anomeval.predictions.layouts import isolation
from anomeval.predictions.layouts.isolation import Lost, apart, each_apart
from anomeval.predictions.passing import whatever_is_readable
from anomeval.predictions.prediction_set import PredictionSet
from tests.hostile.test_corpus import CORPUS
from tests.layouts.samples import rows_of, samples, write_native

pytestmark = pytest.mark.skipif(not isolation.AVAILABLE, reason="needs a safe fork")


def children() -> set[int]:
    """The processes that this one has started and not taken leave of; none where none are told."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(child) for told in lists for child in told.read_text().split()}


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """Whatever becomes of the work. Other tests may have processes of their own beside it."""
    before = children()
    yield
    assert children() <= before


def crash() -> None:
    faulthandler.disable()  # pytest would tell of it
    os.kill(os.getpid(), signal.SIGSEGV)


def never_end() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(600)


def fail() -> None:
    raise AttributeError("a programming error")


IMAGES = 4


def _write_packed(path: Path, **options: Any) -> None:
    maps = np.random.default_rng(3).integers(0, 4, (IMAGES, 32, 32)).astype("f4")
    with h5py.File(path, "w") as file:
        file.create_dataset("anomaly_map", data=maps, chunks=(1, 32, 32), **options)
        file["gt_label"] = np.arange(IMAGES) % 2
        file["image_path"] = np.array([f"{n}.png" for n in range(IMAGES)], object)


def _maps(predictions: PredictionSet) -> list[bytes | None]:
    return [
        None if image.anomaly_map is None else image.anomaly_map.tobytes() for image in predictions
    ]


def test_what_is_found_comes_back() -> None:
    """However large it is."""
    assert apart(lambda: ["found"] * 1_000_000) == ["found"] * 1_000_000


def test_mistakes_of_our_own_are_not_called_damage() -> None:
    """They come back as they are."""
    with pytest.raises(AttributeError, match="a programming error"):
        apart(fail)


@pytest.mark.parametrize("work", [crash, never_end, sleep])
def test_whatever_else_happens_is_told(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]
) -> None:
    """And leaves no process behind."""
    monkeypatch.setattr(child, "SECONDS", 0.3)
    monkeypatch.setattr(child, "_STILL", 0.5)
    monkeypatch.setattr(child, "_GLANCE", 0.1)
    with pytest.raises(Lost):
        apart(work)


def test_who_works_slowly_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a file takes long by the clock; what counts is what was done for it."""
    monkeypatch.setattr(child, "SECONDS", 1000.0)
    monkeypatch.setattr(child, "_STILL", 1.0)
    monkeypatch.setattr(child, "_GLANCE", 0.1)

    def work_now_and_then() -> str:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            time.sleep(0.1)
            done = time.process_time() + 0.03  # more than the system's unit
            while time.process_time() < done:
                pass
        return "done"

    assert apart(work_now_and_then) == "done"


def test_nothing_gets_into_the_pipe() -> None:
    """What a library prints goes nowhere, on any standard stream."""

    def print_all() -> str:
        for standard in (0, 1, 2):
            with suppress(OSError):
                os.write(standard, b"x" * 100)
        print("printed", flush=True)
        return "found"

    assert each_apart(lambda _: print_all(), ["a", "b"]) == ["found", "found"]


CLOSED = """
import os, signal, sys
ways = sys.argv[1].split(",")
for standard in (0, 1, 2):
    if str(standard) in ways:
        os.close(standard)
if "children" in ways:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts.isolation import apart
if apart(lambda: os.write(1, b"noise") and "found") != "found":
    os._exit(3)
with open_predictions(sys.argv[2], isolated=True) as predictions:
    images = len(list(predictions))
    os._exit(100 + images)
"""


@pytest.mark.parametrize(
    "ways", ["0", "1", "2", "0,1", "1,2", "0,1,2", "children", "0,1,2,children"]
)
@pytest.mark.parametrize("packing", ["gzip", "lzf"])
def test_however_the_parent_was_started(tmp_path: Path, ways: str, packing: str) -> None:
    """Without standard streams, whose numbers pipes get then; with SIGCHLD ignored.

    gzip is read by this process, lzf by a helper.
    """
    _write_packed(tmp_path / "a.h5", compression=packing)
    process = subprocess.run(
        [sys.executable, "-c", CLOSED, ways, str(tmp_path / "a.h5")], capture_output=True
    )
    assert process.returncode == 100 + IMAGES, process.stderr.decode()


def test_other_threads_may_run(tmp_path: Path) -> None:
    """No fork is made then: a process is started anew."""
    _write_packed(tmp_path / "a.h5", compression="lzf")
    copy(next(CORPUS.glob("h5/endless_*")), tmp_path / "b.h5")
    alone = _maps(open_predictions(tmp_path / "a.h5"))
    end, forks = Event(), []
    os.register_at_fork(before=lambda: forks.append(1))
    other = Thread(target=end.wait)
    other.start()
    try:
        with open_predictions(tmp_path / "a.h5", isolated=True) as predictions:
            assert _maps(predictions) == alone
        assert not forks
    finally:
        end.set()
        other.join()


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


def test_an_orphan_ends_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose parent was killed does not work for ever."""
    monkeypatch.setattr(child, "SECONDS", 40.0)
    assert apart(lambda: resource.getrlimit(resource.RLIMIT_CPU)[0]) == 41


def test_the_library_stays_out_of_the_command(tmp_path: Path) -> None:
    """Whatever the storage, and with one file for each map: values come from other processes."""
    script = "import sys; from anomeval.predictions import open_predictions\n"
    script += "with open_predictions(sys.argv[1], isolated=True) as p: print(len(list(p)))\n"
    script += "print('h5py' in sys.modules)"
    for packing in ("gzip", "lzf", "szip"):
        _write_packed(tmp_path / f"{packing}.h5", compression=packing)
    (tmp_path / "maps").mkdir()
    for name in ("a", "b"):
        with h5py.File(tmp_path / f"maps/{name}.hdf5", "w") as file:
            file.create_dataset("value", data=np.ones((3, 4), "f4"), compression="lzf")
    for path, images in (*((f"{p}.h5", IMAGES) for p in ("gzip", "lzf", "szip")), ("maps", 2)):
        command = [sys.executable, "-c", script, str(tmp_path / path)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert told.split() == [str(images), "False"]


def test_a_crash_costs_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library crashes over values, that is told of the image; others are read."""
    _write_packed(tmp_path / "a.h5", compression="lzf")
    asked: list[int] = []
    ask = helpers._Helper.asked

    def dying(self: helpers._Helper, what: str, args: tuple[Any, ...], seconds: float) -> Any:
        asked.append(what == "row")
        if sum(asked) == 2 and asked[-1]:
            self._process.kill()
        return ask(self, what, args, seconds)

    monkeypatch.setattr(helpers._Helper, "asked", dying)
    with open_predictions(tmp_path / "a.h5", isolated=True) as predictions:
        read = list(whatever_is_readable(predictions.files[0], 0, IMAGES))
    problems = [found.problems[0] for _, found in read if isinstance(found, InvalidInputError)]
    assert [(one.index, one.what) for one in problems] == [(1, isolation.UNREADABLE)]


def test_memory_that_nothing_filled_is_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that unpacks less than it should leaves the rest as it was: two readings differ."""
    _write_packed(tmp_path / "a.h5", compression="lzf")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        maps = file["anomaly_map"]
        maps.id.write_direct_chunk((0, 0, 0), bytes([31]) + bytes(range(32)))  # 32 literal bytes
    predictions = open_predictions(tmp_path / "a.h5", isolated=True)
    with predictions, pytest.raises(InvalidInputError, match="fewer values than it declares"):
        list(predictions)


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
