"""What is written, where, and what is not."""

import csv
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.cli.fit import default_output
from anomeval.reporting.fit_file import fit_to_json
from tests.cli.samples import TEST
from tests.support import Picture, run_here, write_h5

WRITTEN = {
    "--json": "result.json",
    "--csv": "result.csv",
    "--markdown": "result.md",
    "--latex": "result.tex",
    "--per-image": "images.csv",
    "--curves": "curves.npz",
}
TEXT_OUTPUTS = {option: name for option, name in WRITTEN.items() if option != "--curves"}

text_outputs = pytest.mark.parametrize(("option", "name"), TEXT_OUTPUTS.items())
outputs = pytest.mark.parametrize(("option", "name"), WRITTEN.items())


def everything() -> list[str]:
    """All outputs at once."""
    return [word for pair in WRITTEN.items() for word in pair]


def files() -> set[str]:
    """The names in the working directory, hidden ones too."""
    return {path.name for path in Path().iterdir()}


@pytest.mark.usefixtures("fitted")
def test_all_outputs_can_be_had_at_once() -> None:
    """Every file is written, the table is shown, and the names are told on standard error."""
    done = run_here("score", "test.h5", "--fit", "val.fit.json", *everything())
    assert done.status == 0
    assert "AUROC" in done.stdout
    assert all(name in done.stderr for name in WRITTEN.values())
    assert files() == {"val.h5", "test.h5", "val.fit.json", *WRITTEN.values()}


@pytest.mark.usefixtures("fitted")
def test_outputs_hold_what_was_computed() -> None:
    """Each form can be read by what reads such files, and agrees with the JSON."""
    run_here("score", "test.h5", "--fit", "val.fit.json", "--by", "category", *everything())
    result = anomeval.read_result("result.json")
    with open("result.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["metric"], float(row["value"])) for row in rows] == [
        (row.metric, row.value) for row in result.rows
    ]
    with open("images.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == result.data.images
    with np.load("curves.npz") as curves:
        assert "nut/image_roc_fpr" in curves.files
    assert Path("result.md").read_text().count("|") > 10
    assert "\\begin{tabular}" in Path("result.tex").read_text()


@pytest.mark.usefixtures("here")
def test_images_can_be_written_as_json_lines() -> None:
    """The suffix .jsonl gives one JSON object for each image."""
    assert run_here("score", "test.h5", "--per-image", "images.jsonl", "-q").status == 0
    images = [json.loads(line) for line in Path("images.jsonl").read_text().splitlines()]
    assert {(image["image_path"], image["label"]) for image in images} == {
        (image.path, image.label) for image in TEST
    }


@pytest.mark.parametrize(
    "command", [["score", "test.h5"], ["fit", "val.h5"], ["inspect", "val.h5"]]
)
@pytest.mark.usefixtures("here")
def test_json_on_standard_output_stands_alone(command: Sequence[str]) -> None:
    """`--json -` prints exactly one strict JSON document; all else goes to standard error."""
    done = run_here(*command, "--json", "-")
    assert done.status == 0
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    assert isinstance(document, dict)


@text_outputs
@pytest.mark.usefixtures("here")
def test_two_runs_give_the_same_bytes(option: str, name: str) -> None:
    """A result depends on nothing but its input."""
    first, second = Path(f"first.{name}"), Path(f"second.{name}")
    for path in (first, second):
        assert run_here("score", "test.h5", "--by", "category", option, path).status == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.usefixtures("here")
def test_two_fits_give_the_same_bytes() -> None:
    """A fit depends on nothing but its input."""
    for name in ("first.json", "second.json"):
        assert run_here("fit", "val.h5", "-o", name).status == 0
    assert Path("first.json").read_bytes() == Path("second.json").read_bytes()


@outputs
@pytest.mark.usefixtures("here")
def test_an_output_that_cannot_be_written_is_refused_before_reading(option: str, name: str) -> None:
    """No image is read for a result that has nowhere to go; all such outputs are named at once."""
    done = run_here("score", "missing.h5", option, f"nowhere/{name}")
    assert done.status == 2
    assert (
        f"{option}: cannot write nowhere/{name}: directory 'nowhere' does not exist" in done.stderr
    )


@pytest.mark.usefixtures("here")
def test_all_outputs_that_cannot_be_written_are_told_at_once() -> None:
    """A missing directory and a directory in the place of a file."""
    Path("taken").mkdir()
    done = run_here("score", "missing.h5", "--json", "nowhere/r.json", "--csv", "taken")
    assert done.status == 2
    assert "2 problems" in done.stderr
    assert "--csv: cannot write taken: it is a directory" in done.stderr


@pytest.mark.parametrize(
    ("option", "name"), [("--per-image", "images.txt"), ("--curves", "curves.txt")]
)
@pytest.mark.usefixtures("here")
def test_a_form_that_does_not_exist_is_refused_before_reading(option: str, name: str) -> None:
    """A suffix is looked at before the long work, and before any other output is written."""
    done = run_here("score", "missing.h5", option, name)
    assert done.status == 2
    assert name in done.stderr
    run_here("score", "test.h5", "--json", "result.json", option, name)
    assert files() == {"val.h5", "test.h5"}


@pytest.mark.usefixtures("here")
def test_undefined_is_null_with_a_reason() -> None:
    """A split of normal images has no AUROC; that is a result, not a failure."""
    write_h5(Path("normals.h5"), [Picture(1, 0), Picture(2, 0)])
    done = run_here("score", "normals.h5", "-m", "auroc", "--json", "-")
    assert done.status == 0
    (row,) = json.loads(done.stdout)["metrics"]
    assert (row["value"], row["reason"]) == (None, "no anomalous images")
    assert "no anomalous images" in run_here("score", "normals.h5", "-m", "auroc").stdout


@pytest.mark.parametrize("target", ["test.h5", "./test.h5", "val.fit.json"])
@pytest.mark.usefixtures("fitted")
def test_an_output_never_replaces_an_input(target: str) -> None:
    """Neither predictions nor the fit are written over."""
    before = Path(target).read_bytes()
    done = run_here("score", "test.h5", "--fit", "val.fit.json", "--json", target)
    assert done.status == 2
    assert Path(target).read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize(("command", "option"), [("score", "--json"), ("fit", "--output")])
@pytest.mark.usefixtures("here")
def test_an_output_never_replaces_what_is_no_file(command: str, option: str) -> None:
    """A pipe or a device (think of /dev/null) is written to or refused, never put aside."""
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)  # or writing to it would wait for one
    try:
        run_here(command, "val.h5", option, "pipe", "--quiet")
        assert stat.S_ISFIFO(os.stat("pipe").st_mode)
    finally:
        os.close(reader)


@pytest.mark.usefixtures("here")
def test_a_fit_never_replaces_its_predictions() -> None:
    """-o is not where the validation split is."""
    before = Path("val.h5").read_bytes()
    assert run_here("fit", "val.h5", "-o", "val.h5").status == 2
    assert Path("val.h5").read_bytes() == before


@pytest.mark.usefixtures("here")
def test_two_outputs_need_two_places() -> None:
    """Neither standard output nor a file can take two documents."""
    done = run_here("score", "test.h5", "--json", "-", "--csv", "-")
    assert (done.status, done.stdout) == (2, "")
    assert "only one output can go to standard output" in done.stderr
    assert run_here("score", "test.h5", "--json", "same", "--csv", "same").status == 2


@pytest.mark.parametrize("option", ["--csv", "--markdown", "--latex"])
@pytest.mark.usefixtures("here")
def test_any_text_can_go_to_standard_output(option: str) -> None:
    """`-` prints what the file would hold, and nothing else."""
    done = run_here("score", "test.h5", option, "-")
    run_here("score", "test.h5", option, "file")
    assert done.stdout == Path("file").read_text()


@outputs
@pytest.mark.usefixtures("here")
def test_a_run_that_fails_leaves_nothing_behind(option: str, name: str) -> None:
    """What stood there stays, and no temporary file remains."""
    Path(name).write_text("older")
    Path("broken.h5").write_bytes(Path("test.h5").read_bytes()[:-100])
    before = files()
    assert run_here("score", "broken.h5", option, name).status == 3
    assert files() == before
    assert Path(name).read_text() == "older"


@pytest.mark.usefixtures("here")
def test_quiet_says_nothing() -> None:
    """-q shows no table and no advice."""
    for command in (["score", "test.h5"], ["fit", "val.h5"], ["inspect", "val.h5"]):
        assert run_here(*command, "-q") == (0, "", "")


@pytest.mark.usefixtures("here")
def test_places_and_percent_change_what_is_shown_only() -> None:
    """Tables round; the JSON has all digits."""
    plain = run_here("score", "test.h5", "-m", "image_auroc")
    fine = run_here("score", "test.h5", "-m", "image_auroc", "--places", "6")
    percent = run_here("score", "test.h5", "-m", "image_auroc", "--percent", "--places", "1")
    value = anomeval.score(["test.h5"], metrics=["image_auroc"]).result.rows[0].value
    assert f"{value:.4f}" in plain.stdout
    assert f"{value:.6f}" in fine.stdout
    assert f"{value:.1%}".rstrip("%") in percent.stdout
    run_here("score", "test.h5", "--json", "plain.json")
    run_here("score", "test.h5", "--json", "percent.json", "--percent", "--places", "1")
    assert Path("plain.json").read_bytes() == Path("percent.json").read_bytes()


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.usefixtures("here")
def test_a_pipe_gets_no_escape_codes(environment: dict[str, str]) -> None:
    """What is not a terminal gets plain text on either stream."""
    for command in (["score", "test.h5"], ["fit", "val.h5"], ["inspect", "val.h5"], ["metrics"]):
        done = run_here(*command, **environment)
        assert done.stdout
        assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("first", "output"),
    [
        ("val.h5", "val.fit.json"),
        ("runs/val.npz", "runs/val.fit.json"),
        ("val.f16.h5", "val.f16.fit.json"),
        ("runs/val", "runs/val.fit.json"),
        ("runs/val/", "runs/val.fit.json"),
    ],
)
def test_a_fit_is_called_after_its_first_file(first: str, output: str) -> None:
    """The default of --output: the suffix becomes .fit.json."""
    assert default_output(first) == Path(output)


@pytest.mark.usefixtures("here")
def test_a_fit_of_a_glob_is_called_after_its_first_match() -> None:
    """No file is called after a pattern."""
    assert run_here("fit", "v*.h5", "-q").status == 0
    assert files() == {"val.h5", "test.h5", "val.fit.json"}


@pytest.mark.usefixtures("here")
def test_a_fit_of_the_working_directory_has_a_name() -> None:
    """`.` names a directory as any other path does."""
    done = run_here("fit", ".")
    assert done.status == 0
    assert [name for name in files() if name.endswith(".fit.json")]


@pytest.mark.usefixtures("here")
def test_an_output_can_be_set_in_the_environment() -> None:
    """ANOMEVAL_SCORE_JSON stands for --json of `score`, and of no other command."""
    names = {"ANOMEVAL_SCORE_JSON": "env.json", "ANOMEVAL_SCORE_PER_IMAGE": "env.csv"}
    assert run_here("fit", "val.h5", "-q", **names).status == 0
    assert files() == {"val.h5", "test.h5", "val.fit.json"}
    assert run_here("score", "test.h5", **names).status == 0
    assert anomeval.read_result("env.json").data.images == len(TEST)
    assert files() == {"val.h5", "test.h5", "val.fit.json", *names.values()}
    assert "ANOMEVAL_SCORE_JSON" in run_here("score", "--help").stdout
    assert run_here("gate", "env.json", "--min", "image_auroc=0", **names).status == 0


@pytest.mark.usefixtures("here")
def test_a_fit_on_standard_output_stands_alone() -> None:
    """`-o -` prints the fit, writes no file and does not speak of one."""
    done = run_here("fit", "val.h5", "-o", "-")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == fit_to_json(anomeval.fit(["val.h5"]))
    assert files() == {"val.h5", "test.h5"}


@pytest.mark.usefixtures("here")
def test_everything_that_was_written_is_told() -> None:
    """The fit and its copy, and what to do next with the one that has a name."""
    assert run_here("fit", "val.h5", "--json", "copy.json").stderr == (
        "wrote val.fit.json, copy.json; next: anomeval score TEST --fit val.fit.json\n"
    )


HINT = "--by category shows the value of each category"


@pytest.mark.usefixtures("here")
def test_where_only_means_are_shown_it_is_told_how_to_see_more() -> None:
    """On standard error, below the table; not where it is known, meaningless or not asked for."""
    assert run_here("score", "test.h5").stderr.splitlines() == [HINT]
    written = run_here("score", "test.h5", "--json", "r.json", "--save-state", "s.state").stderr
    assert written.splitlines() == [HINT, "wrote r.json, s.state"]
    assert HINT in run_here("merge", "s.state").stderr
    for words in (["--by", "category"], ["--by", "defect_type"], ["--pool"], ["-q"]):
        assert HINT not in run_here("score", "test.h5", *words).stderr
    assert HINT not in run_here("score", "test.h5", "--json", "-").stderr
    one = [replace(picture, category=None) for picture in TEST]
    assert HINT not in run_here("score", write_h5(Path("one.h5"), one)).stderr
