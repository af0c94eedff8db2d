"""What `test_soak` runs in processes of its own: python -m tests.hostile.soaking WAY < plan.

A pytest process has run other tests, whose memory it may use again: a leak would not show there.
"""

import ctypes
import gc
import json
import os
import resource
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

from tests.support import run_here

_LOADED = (
    *(f"anomeval.workflows.{name}" for name in ("scoring", "fitting", "converting", "applying")),
    *("anomeval.workflows.comparing", "anomeval.workflows.gating", "anomeval.gates.checking"),
    *("anomeval.predictions.inspection", "jsonschema", "rich.console", "rich.table"),
)

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: who loses its parent becomes a child of this process


def in_batches(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Run commands, as many at a time as there are cores, each in a process of its own.

    The processes are forks of this one, which has loaded the package, and has run one command that
    opens no file.

    Args:
        plan: `runs`, a list of (folder to work in, words of the command line).

    Returns:
        The status of each, and how many processes were still there when all had ended.
    """
    for module in _LOADED:
        import_module(module)
    assert run_here("metrics", "image_auroc").status == 0
    gc.freeze()
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    running: dict[int, int] = {}
    statuses: dict[int, int] = {}
    at_once = max(os.cpu_count() or 1, 2)
    for number, (folder, words) in enumerate(plan["runs"]):
        if len(running) == at_once:
            _wait(running, statuses)
        child = os.fork()
        if child == 0:
            _become(folder, words)
        running[child] = number
    while running:
        _wait(running, statuses)
    return {"statuses": [statuses[n] for n in range(len(statuses))], "left": _still_there()}


def _wait(running: dict[int, int], statuses: dict[int, int]) -> None:
    child, status = os.wait()
    if child in running:  # others have lost their parent
        statuses[running.pop(child)] = os.waitstatus_to_exitcode(status)


def _become(folder: str, words: list[str]) -> NoReturn:
    """The command in this process, from its first word to its exit status."""
    from anomeval.cli.main import main

    os.chdir(folder)
    for standard, name in ((0, os.devnull), (1, "stdout"), (2, "stderr")):
        flags = os.O_RDWR if standard == 0 else os.O_WRONLY | os.O_CREAT | os.O_EXCL
        os.dup2(os.open(name, flags), standard)
    sys.argv = ["anomeval", *words]
    main()


def _still_there() -> int:
    """Processes below this one, running or ended without anyone asking."""
    count = 0
    while True:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return count
        count += 1
        if count > 1000:
            return count


def over_many_files(plan: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Evaluate files in one run; memory and open files after each of them.

    Args:
        plan: `files`, and `jobs` for the number of threads.
    """
    import anomeval

    seen: list[tuple[int, int]] = []

    class Watch:
        """Looks at this process whenever a file is done."""

        def __call__(self, done: int, total: int) -> None:
            """Nothing to be seen yet."""

        def finished(self, part: str, images: int, seconds: float) -> None:
            seen.append((resident(), open_files()))

    anomeval.score(plan["files"], jobs=plan["jobs"], confidence=None, progress=Watch())
    return seen


def again_and_again(plan: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Run commands in this process, round after round; memory and open files after each round.

    Args:
        plan: `commands`, a list of (expected status, words), and how many `rounds`.
    """
    seen = []
    for _ in range(plan["rounds"]):
        for status, words in plan["commands"]:
            done = run_here(*words)
            assert done.status == status, done.stderr
        seen.append((resident(), open_files()))
    return seen


def resident() -> int:
    """Bytes of memory of this process, without those that the allocator keeps for later."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def open_files() -> int:
    """Descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


WAYS = {"batches": in_batches, "files": over_many_files, "rounds": again_and_again}

if __name__ == "__main__":
    print(json.dumps(WAYS[sys.argv[1]](json.load(sys.stdin))))
