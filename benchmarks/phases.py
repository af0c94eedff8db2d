"""Where the time of anomeval goes.

As a program (`phases.py FILE read|score JOBS`) it does one thing in a process
of its own and prints moments of the system's clock; `measure` starts it and takes the differences.
"""

import json
import sys
import time
from pathlib import Path

from contenders import METRICS
from measure import run

PHASES = ("start-up", "reading", "counting", "finishing")
Phases = dict[str, float]


def measure(path: Path, jobs: int) -> Phases:
    """Seconds of each phase.

    Reading is measured alone, in a process of its own; counting is what the pass over the file
    takes beyond that. With several jobs the two overlap, and both stand under "counting".
    """
    started = time.monotonic()
    scored = _moments(path, "score", jobs)
    total = time.monotonic() - started
    start_up, passed = scored["ready"] - started, scored["passed"] - scored["ready"]
    reading = 0.0
    if jobs == 1:
        alone = _moments(path, "read", jobs)
        reading = min(alone["passed"] - alone["ready"], passed)
    return {
        "start-up": start_up,
        "reading": reading,
        "counting": passed - reading,
        "finishing": total - start_up - passed,
    }


def _moments(path: Path, task: str, jobs: int) -> dict[str, float]:
    usage = run([sys.executable, Path(__file__), path, task, str(jobs)])
    if usage.error:
        raise RuntimeError(f"phases.py {task}: {usage.error}")
    moments: dict[str, float] = json.loads(usage.output)
    return moments


def _read(path: str) -> dict[str, float]:
    """Only read, image by image, as scoring does."""
    import h5py  # noqa: F401

    from anomeval import open_predictions

    ready = time.monotonic()
    with open_predictions(path) as predictions:
        for _ in predictions:
            pass
    return {"ready": ready, "passed": time.monotonic()}


def _score(path: str, jobs: int) -> dict[str, float]:
    """The command line's work; the pass ends when progress reports the last image."""
    import h5py  # noqa: F401

    import anomeval.cli.main
    import anomeval.workflows.scoring
    from anomeval.reporting.as_json import result_to_json

    ready = passed = time.monotonic()

    def note(done: int, total: int) -> None:
        nonlocal passed
        passed = time.monotonic()

    names = [f"pixel_{metric}" for metric in METRICS]
    evaluation = anomeval.score([path], metrics=names, progress=note, jobs=jobs)
    result_to_json(evaluation.result)
    return {"ready": ready, "passed": passed}


def main() -> None:
    path, task, jobs = sys.argv[1:]
    print(json.dumps(_read(path) if task == "read" else _score(path, int(jobs))))


if __name__ == "__main__":
    main()
