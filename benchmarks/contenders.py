"""Who is measured: anomeval, and the other tools beside it."""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import environment
from measure import Usage, run

METRICS = ("auroc", "ap", "aupr", "f1max", "aupro", "aupimo")
CORES = len(os.sched_getaffinity(0))
Values = dict[str, float]

_RIVALS = Path(__file__).parent / "rivals"


@dataclass(frozen=True)
class Contender:
    """Somebody who is measured.

    title: for tables. computes: what it does, for readers. slow: takes minutes on the medium data,
    so it runs there in the first rounds only. start: file → what it took, what it found, and a
    digest of its output where that must always be the same.
    """

    name: str
    title: str
    computes: str
    start: Callable[[Path], tuple[Usage, Values, str | None]]
    slow: bool = False


@cache
def anomeval_command() -> tuple[str, ...]:
    """The command line as people have it."""
    script = Path(sys.executable).with_name("anomeval")
    return (str(script),) if script.exists() else (sys.executable, "-m", "anomeval")


def anomeval(jobs: int, *, intervals: bool = True) -> Contender:
    """All six pixel metrics by anomeval."""
    asked = ",".join(f"pixel_{metric}" for metric in METRICS)
    options = ["-m", asked, "--json", "-", "--jobs", str(jobs)]
    name, computes = f"anomeval-j{jobs}", "6 metrics, exact, with intervals"
    if not intervals:
        options.append("--no-confidence")
        name, computes = f"{name}-values", "6 metrics, exact"

    def start(path: Path) -> tuple[Usage, Values, str | None]:
        usage = run([*anomeval_command(), "score", path, *options])
        if usage.error:
            return usage, {}, None
        found = {
            metric["name"].removeprefix("pixel_").split("(")[0]: metric["value"]
            for metric in json.loads(usage.output)["metrics"]
        }
        return usage, found, hashlib.sha256(usage.output.encode()).hexdigest()

    title = f"anomeval -j {jobs}" if intervals else f"anomeval -j {jobs} --no-confidence"
    return Contender(name, title, computes, start)


JOBS = tuple(dict.fromkeys((CORES, 1)))
"""Numbers of jobs to measure."""

REFERENCE = anomeval(CORES)
"""What all others are compared with: what people get who ask for nothing else."""

VALUES_ONLY = anomeval(CORES, intervals=False)


def own_contenders() -> list[Contender]:
    return [REFERENCE, VALUES_ONLY, *(anomeval(jobs) for jobs in JOBS[1:])]


def _script(
    name: str,
    title: str,
    computes: str,
    script: str,
    python: Callable[[], Path] = environment.rivals_python,
    *options: str,
    slow: bool = False,
) -> Contender:
    """A contender that is a script in `rivals`, with options behind the file."""

    def start(path: Path) -> tuple[Usage, Values, str | None]:
        usage = run([python(), _RIVALS / script, path, *options])
        return usage, {} if usage.error else json.loads(usage.output), None

    return Contender(name, title, computes, start, slow)


def _own_python() -> Path:
    """The interpreter that runs anomeval, for what needs no package that anomeval lacks."""
    return Path(sys.executable)


def _inflating(name: str, library: str, module: str) -> Contender:
    """Nothing but inflating."""
    title = f"inflate, {library}"
    return _script(name, title, "inflates all chunks", "inflate.py", _own_python, module)


RIVALS = {
    rival.name: rival
    for rival in [
        _script("h5py_read", "h5py", "reads the file into memory", "h5py_read.py", _own_python),
        _inflating("inflate", "isal", "isal.isal_zlib"),
        _inflating("inflate_zlib", "zlib", "zlib"),
        _script("adeval", "ADEval", "3 metrics, 1000 bins", "adeval_three.py"),
        _script(
            "global_sort",
            "NumPy global sort",
            "5 metrics, exact",
            "global_sort.py",
            _own_python,
            slow=True,
        ),
        _script("sklearn", "scikit-learn", "3 metrics", "sklearn_three.py", slow=True),
        _script("torchmetrics", "torchmetrics", "3 metrics", "torchmetrics_three.py", slow=True),
        _script(
            "anomalib",
            "anomalib",
            "4 metrics",
            "anomalib_four.py",
            environment.anomalib_python,
            slow=True,
        ),
    ]
}
WITHOUT_ENVIRONMENT = ("h5py_read", "inflate", "inflate_zlib", "global_sort")
DEFAULT_RIVALS = tuple(name for name in RIVALS if name != "anomalib")
