"""A process of its own: start-up, signals, pipes and the last line of defence. A second each."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.support import (
    clean_environment,
    hear_interrupts,
    reserve,
    rest_of,
    run_cli,
    run_here,
)

COMMAND = [sys.executable, "-m", "anomeval"]
HEAVY = ("h5py", "matplotlib", "numpy", "pandas", "scipy", "skimage", "sklearn", "torch")

PROBE = """
import runpy, sys
try:
    runpy.run_module("anomeval", run_name="__main__")
except SystemExit as exit:
    assert not exit.code, exit.code
print(*sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["--help"], ["score", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    """Help answers at once, so what computes is imported where it is used."""
    probe = PROBE.format(heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", probe, *words], capture_output=True, text=True, check=True
    )
    assert "Usage" in done.stdout
    assert done.stderr.split() == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to count threads")
def test_linear_algebra_starts_no_threads_of_its_own() -> None:
    """There are as many threads as --jobs says, and none besides."""
    probe = (
        "import os\n"
        "from anomeval.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    import numpy.linalg\n"
        "    print(len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    )
    assert done.stdout.splitlines()[-1] == "1"


def test_importing_the_package_imports_nothing_heavy() -> None:
    """`import anomeval` costs next to nothing."""
    probe = f"import sys, anomeval; print(*set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.usefixtures("fitted")
def test_an_installed_command_does_what_its_test_double_does() -> None:
    """The same status, the same streams."""
    for words in (["score", "test.h5"], ["score", "val.h5", "--fit", "val.fit.json"]):
        assert run_cli(*words) == run_here(*words)


@pytest.mark.usefixtures("here")
def test_a_wrong_core_is_wrong_usage() -> None:
    """ANOMEVAL_CORE can be native or numpy."""
    done = run_cli("score", "test.h5", ANOMEVAL_CORE="gpu")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == "Error: ANOMEVAL_CORE is 'gpu'; it can be 'native' or 'numpy'\n"


@pytest.mark.usefixtures("here")
def test_both_cores_give_the_same_bytes() -> None:
    """A result says which core counted; all else is the same."""
    native, numpy = (
        run_cli("score", "test.h5", "--json", "-", ANOMEVAL_CORE=core) for core in ("", "numpy")
    )
    assert numpy.status == 0
    assert native.stdout.replace('"native"', '"numpy"') == numpy.stdout


@pytest.mark.usefixtures("here")
def test_warnings_of_libraries_are_not_shown_raw() -> None:
    """They are for programmers, who can still ask for them."""
    Path("warns.py").write_text("import warnings\nwarnings.warn('old header')\n")
    words = ("score", "test.h5", "--no-confidence", "--plugin", "warns.py")
    assert "old header" not in run_cli(*words).stderr
    assert "old header" in run_cli(*words, PYTHONWARNINGS="default").stderr


@pytest.mark.usefixtures("here")
def test_an_internal_error_is_owned_up_to() -> None:
    """Status 70 and two lines; the traceback is there for whoever asks for it."""
    broken = (
        "import anomeval.cli.score as s; s.check_outputs = None; from anomeval.cli import main; "
    )
    command = [sys.executable, "-c", broken + "main()", "score", "test.h5"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), check=False
    )
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("Internal error: TypeError: ")
    assert "Traceback" not in done.stderr
    traced = clean_environment(ANOMEVAL_TRACEBACK="1")
    done = subprocess.run(command, capture_output=True, text=True, env=traced, check=False)
    assert "Traceback" in done.stderr


@pytest.fixture
def endless(here: Path) -> Path:
    """Predictions that take minutes to read and no time to write: all zeros in a sparse file."""
    count = 100_000
    with h5py.File(here / "endless.h5", "w") as file:
        file["gt_label"] = np.zeros(count, np.uint8)
        reserve(file, "anomaly_map", (count, 512, 512))
    return here / "endless.h5"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal to see the progress in")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_quietly(endless: Path, jobs: str) -> None:
    """Status 130 soon after the signal; no traceback, no result, no temporary file."""
    terminal, stderr = os.openpty()
    before = set(endless.parent.iterdir())
    process = subprocess.Popen(
        [*COMMAND, "score", endless, "--jobs", jobs, "--json", "result.json"],
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=endless.parent,
        env=clean_environment(TERM="xterm"),
        preexec_fn=hear_interrupts,
    )
    os.close(stderr)
    shown = os.read(terminal, 1)  # the progress bar: reading has begun
    process.send_signal(signal.SIGINT)
    shown += rest_of(terminal)
    output, _ = process.communicate()
    assert (process.returncode, output) == (130, b"")
    assert b"Traceback" not in shown
    assert set(endless.parent.iterdir()) == before


@pytest.mark.parametrize("words", [["metrics"], ["score", "test.h5"]])
@pytest.mark.usefixtures("here")
def test_a_reader_that_leaves_early_is_no_error(words: list[str]) -> None:
    """`anomeval ... | head -1`: nothing on standard error, status 0."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [*COMMAND, *words],
        stdout=write_end,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.usefixtures("here")
def test_a_terminal_gets_colour_unless_told_not_to() -> None:
    """NO_COLOR and dumb terminals are respected."""
    assert b"\x1b[" in _in_terminal(["score", "test.h5"], TERM="xterm-256color")
    for quiet in ({"NO_COLOR": "1", "TERM": "xterm-256color"}, {"TERM": "dumb"}):
        assert b"\x1b[3" not in _in_terminal(["score", "test.h5"], **quiet)


def _in_terminal(words: list[str], **environment: str) -> bytes:
    """What a command shows on standard output when that is a terminal."""
    terminal, stdout = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env=clean_environment(**environment),
    )
    os.close(stdout)
    shown = rest_of(terminal)
    assert process.wait() == 0
    return shown
