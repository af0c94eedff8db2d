"""Measure anomeval beside other tools.

    python benchmarks/run.py                  everything; writes docs/performance.md
    python benchmarks/run.py --only medium    one part; the others stay as they were measured last
    python benchmarks/run.py --quick          small data, a look at whether everything works
    python benchmarks/run.py --smoke          tiny data, no other tools: seconds, for CI

Ends with status 1 if a run failed or a value is wrong; never because of a time.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import environment
import machine
import phases
import startup
from catalogue import DataSet, Scale, sized
from contenders import (
    DEFAULT_RIVALS,
    JOBS,
    REFERENCE,
    RIVALS,
    WITHOUT_ENVIRONMENT,
    anomeval,
    own_contenders,
)
from measure import warm
from plan import PARTS, Entry, entries, smoke_entries
from records import Record, Results
from report import markdown, problems

HERE = Path(__file__).parent
_PAGE = HERE.parent / "docs" / "performance.md"
_LAST = HERE / "last.json"

Plan = Mapping[str, Sequence[Entry]]
"""Part → who runs on what."""


def main() -> None:
    options = _parse_arguments()
    if find_spec("anomeval") is None:
        sys.exit("start this with the Python of an environment that anomeval is installed in")
    if options.render:
        _publish(Results.read(options.json or _LAST), options.output)
    elif options.smoke:
        with TemporaryDirectory() as folder:
            results = _benchmark("smoke", {"smoke": smoke_entries()}, Path(folder), None)
        _publish(results, options.output)
    else:
        _run(options)


def _run(options: argparse.Namespace) -> None:
    """Measure and publish; a reduced run writes files only where it is told to."""
    scale: Scale = "quick" if options.quick else "full"
    json = options.json or (_LAST if scale == "full" else None)
    rivals = [*options.rivals, *(["anomalib"] if options.anomalib else [])]
    parts = options.only or [part for part in PARTS if part != "huge" or options.huge]
    planned = {
        part: entries(part, scale, rivals, options.repeats, options.slow_repeats) for part in parts
    }
    _publish(_benchmark(scale, planned, options.data, json), options.output)


def _benchmark(scale: Scale, plan: Plan, folder: Path, json: Path | None) -> Results:
    """Run part after part. `json` is written after each; what it had of other parts is kept."""
    everybody = [entry for planned in plan.values() for entry in planned]
    known = [*own_contenders(), *RIVALS.values()]
    results = Results(
        scale=scale,
        reference=REFERENCE.name,
        titles={contender.name: (contender.title, contender.computes) for contender in known},
        machine=machine.describe(_rival_pythons(entry.contender.name for entry in everybody)),
        occasions={},
    )
    older = Results.read(json) if json and json.exists() else None
    if older:
        results.join(older)
    _make_data(folder, dict.fromkeys(entry.data for entry in everybody))
    for part, planned in plan.items():
        results.begin(part, machine.occasion())
        _run_part(results, part, planned, folder)
        if json:
            results.write(json)
    return results


def _run_part(results: Results, part: str, planned: Sequence[Entry], folder: Path) -> None:
    """All entries in turn, round after round."""
    for turn in range(max(entry.rounds for entry in planned)):
        if part in ("medium", "smoke"):
            _measure_phases(results, folder)
        ready = [entry for entry in planned if turn < entry.rounds]
        if turn % 2:  # so that nobody always runs after the same one
            ready.reverse()
        results.records += [_record(entry, folder, part, turn) for entry in ready]
    if results.startup:
        results.imports = startup.imports()


def _rival_pythons(names: Iterable[str]) -> dict[str, Path]:
    """The environments that are needed, made if need be."""
    needing = {name for name in names if name in RIVALS} - set(WITHOUT_ENVIRONMENT)
    pythons = {"others": environment.rivals_python()} if needing - {"anomalib"} else {}
    if "anomalib" in needing:
        pythons["anomalib's environment"] = environment.anomalib_python()
    return pythons


def _make_data(folder: Path, wanted: dict[DataSet, None]) -> None:
    """In a process of its own: this one must stay small, see measure.py."""
    names = [data.name for data in wanted]
    command: list[str | Path] = [sys.executable, HERE / "datasets.py", folder, *names]
    subprocess.run(command, check=True)
    os.sync()  # or the first runs would share the disk with what was just written


def _measure_phases(results: Results, folder: Path) -> None:
    """Start-up, and where the time goes, once."""
    for title, seconds in startup.measure().items():
        results.startup.setdefault(title, []).append(seconds)
    data = sized(results.scale, "medium")
    for jobs in JOBS:
        warm(data.path(folder))
        found = results.phases.setdefault(anomeval(jobs).name, {})
        for phase, seconds in phases.measure(data.path(folder), jobs).items():
            found.setdefault(phase, []).append(seconds)


def _record(entry: Entry, folder: Path, part: str, turn: int) -> Record:
    path = entry.data.path(folder)
    warm(path)
    usage, values, digest = entry.contender.start(path)
    told = usage.error or f"{usage.wall:.2f} s"
    print(f"round {turn + 1}: {entry.contender.name} on {entry.data.name}: {told}", file=sys.stderr)
    return Record(
        data=entry.data.name,
        contender=entry.contender.name,
        part=part,
        round=turn,
        wall=usage.wall,
        cpu=usage.cpu,
        peak=usage.peak,
        values=values,
        digest=digest,
        error=usage.error,
    )


def _publish(results: Results, output: Path | None) -> None:
    """Print the page, write it, and end with the status that the values deserve."""
    page = markdown(results)
    print(page)
    if results.scale == "full":
        output = output or _PAGE
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page)
    found = problems(results)
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r}; known are {', '.join(known)}")
        return names

    return parse


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="about a twentieth of the data")
    add("--smoke", action="store_true", help="tiny data, only what needs no environment")
    add("--only", type=_names(PARTS), metavar="LIST", help=f"parts to run: {', '.join(PARTS)}")
    add("--huge", action="store_true", help="also 10^8 and 10^9 pixels (6 GB of disk)")
    add("--rivals", type=_names(tuple(RIVALS)), default=DEFAULT_RIVALS, metavar="LIST")
    add("--anomalib", action="store_true", help="also anomalib (2 GB of packages)")
    add("--repeats", type=int, default=5, metavar="N", help="rounds")
    add("--slow-repeats", type=int, default=2, metavar="N", help="rounds of what takes minutes")
    add("--data", type=Path, default=HERE / ".data", metavar="DIR", help="cache of the data sets")
    add("--output", type=Path, metavar="PATH", help="default: docs/performance.md of a full run")
    add("--json", type=Path, metavar="PATH", help="default: benchmarks/last.json of a full run")
    add("--render", action="store_true", help="measure nothing, write the page of --json again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
