"""Try damaged inputs of a format, and tell how they ended.

python -m fuzz.run --format h5 --count 10000 [--seed 0] [--keep findings]
"""

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import TemporaryDirectory

from anomeval.predictions import child

from .formats import TARGETS, Target
from .sandbox import Outcome, outcome_of, outcomes_of

HANGING = 3.0  # seconds of processor time after which a library is taken to be in an endless loop

TOGETHER = 50  # inputs that one process tries


def main() -> int:
    """Status 1 if any input ended as none must."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--format", choices=[*TARGETS, "all"], default="all")
    parser.add_argument("--count", type=int, default=1000, help="inputs for each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for inputs that show a defect")
    asked = parser.parse_args()
    child.SECONDS = HANGING
    names = list(TARGETS) if asked.format == "all" else [asked.format]
    defects = [fuzz(name, asked.count, asked.seed, asked.keep) for name in names]
    return int(any(defects))


def fuzz(name: str, count: int, seed: int, keep: Path | None) -> int:
    """Try `count` inputs, print what they ended as; returns the number of defects."""
    target, random = TARGETS[name], Random(f"{name} {seed}")
    kinds: Counter[str] = Counter()
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        sound = Path(folder, "sound")
        sound.mkdir()
        files = target.write(sound)
        _warm_up(target, sound, files)
        values = {file: outcome_of(lambda f=file: target.run(sound, f)).text for file in files}  # type: ignore[misc]
        for first in range(0, count, TOGETHER):
            chosen = [random.choice(files) for _ in range(first, min(first + TOGETHER, count))]
            inputs = [(file, target.damaged(file.read_bytes(), random)) for file in chosen]
            for number, (file, content), outcome in zip(
                range(first, count), inputs, outcomes(target, sound, inputs), strict=False
            ):
                kinds[_kind(outcome, values[file])] += 1
                if outcome.is_defect:
                    _tell(f"{name} {number} ({file.name})", outcome)
                    if keep:
                        _keep(keep / name / f"{seed}_{number}-{file.name}", content)
    seconds = time.monotonic() - started
    told = ", ".join(f"{kind} {times}" for kind, times in kinds.most_common())
    print(f"{name}: {count} inputs in {seconds:.0f} s: {told}", flush=True)
    return sum(times for kind, times in kinds.items() if not kind.startswith(("result", "refused")))


def tried(target: Target, sound: Path, file: Path, content: bytes) -> Outcome:
    """Evaluate the sound folder with one file damaged; it is sound again afterwards."""
    [outcome] = outcomes(target, sound, [(file, content)])
    return outcome


def outcomes(
    target: Target, sound: Path, inputs: Sequence[tuple[Path, bytes]]
) -> Iterator[Outcome]:
    """The same for several, one after the other."""
    originals = {file: file.read_bytes() for file, _ in inputs}

    def evaluated(file: Path, content: bytes) -> object:
        for other, original in originals.items():
            other.write_bytes(original)
        file.write_bytes(content)
        return target.run(sound, file)

    try:
        yield from outcomes_of([partial(evaluated, *one) for one in inputs])
    finally:
        for file, original in originals.items():
            file.write_bytes(original)
        for left in sound.glob(".*"):
            rmtree(left) if left.is_dir() else left.unlink()


def _warm_up(target: Target, sound: Path, files: list[Path]) -> None:
    """Load everything once, so that forks need not; a sound input must give a result."""
    for file in files:
        target.run(sound, file)
    gc.freeze()


def _kind(outcome: Outcome, sound: str) -> str:
    """Results are told apart by whether the damage has changed any value."""
    if outcome.kind != "result":
        return outcome.kind
    return "result as of the sound file" if outcome.text == sound else "result with other values"


def _tell(what: str, outcome: Outcome) -> None:
    print(f"{what}: {outcome.kind}\n{outcome.text[-1500:]}", file=sys.stderr, flush=True)


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
