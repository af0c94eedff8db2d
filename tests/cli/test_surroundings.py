"""What a process may be given by whoever starts it: closed streams, full disks, signals, folders.

Whatever it is, the result is written and the status is a documented one: 70 only for defects of
ours, 1 only for a failed gate.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.atomic import Replacement, temporary_name, undisturbed
from anomeval.errors import UsageError
from tests.support import clean_environment, reserve, rest_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams and signals of POSIX")

COMMAND = [sys.executable, "-m", "anomeval"]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


def run(
    *words: object, prepare: Callable[[], object] | None = None, cwd: Path | None = None, **streams
) -> subprocess.CompletedProcess:
    """The command in a process of its own, after `prepare` was called in it."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    environment = streams.pop("env", clean_environment())
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        text=True,
        check=False,
        preexec_fn=prepare,
        cwd=cwd,
        env=environment,
        **streams,
    )


@pytest.mark.parametrize("closed", [(1,), (2,), (1, 2), (0, 1, 2)])
def test_closed_streams_lose_no_result(here: Path, closed: tuple[int, ...]) -> None:
    """A daemon has none; the file that is opened next must not become one of them."""
    words = ("score", "test.h5", "--no-confidence", "--json", "result.json")
    done = run(*words, prepare=lambda: [os.close(one) for one in closed])
    assert done.returncode == 0
    assert done.stdout + done.stderr == "" or closed != (0, 1, 2)
    assert json.loads((here / "result.json").read_text())["schema"] == "anomeval.result/1"
    plain = run("score", "test.h5", "--no-confidence", "--json", "plain.json")
    assert plain.returncode == 0
    assert (here / "plain.json").read_bytes() == (here / "result.json").read_bytes()


@pytest.mark.usefixtures("here")
def test_a_document_for_a_closed_stream_is_refused() -> None:
    """What was asked for and cannot be done is an error."""
    done = run("score", "test.h5", "--json", "-", prepare=lambda: os.close(1))
    assert done.returncode == 2
    assert done.stderr == "Error: standard output: is closed — name a file\n"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["SIGCHLD", "SIGINT", "SIGPIPE"])
def test_signals_that_the_parent_ignores_change_nothing(name: str) -> None:
    """As background jobs and some supervisors do."""
    number = getattr(signal, name)
    words = ("score", "test.h5", "--no-confidence", "--json", "-")
    ignoring = run(*words, prepare=lambda: signal.signal(number, signal.SIG_IGN))
    plain = run(*words, prepare=lambda: signal.signal(number, signal.SIG_DFL))
    assert (ignoring.returncode, ignoring.stdout) == (0, plain.stdout)


@needs_full
@pytest.mark.parametrize(
    "words",
    [
        "score test.h5 --json FULL",
        "score test.h5 --csv FULL",
        "score test.h5 --markdown FULL",
        "score test.h5 --latex FULL",
        "fit val.h5 -o FULL",
        "report test.h5 -o FULL",
        "explain test.h5 --json FULL",
        "inspect test.h5 --json FULL",
        "gate result.json --min image_auroc=0.1 --junit FULL",
        "gate result.json --min image_auroc=0.1 --openmetrics FULL",
    ],
)
@pytest.mark.usefixtures("here")
def test_a_full_disk_is_told_for_every_output(words: str) -> None:
    """One line and status 2, not a defect."""
    assert run("score", "test.h5", "--no-confidence", "--json", "result.json").returncode == 0
    done = run(*words.replace("FULL", str(FULL)).split())
    assert done.returncode == 2
    assert "/dev/full: cannot be written: No space left on device" in done.stderr


@needs_full
@pytest.mark.parametrize(
    "words", ["--help", "score --help", "--version", "metrics", "score test.h5"]
)
@pytest.mark.usefixtures("here")
def test_full_standard_output_is_told(words: str) -> None:
    """Help included."""
    with FULL.open("w") as full:
        done = run(*words.split(), stdout=full)
    assert done.returncode == 2
    assert "standard output: cannot be written: No space left on device" in done.stderr


@needs_full
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("words", "status"), [("score none.h5", 3), ("score", 2), ("nope", 2)])
def test_a_full_log_changes_no_status(words: str, status: int) -> None:
    """1 is for gates that failed."""
    with FULL.open("w") as full:
        assert run(*words.split(), stderr=full).returncode == status


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("words", ["--help", "score --help"])
def test_a_reader_of_help_may_leave(words: str) -> None:
    """`anomeval --help | true`."""
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*words.split(), stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("here")
def test_documents_on_standard_output_are_those_of_files() -> None:
    """UTF-8, also where the terminal knows nothing but ASCII; tables show what it lacks."""
    ascii_only = clean_environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    for option in ("--markdown", "--json", "--csv", "--latex"):
        words = ("score", "test.h5", "--no-confidence", option)
        done = subprocess.run(
            [*COMMAND, *words, "-"], capture_output=True, env=ascii_only, check=True
        )
        run(*words, "written")
        assert done.stdout == Path("written").read_bytes()
    table = run("score", "test.h5", "--no-confidence", env=ascii_only)
    assert table.returncode == 0
    assert table.stdout.isascii()


@pytest.mark.usefixtures("here")
def test_a_working_directory_that_is_gone(here: Path) -> None:
    """What is named by its whole path is still there."""
    assert run("score", "test.h5", "--no-confidence", "--json", "result.json").returncode == 0

    def leave() -> None:
        (here / "gone").mkdir()
        os.chdir(here / "gone")
        (here / "gone").rmdir()

    whole = here / "result.json"
    assert run("gate", whole, "--min", "image_auroc=0", prepare=leave).returncode == 0
    assert run("score", here / "test.h5", "--no-confidence", prepare=leave).returncode == 0
    done = run("score", here / "test.h5", "--json", "there.json", prepare=leave)
    assert (done.returncode, "Internal" in done.stderr) == (2, False)
    done = run("score", "*.h5", prepare=leave)
    assert done.returncode == 3
    assert "the working directory is gone" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_folder_that_may_not_be_entered(here: Path) -> None:
    """The true cause, and what helps."""
    (here / "shut").mkdir()
    (here / "test.h5").rename(here / "shut" / "test.h5")
    (here / "shut").chmod(0o444)
    try:
        done = run("score", "shut/test.h5")
    finally:
        (here / "shut").chmod(0o755)
    assert done.returncode == 3
    assert done.stderr == (
        "Error: shut/test.h5: permission denied — allow this user to enter 'shut' (chmod u+x)\n"
    )


@pytest.mark.parametrize("length", [245, 250, 255])
def test_a_name_as_long_as_it_may_be(here: Path, length: int) -> None:
    """What is written first has a name beside it, which must not be too long."""
    name = "n" * (length - 5) + ".json"
    done = run("score", "test.h5", "--no-confidence", "-q", "--json", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / name).stat().st_size > 0


@pytest.mark.usefixtures("here")
def test_a_name_that_is_too_long_is_told() -> None:
    """Before the work, with status 2."""
    done = run("score", "test.h5", "--json", "n" * 256)
    assert done.returncode == 2
    assert "File name too long" in done.stderr


def test_temporary_names_are_short_whatever_the_name_is() -> None:
    """Also where a character takes several bytes, and one is cut in two."""
    for name in ("n" * 255, "é" * 127, "x" + "é" * 127, "\U0001f4a5" * 63):
        made = temporary_name(name)
        assert len(made.encode()) <= 255
        assert made.startswith(f".{name[0]}")
        assert made.endswith(".part")


def test_what_is_no_file_and_takes_nothing(tmp_path: Path) -> None:
    """A directory that is gone, while a replacement is made."""
    with pytest.raises(UsageError, match="create the directory"):
        Replacement(tmp_path / "none" / "a.json")


@pytest.fixture
def endless(here: Path) -> Path:
    """Predictions that take minutes to read and no time to write: all zeros in a sparse file."""
    count = 100_000
    with h5py.File(here / "endless.h5", "w") as file:
        file["gt_label"] = np.zeros(count, np.uint8)
        reserve(file, "anomaly_map", (count, 512, 512))
    return here / "endless.h5"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal to see the progress in")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_job_that_is_cancelled_leaves_nothing(endless: Path, number: int) -> None:
    """It ends by that signal, as whoever sent it expects; what was begun is gone."""
    terminal, stderr = os.openpty()
    before = set(endless.parent.iterdir())
    process = subprocess.Popen(
        [*COMMAND, "apply", "val.fit.json", endless, "-o", "applied.h5"]
        if (endless.parent / "val.fit.json").exists()
        else [*COMMAND, "convert", endless, "converted.h5"],
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=endless.parent,
        env=clean_environment(TERM="xterm"),
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    os.close(stderr)
    os.read(terminal, 1)  # the progress bar: reading has begun
    process.send_signal(number)
    rest_of(terminal)
    output, _ = process.communicate()
    assert (process.returncode, output) == (-number, b"")
    assert set(endless.parent.iterdir()) == before


def test_calls_that_must_not_be_interrupted_are_not() -> None:
    """A signal waits for the end of the block, whichever asks for the end."""
    seen: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.signal(number, lambda number, _: seen.append(number))
        try:
            with undisturbed():
                signal.raise_signal(number)
                assert number not in seen
            assert seen[-1] == number
        finally:
            signal.signal(number, before)


@pytest.mark.usefixtures("here")
def test_a_limit_of_open_files_is_called_that() -> None:
    """Never damage of a file."""
    import resource

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))

    done = run("score", "test.h5", prepare=few)
    assert done.returncode == 3
    assert "damaged" not in done.stderr
    assert "oo many open files" in done.stderr
