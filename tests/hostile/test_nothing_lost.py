"""Outputs appear whole or not at all: killed, interrupted, out of space, or written by two at once.

Real processes, real signals. An earlier output stands where the new one goes.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from anomeval.predictions import Writer, open_predictions
from tests.support import clean_environment, hear_interrupts

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs /proc")

COUNT, SIZE = 60, 96
MOMENTS = 4
LIMIT = 2000  # bytes that a file may have where the disk is full

COMMANDS = {
    "score": ("score", "test.h5", "--json", "out.json", "--no-confidence"),
    "apply": ("apply", "val.fit.json", "test.h5", "-o", "out.h5"),
    "convert": ("convert", "test.h5", "out.npz"),
    "tree": ("convert", "test.h5", "out.tree", "--layout-to", "mvtec"),
}
commands = pytest.mark.parametrize("command", COMMANDS)


def output_of(command: str) -> str:
    return next(word for word in COMMANDS[command] if word.startswith("out."))


def start(command: str, folder: Path, prepare: Callable[[], None] = hear_interrupts) -> "Process":
    return subprocess.Popen(
        [sys.executable, "-m", "anomeval", *COMMANDS[command], "-q"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        preexec_fn=prepare,
    )


Process = subprocess.Popen[str]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with test.h5 and val.fit.json."""
    folder = tmp_path_factory.mktemp("lost")
    random = np.random.default_rng(1)
    masks = np.zeros((COUNT, SIZE, SIZE), np.uint8)
    masks[COUNT // 2 :, 20:40, 30:60] = 1
    maps = random.normal(size=masks.shape).astype(np.float32) + masks
    paths = [f"nut/test/{'bent' if n >= COUNT // 2 else 'good'}/{n:03}" for n in range(COUNT)]
    kinds = ["bent" if n >= COUNT // 2 else "good" for n in range(COUNT)]
    with Writer(folder / "test.h5") as writer:
        labels = np.arange(COUNT) >= COUNT // 2
        writer.add(
            anomaly_map=maps,
            gt_mask=masks,
            gt_label=labels,
            image_path=paths,
            category=["nut"] * COUNT,
            defect_type=kinds,
        )
    with Writer(folder / "val.h5") as writer:
        writer.add(anomaly_map=maps[:9], gt_label=[0] * 9)
    words = ["fit", "val.h5", "--threshold", "max", "-q"]
    subprocess.run([sys.executable, "-m", "anomeval", *words], cwd=folder, check=True)
    (folder / "val.h5").unlink()
    return folder


@pytest.fixture
def here(inputs: Path, tmp_path: Path) -> Path:
    """A folder of its own with the inputs."""
    for path in inputs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


def content(path: Path) -> object:
    """All bytes of a file or of a folder; None where there is nothing."""
    if path.is_dir():
        return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*.*")}
    return path.read_bytes() if path.exists() else None


@pytest.fixture(scope="module")
def whole(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What each command writes if it is let be."""
    folder = tmp_path_factory.mktemp("whole")
    for path in inputs.iterdir():
        (folder / path.name).symlink_to(path)
    for command in COMMANDS:
        process = start(command, folder)
        process.communicate()
        assert process.returncode == 0
    return {command: content(folder / output_of(command)) for command in COMMANDS}


def earlier(command: str, folder: Path) -> object:
    """Put an earlier output in the place of the new one; a new folder needs a free place."""
    path = folder / output_of(command)
    if command == "tree":
        return None
    path.write_bytes(b"an earlier output")
    return content(path)


def wait_until_it_works(process: Process) -> None:
    """Until Python has started and NumPy is being loaded, or the process has ended."""
    maps = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and "numpy" not in maps.read_text("utf-8", "replace"):
        time.sleep(0.005)


def wait_for_a_file(folder: Path, known: set[str], process: Process) -> None:
    """Until the output is begun, under whatever name, or the process has ended."""
    while set(os.listdir(folder)) == known and process.poll() is None:
        time.sleep(0.001)


@commands
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_a_run_that_is_stopped_harms_nothing(
    here: Path, whole: dict[str, object], command: str, sent: signal.Signals
) -> None:
    """At random moments, while the output is written and before."""
    random = Random(f"{command} {sent}")
    output = here / output_of(command)
    for number in range(MOMENTS):
        before = earlier(command, here)
        known = set(os.listdir(here))
        process = start(command, here)
        if number % 2:
            wait_for_a_file(here, known, process)
            time.sleep(random.uniform(0, 0.05))
        else:
            wait_until_it_works(process)
            time.sleep(random.uniform(0, 0.5))
        process.send_signal(sent)
        _, told = process.communicate()
        assert content(output) in (before, whole[command])
        left = set(os.listdir(here)) - known - {output.name}
        if "Exception ignored" not in told:  # Python was at something that cannot be interrupted
            assert "Traceback" not in told
        if sent == signal.SIGINT:
            assert process.returncode in (0, 130, -signal.SIGINT), told
            assert left == set()
        assert all(name.startswith(".") for name in left)
        for name in left | {output.name}:
            remove(here / name)
    if command != "tree":
        assert len(open_predictions(here)) == COUNT


def remove(path: Path) -> None:
    if path.is_dir():
        from shutil import rmtree

        rmtree(path)
    else:
        path.unlink(missing_ok=True)


def full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


@commands
def test_a_full_disk_is_told(here: Path, command: str) -> None:
    """Status 2 and one message; what was there is as it was, and nothing is left beside it."""
    before = earlier(command, here)
    known = set(os.listdir(here))
    process = start(command, here, full_disk)
    _, told = process.communicate()
    assert process.returncode == 2, told
    assert "cannot be written" in told
    assert "File too large" in told
    assert "Traceback" not in told
    assert content(here / output_of(command)) == before
    assert set(os.listdir(here)) == known


@commands
def test_runs_at_the_same_time_do_not_mix(
    here: Path, whole: dict[str, object], command: str
) -> None:
    """One of them is the last, and its output is whole. A folder belongs to the first."""
    known = set(os.listdir(here))
    processes = [start(command, here) for _ in range(3)]
    told = [process.communicate()[1] for process in processes]
    statuses = sorted(process.returncode for process in processes)
    if command == "tree":
        assert statuses[0] == 0
        assert set(statuses) <= {0, 2}
    else:
        assert statuses == [0, 0, 0], told
    assert content(here / output_of(command)) == whole[command]
    assert set(os.listdir(here)) == known | {output_of(command)}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_standard_output_that_is_full_is_told(here: Path) -> None:
    """It is no defect of anomeval."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "anomeval", "score", "test.h5", "--json", "-"],
            cwd=here,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
            check=False,
        )
    assert done.returncode == 2
    assert "standard output: cannot be written: No space left on device" in done.stderr
