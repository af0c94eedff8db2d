"""A command is one call in the same words: each option does what the function's argument does."""

import inspect as introspection
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main

import anomeval
from anomeval.cli import app
from anomeval.reporting.as_json import result_to_json
from anomeval.reporting.fit_file import fit_to_json, read_fit
from tests.cli.samples import TEST
from tests.support import Picture, run_here, write_h5

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

ON_SCREEN = {"--quiet", "--places", "--percent"}
OUTPUTS = {"--json", "--csv", "--markdown", "--latex", "--per-image", "--curves", "--output"}
"""Options that change what is shown or written, and nothing that is computed."""

GATE = {"gate", "baseline", "min", "max", "max-drop", "test", "rules", "common-images"}
GATE |= {"github", "junit", "openmetrics"}
"""Options of `score` that hand its result to a gate, without their dashes."""

OPENING = {"--truth", "--layout", "--max-image-pixels", "--skip-bad"}
"""Options that say what is read, whose effect is tested with the layouts and damaged files."""

ELSEWHERE = {f"--{name}" for name in (*GATE, "dask", "plugin", "save-state")} | OPENING
"""Options whose effect has tests in other folders."""

FIT_OPTIONS: Sequence[tuple[Sequence[str], dict[str, Any]]] = [
    ([], {}),
    (["--threshold", "quantile@0.5"], {"threshold": "quantile@0.5"}),
    (["--pixel-threshold", "sigma@3"], {"pixel_threshold": "sigma@3"}),
    (["--image-sensitivity", "0.8"], {"image_sensitivity": 0.8}),
    (["--pixel-sensitivity", "0.25"], {"pixel_sensitivity": 0.25}),
    (["--pool"], {"pool": True}),
    (["--field", "pred_score=gt_label"], {"field": {"pred_score": "gt_label"}}),
    (["--jobs", "2"], {"jobs": 2}),
    (["-j", "1"], {"jobs": 1}),
]
SCORE_OPTIONS: Sequence[tuple[Sequence[str], dict[str, Any]]] = [
    ([], {}),
    (["--metrics", "auroc,aupro@0.05"], {"metrics": ["auroc,aupro@0.05"]}),
    (["-m", "image_ap", "-m", "pixel_ap,pb@0.1"], {"metrics": ["image_ap", "pixel_ap,pb@0.1"]}),
    (["--preset", "mvtec"], {"preset": "mvtec"}),
    (["--preset", "pimo", "-m", "pg"], {"preset": "pimo", "metrics": ["pg"]}),
    (["--fit", "val.fit.json"], {"fit": "val.fit.json"}),
    (["--by", "category"], {"by": "category"}),
    (["--by", "defect_type"], {"by": "defect_type"}),
    (["--by", "group_id", "-m", "auroc"], {"by": "group_id", "metrics": ["auroc"]}),
    (["--pool"], {"pool": True}),
    (["--field", "pred_score=gt_label"], {"field": {"pred_score": "gt_label"}}),
    (["--fit", "own.fit.json", "--allow-overlap"], {"fit": "own.fit.json", "allow_overlap": True}),
    (["--confidence", "0.9"], {"confidence": 0.9}),
    (["--no-confidence"], {"confidence": None}),
    (["--replicates", "50"], {"replicates": 50}),
    (["--jobs", "2"], {"jobs": 2}),
    (["-j", "1"], {"jobs": 1}),
]
READING_OPTIONS: Sequence[tuple[Sequence[str], dict[str, Any], Picture]] = [
    (["--mask-above", "9"], {"mask_above": 9.0}, Picture(1, 1, [[1, 2]], [[9, 10]])),
    (["--resize", "mask"], {"resize": "mask"}, Picture(1, 1, [[1, 2]], [[0, 0, 0, 1]])),
    (["--resize", "map"], {"resize": "map"}, Picture(1, 1, [[1, 2]], [[0, 0, 1, 1]])),
    (["--ignore-value", "255"], {"ignore_value": 255}, Picture(1, 1, [[1, 2]], [[255, 1]])),
    (["--empty-masks", "normal"], {"empty_masks": "normal"}, Picture(1, 1, [[1, 2]], [[0, 0]])),
    (["--nan", "drop"], {"nan": "drop"}, Picture(1, 1, [[1, float("nan")]], [[0, 1]])),
    (["--nan", "min"], {"nan": "min"}, Picture(float("nan"), 1, [[1, 2]], [[0, 1]])),
    (["--nan", "max"], {"nan": "max"}, Picture(float("nan"), 1, [[1, 2]], [[0, 1]])),
]
"""Options without which the image beside them would be refused, or read otherwise."""


def named(cases: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Parameter sets called after the options."""
    return [pytest.param(*case, id=" ".join(case[0]) or "plain") for case in cases]


@pytest.mark.parametrize(("arguments", "words"), named(FIT_OPTIONS))
@pytest.mark.usefixtures("here")
def test_fit_does_what_the_function_does(arguments: list[str], words: dict[str, Any]) -> None:
    """The file that is written is the fit of the function called in the same words."""
    assert run_here("fit", "val.h5", *arguments).status == 0
    written = Path("val.fit.json").read_text()
    assert written == fit_to_json(anomeval.fit(["val.h5"], **words))
    if words and "jobs" not in words:
        assert written != fit_to_json(anomeval.fit(["val.h5"]))


@pytest.mark.parametrize(("arguments", "words"), named(SCORE_OPTIONS))
@pytest.mark.usefixtures("fitted")
def test_score_does_what_the_function_does(arguments: list[str], words: dict[str, Any]) -> None:
    """The JSON is the result of the function called in the same words."""
    run_here("fit", "test.h5", "-o", "own.fit.json")
    done = run_here("score", "test.h5", *arguments, "--json", "-")
    assert done.status == 0, done.stderr
    call = words | ({"fit": read_fit(words["fit"])} if "fit" in words else {})
    assert done.stdout == result_to_json(anomeval.score(["test.h5"], **call).result)
    if words and "jobs" not in words:
        assert done.stdout != result_to_json(anomeval.score(["test.h5"]).result)


@pytest.mark.parametrize(("arguments", "words", "odd"), named(READING_OPTIONS))
@pytest.mark.usefixtures("here")
def test_score_reads_as_the_function_does(
    arguments: list[str], words: dict[str, Any], odd: Picture
) -> None:
    """An image that needs an option is read with it as the function reads it."""
    normal = Picture(0, 0, [[0, 1]], [[0] * len((odd.mask or [[]])[0])])
    write_h5(Path("odd.h5"), [normal, odd])
    done = run_here("score", "odd.h5", *arguments, "--json", "-")
    assert done.status == 0, done.stderr
    assert done.stdout == result_to_json(anomeval.score(["odd.h5"], **words).result)
    without = run_here("score", "odd.h5", "--json", "-")
    assert (without.status, without.stdout) != (0, done.stdout)


@pytest.mark.parametrize(
    ("arguments", "words", "odd"), named([c for c in READING_OPTIONS if c[0][0] != "--nan"])
)
@pytest.mark.usefixtures("here")
def test_fit_reads_as_the_function_does(
    arguments: list[str], words: dict[str, Any], odd: Picture
) -> None:
    """The options that say how to read are the same for fit."""
    normal = Picture(0, 0, [[0, 1]], [[0] * len((odd.mask or [[]])[0])])
    write_h5(Path("odd.h5"), [normal, odd])
    assert run_here("fit", "odd.h5", *arguments).status == 0
    assert Path("odd.fit.json").read_text() == fit_to_json(anomeval.fit(["odd.h5"], **words))


@pytest.mark.usefixtures("here")
def test_fit_can_leave_nan_out() -> None:
    """--nan drop fits on the rest; what would make a score infinite is refused."""
    write_h5(Path("odd.h5"), [Picture(1, 0), Picture(2, 0), Picture(float("nan"), 0)])
    assert run_here("fit", "odd.h5").status == 3
    assert run_here("fit", "odd.h5", "--nan", "drop").status == 0
    assert run_here("fit", "odd.h5", "--nan", "max").status == 2


@pytest.mark.usefixtures("here")
def test_inspect_does_what_the_function_does() -> None:
    """The JSON is the inspection of the function called in the same words."""
    import json

    field = {"pred_score": "gt_label"}
    for arguments, words in (([], {}), (["--field", "pred_score=gt_label"], {"fields": field})):
        done = run_here("inspect", "test.h5", *arguments, "--json", "-")
        assert done.status == 0
        inspection = anomeval.inspect_predictions(["test.h5"], **words)
        assert json.loads(done.stdout) == json.loads(json.dumps(inspection.as_dict()))


TRIED: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "fit": (anomeval.fit, {w for case in (*FIT_OPTIONS, *READING_OPTIONS) for w in case[0]}),
    "score": (anomeval.score, {w for case in (*SCORE_OPTIONS, *READING_OPTIONS) for w in case[0]}),
}
commands = pytest.mark.parametrize("command", TRIED)


@commands
def test_every_option_is_compared(command: str) -> None:
    """An option that is added to a command is added to the cases above."""
    options = {option for option in long_options(command) if option not in ELSEWHERE}
    _, tried = TRIED[command]
    assert options - tried - ON_SCREEN - OUTPUTS == set()


@commands
def test_command_and_function_take_the_same_words(command: str) -> None:
    """Whatever can be typed can be called, under the same name, and the other way round."""
    function, _ = TRIED[command]
    apart = ON_SCREEN | OUTPUTS | ELSEWHERE - OPENING - {"--dask"} | {"--help"}
    typed = {
        option.name.removeprefix("no_")
        for option in COMMANDS[command].params
        if not apart.intersection(option.opts)
    }
    callable_words = set(introspection.signature(function).parameters)
    assert typed == callable_words - {"progress", "save_to", "isolated"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_tried_somewhere(command: str) -> None:
    """No option of any command is left without a test that types it."""
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("*.py"))
    assert [o for o in long_options(command) if not re.search(rf"{o}\b(?!-)", tests)] == []


@pytest.mark.usefixtures("here")
def test_a_result_can_be_judged_at_once() -> None:
    """`score --gate` ends with the verdict's status: 0 where a bound is kept, 1 where it is not."""
    assert run_here("score", "test.h5", "--gate", "--min", "image_auroc=0.5").status == 0
    assert run_here("score", "test.h5", "--gate", "--min", "image_auroc=0.99").status == 1


def long_options(command: str) -> list[str]:
    """The options of a command that begin with two dashes."""
    options = [option for one in COMMANDS[command].params for option in one.opts]
    return [option for option in options if option.startswith("--") and option != "--help"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    """Help says what a command does and what each of its words means."""
    assert COMMANDS[command].help
    assert [one.name for one in COMMANDS[command].params if not one.help] == []


def test_the_samples_tell_options_apart() -> None:
    """Categories differ in scale and each has two defect types, or some option would do nothing."""
    assert len({(image.category, image.defect_type) for image in TEST}) == 6
