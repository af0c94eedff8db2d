"""No option is accepted and ignored: each changes something that can be seen, or is refused."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from anomeval.cli import app
from anomeval.cli.void import VOID
from tests.cli.samples import TEST, VAL
from tests.support import run_here, write_h5

COMMANDS = get_command(app).commands
OPTIONS = [
    (command, option.opts[0])
    for command, found in COMMANDS.items()
    for option in found.params
    if option.param_type_name == "option" and option.opts[0] != "--help"
]

ONLY_EFFORT = {"--jobs": "how many threads count, which no value depends on"}
"""Options that change nothing that can be seen, and why that is right."""

BASES: dict[str, str] = {
    "fit": "fit {file} -o out.json",
    "score": "score {file} --json out.json",
    "gate": "gate now.json --baseline then.json",
    "compare": "compare now.json then.json",
    "apply": "apply val.fit.json {file} -o out.h5",
    "merge": "merge part.state --json out.json",
    "inspect": "inspect {file}",
    "convert": "convert {file} out.npz",
    "explain": "explain {file} --json out.json",
    "metrics": "metrics",
    "report": "report {file} -o out.html",
    "plot": "plot {file} -o out.svg",
}
"""A run of each command without the option that is tried."""

TRIED: dict[str, str] = {
    "--allow-overlap": "--fit test.fit.json | --allow-overlap",
    "--allow-pickle": "--allow-pickle",
    "--baseline": "--baseline then.json",
    "--by": "--by category",
    "--category": "--category nut",
    "--check": "--check",
    "--common-images": "--common-images",
    "--compression": "--compression none",
    "--confidence": "--confidence 0.5",
    "--csv": "--csv more.csv",
    "--curve": "--curve pr",
    "--curves": "--curves more.npz",
    "--dask": "--dask local:x",
    "--date": "--update --baseline new.json | --date 2026-01-02",
    "--empty-masks": "--empty-masks normal",
    "--expect": "--expect can=3",
    "--field": "--field pred_score=other",
    "--fit": "--fit val.fit.json",
    "--gate": "--gate",
    "--github": "--min image_auroc=0.1 | --github",
    "--ignore-value": "--ignore-value 1",
    "--image-sensitivity": "--image-sensitivity 0.9",
    "--images": "--images .",
    "--json": "--json more.json",
    "--junit": "--min image_auroc=0.1 | --junit more.xml",
    "--label": "--label own",
    "--latex": "--latex more.tex",
    "--layout": "--layout mvtec",
    "--layout-to": "--layout-to mvtec",
    "--level": "--level pixel",
    "--map-dtype": "--map-dtype float16",
    "--markdown": "--markdown more.md",
    "--mask-above": "--mask-above 1",
    "--match-thresholds": "--match-thresholds",
    "--max": "--max false_alarms=0%",
    "--max-drop": "--max-drop image_auroc=0",
    "--max-image-pixels": "--max-image-pixels 1",
    "--mebin": "--mebin",
    "--metrics": "--metrics image_ap",
    "--min": "--min image_auroc=1",
    "--nan": "--nan drop",
    "--no-confidence": "--no-confidence",
    "--openmetrics": "--min image_auroc=0.1 | --openmetrics more.txt",
    "--output": "-o other{suffix}",
    "--per-image": "--per-image more.csv",
    "--percent": "--percent",
    "--pictures": "--pictures 0",
    "--pixel-sensitivity": "--pixel-sensitivity 0.9",
    "--pixel-threshold": "--pixel-threshold max",
    "--places": "--places 2",
    "--plugin": "--plugin own.py",
    "--pool": "--pool",
    "--preset": "--preset visa",
    "--presets": "--presets",
    "--quiet": "--quiet",
    "--replicates": "--replicates 50",
    "--resize": "--resize map",
    "--rules": "--rules own.toml",
    "--save-state": "--save-state more.state",
    "--skip-bad": "--skip-bad",
    "--style": "--style own.mplstyle",
    "--test": "--baseline then.json | --test point",
    "--threshold": "--threshold max",
    "--title": "--title Own",
    "--truth": "--truth truth.csv",
    "--update": "--update",
    "--validation": "--fit val.fit.json | --validation less.h5",
}
"""What is typed of each option, after | where it needs others, which stand in the base run, too."""

ELSEWHERE: dict[tuple[str, str], str] = {
    ("gate", "--baseline"): "--baseline now.json",
    ("gate", "--common-images"): "--baseline less.json | --common-images",
    ("compare", "--common-images"): "less.json | --common-images",
    ("apply", "--compression"): "--compression gzip",
    ("apply", "--match-thresholds"): "--match-thresholds",
    ("plot", "--fit"): "--curve hist | --fit val.fit.json",
    ("plot", "--confidence"): "--confidence 0.5",
    ("gate", "--update"): "--update",
    ("gate", "--test"): "--test non-inferiority",
}
"""Where a command is tried in a way of its own."""

FILES = {
    "--nan": "nan.h5",
    "--skip-bad": "nan.h5",
    "--empty-masks": "empty.h5",
    "--resize": "sizes.h5",
    "--allow-pickle": "own.pkl",
}
"""What is read where nothing usual would show the option."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that commands are given."""
    folder = tmp_path_factory.mktemp("options")
    before = Path.cwd()
    os.chdir(folder)
    try:
        write_h5(folder / "val.h5", VAL)
        write_h5(folder / "test.h5", TEST)
        nan = float("nan")
        write_h5(folder / "nan.h5", [replace(TEST[0], score=nan), *TEST[1:]])
        large = [[0] * 4] * 4
        with_large = [replace(p, mask=[[p.label] * 4] * 4 if p.label else large) for p in TEST]
        write_h5(folder / "sizes.h5", with_large)
        write_h5(folder / "less.h5", TEST[1:])
        write_h5(folder / "empty.h5", [*TEST[:-1], replace(TEST[-1], mask=TEST[0].mask)])
        write_h5(folder / "scores.h5", [replace(p, map=None, mask=None) for p in VAL])
        Path("own.pkl").write_bytes(b"\x80\x04N.")
        Path("own.py").write_text("")  # refused: it offers nothing
        Path("sound.py").write_text("METRICS = {}\n")
        Path("own.toml").write_text("[[gate]]\nmetric = 'image_auroc'\nmin = 1\n")
        Path("own.mplstyle").write_text("axes.facecolor: red\n")
        Path("truth.csv").write_text("image_path,label\n" + "".join(f"{p.path},1\n" for p in TEST))
        for words in (
            "fit val.h5 -q",
            "fit test.h5 -q",
            "fit scores.h5 -q",
            "score less.h5 --fit val.fit.json --json less.json -q",
            "score test.h5 --fit val.fit.json --json now.json --save-state part.state -q",
            "score test.h5 --fit val.fit.json --json then.json -m +ap -q",
        ):
            assert run_here(*words.split()).status == 0, words
    finally:
        os.chdir(before)
    return folder


def words_of(command: str, option: str) -> tuple[list[str], list[str]]:
    """A run without an option, and with it."""
    tried = ELSEWHERE.get((command, option), TRIED[option])
    needed, _, typed = tried.rpartition("|")
    base = BASES[command].format(file=FILES.get(option, "test.h5")).split()
    suffix = Path(base[-1]).suffix
    if option == "--output":
        base = base[: base.index("-o")] if "-o" in base else base
    typed = typed.format(suffix=suffix)
    if needed.startswith("--baseline"):  # another one
        base = base[: base.index("--baseline")] if command == "gate" else base
    if option == "--match-thresholds":
        base[1] = "scores.fit.json"
    if option in base:  # given already: tried with another value in its place
        at = base.index(option)
        return base, [*base[:at], *base[at + 2 :], *typed.split()]
    return [*base, *needed.split()], [*base, *needed.split(), *typed.split()]


@cache
def seen(folder: Path, words: tuple[str, ...]) -> tuple[object, ...]:
    """All that can be seen of a run: status, what is told, and the files it wrote."""
    before = set(folder.iterdir())
    done = run_here(*words)
    written = sorted(set(folder.iterdir()) - before)
    held = [(path.name, held_by(path)) for path in written]
    told = [line for line in done.stderr.splitlines() if "images/s" not in line]
    return (done.status, done.stdout, tuple(told), tuple(held))


def held_by(path: Path) -> object:
    """What is in an output, which is taken away."""
    if path.is_dir():
        found: object = tuple(sorted(str(p.relative_to(path)) for p in path.rglob("*")))
        path.rename(path.parent.parent / f"{path.name}-{len(os.listdir(path.parent.parent))}")
        return found
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_changes_something_or_is_refused(
    command: str, option: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new option needs a line above; one without effect has none that helps it."""
    if option in ONLY_EFFORT:
        return
    monkeypatch.chdir(made)
    without, with_it = words_of(command, option)
    before, after = seen(made, tuple(without)), seen(made, tuple(with_it))
    assert after != before
    if after[0] == 2:
        assert before[0] == 2 or any("Error" in line for line in after[2])


def of_commands() -> Iterator[tuple[str, str]]:
    """Each command with each option of it that may change nothing."""
    for void in VOID:
        for command in void.commands:
            yield command, void.option


AT_ODDS: dict[str, Sequence[str]] = {
    "--confidence": ["--no-confidence"],
    "--replicates": ["--no-confidence"],
    "--places": ["-q"],
    "--percent": ["-q"],
    "--jobs": ["--dask", "local"],
    "--compression": ["--layout-to", "mvtec"],
}
BY_COMMAND: dict[str, Sequence[str]] = {"gate": ["--update"], "convert": ["--check"]}


@pytest.mark.parametrize(("command", "option"), sorted(set(of_commands())))
def test_what_would_change_nothing_is_refused(
    command: str, option: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pair of the table, with its reason; the option is one that the command has."""
    monkeypatch.chdir(made)
    beside = AT_ODDS.get(option, BY_COMMAND.get(command, []))
    if option == "--date":
        beside = []
    if (command, option) == ("plot", "--category"):
        beside = ["--pool"]
    if option == "NAME":
        words = ["metrics", "auroc", "--presets"]
    else:
        assert (command, option) in OPTIONS
        typed = {"--no-confidence": "--no-confidence", "--jobs": "--jobs 1"}.get(
            option, TRIED.get(option, "")
        )
        curve = ["--curve", "hist"] if option == "--no-confidence" else []
        base = BASES[command].format(file="test.h5").split()
        typed = typed.rpartition("|")[2].replace("own.py", "sound.py")
        words = [*base, *typed.split(), *beside, *curve]
    done = run_here(*words)
    assert (done.status, done.stdout) == (2, "")
    assert f"{option} would change nothing: " in done.stderr


def test_a_variable_of_the_environment_is_given_like_an_option(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But a date for all commands is no word for this one."""
    monkeypatch.chdir(made)
    words = ["gate", "now.json", "--baseline", "new.json", "--update", "-q"]
    done = run_here(*words, ANOMEVAL_GATE_JUNIT="v.xml")
    assert done.status == 2
    assert "--junit would change nothing" in done.stderr
    words = ["gate", "now.json", "--baseline", "now.json", "--rules", "own.toml", "-q"]
    assert run_here(*words, ANOMEVAL_DATE="2026-01-02").status == 1
