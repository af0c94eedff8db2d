"""Cautions: one line each on standard error, whatever is quiet or piped, and in every document."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.samples import TEST
from tests.support import run_here, write_h5

BY_POSITION = "Caution: 22 images without image_path: known by position in the file only, so "
COMMANDS: Sequence[Sequence[str]] = [
    ["fit", "unnamed.h5"],
    ["score", "unnamed.h5"],
    ["merge", "part.state"],
    ["explain", "unnamed.h5"],
    ["apply", "val.fit.json", "other.h5", "-o", "out.h5"],
]
OF_RESULTS: Sequence[Sequence[str]] = [
    ["gate", "result.json", "--min", "image_auroc=0.1"],
    ["compare", "result.json", "again.json"],
]

every_command = pytest.mark.parametrize("words", [*COMMANDS, *OF_RESULTS], ids=lambda w: w[0])


@pytest.fixture
def cautioned(fitted: Path) -> None:
    """Files about which each command has something to say."""
    del fitted
    write_h5(Path("unnamed.h5"), [replace(picture, path=None) for picture in TEST])
    write_h5(Path("other.h5"), [replace(picture, category="bolt") for picture in TEST])
    for name in ("result.json", "again.json"):
        assert run_here("score", "unnamed.h5", "--json", name, "-q").status == 0
    assert run_here("score", "unnamed.h5", "--save-state", "part.state", "-q").status == 0


def told(stream: str) -> list[str]:
    """The lines that are cautions."""
    return [line for line in stream.splitlines() if line.startswith("Caution: ")]


@every_command
@pytest.mark.usefixtures("cautioned")
def test_cautions_go_to_standard_error(words: Sequence[str]) -> None:
    """Standard output holds the table alone; each caution is one line, however long."""
    done = run_here(*words)
    assert done.status == 0, done.stderr
    assert "aution" not in done.stdout
    expected = (
        "categories without a fit of their own: bolt" if words[0] == "apply" else "by position"
    )
    assert [line for line in told(done.stderr) if expected in line and len(line) > 80]


@every_command
@pytest.mark.usefixtures("cautioned")
def test_quiet_hides_no_caution(words: Sequence[str]) -> None:
    """-q leaves nothing but cautions."""
    usual, quiet = run_here(*words), run_here(*words, "-q")
    assert quiet.stdout == ""
    assert quiet.stderr.splitlines() == told(usual.stderr) != []


@every_command
@pytest.mark.usefixtures("cautioned")
def test_a_document_on_standard_output_has_the_cautions_too(words: Sequence[str]) -> None:
    """`--json -` holds those that are told, in their order."""
    done = run_here(*words, "--json", "-")
    cautions = json.loads(done.stdout)["cautions"]
    assert [f"Caution: {caution['message']}" for caution in cautions] == told(done.stderr) != []


@pytest.mark.usefixtures("cautioned")
def test_a_result_that_is_judged_at_once_tells_its_cautions_once() -> None:
    """`score --gate` prints two tables, and no caution twice."""
    done = run_here("score", "unnamed.h5", "--gate", "--min", "image_auroc=0.1")
    assert [line for line in told(done.stderr) if line.startswith(BY_POSITION)] == told(done.stderr)
    assert len(told(done.stderr)) == 1


@pytest.mark.usefixtures("cautioned")
def test_a_written_verdict_or_comparison_holds_the_cautions() -> None:
    """Markdown, LaTeX and JUnit travel without the command's other output."""
    position = "22 images without image"
    gate = ["gate", "result.json", "--min", "image_auroc=0.1", "-q"]
    run_here(*gate, "--markdown", "verdict.md", "--junit", "verdict.xml")
    run_here("compare", "result.json", "again.json", "--markdown", "c.md", "--latex", "c.tex", "-q")
    assert f"- **Caution:** {position}" in Path("verdict.md").read_text()
    assert f"Caution: {position}" in Path("verdict.xml").read_text()
    for name in ("result", "again"):
        assert f"- **Caution:** {name}: {position}" in Path("c.md").read_text()
        assert f"Caution: {name}: {position}" in Path("c.tex").read_text()


@pytest.mark.usefixtures("here")
def test_a_hostile_name_in_a_caution_is_escaped() -> None:
    """What a file says does not reach the terminal as control characters."""
    write_h5(Path("test.h5"), [replace(p, category=f"{p.category}\x1b[2J") for p in TEST])
    assert run_here("fit", "val.h5", "-q").status == 0
    done = run_here("score", "test.h5", "--fit", "val.fit.json")
    assert "categories without a fit of their own: nut\\x1b[2J" in done.stderr
    assert "\x1b" not in done.stderr


def told_by_score(*words: str) -> str:
    """The cautions of `score`."""
    done = run_here("score", "test.h5", "--fit", "val.fit.json", *words, "-q")
    assert done.status == 0, done.stderr
    return done.stderr


@pytest.mark.usefixtures("fitted")
def test_reading_other_than_the_fit_did_is_told() -> None:
    """A fit remembers how its split was read, and each rule that is another now is named."""
    assert run_here("fit", "val.h5", "--mask-above", "0.5", "-q").status == 0
    fit = json.loads(Path("val.fit.json").read_text())
    assert fit["reading"] == {
        "resize": None,
        "mask_above": 0.5,
        "nan": "error",
        "ignore_value": [],
        "empty_masks": "leave-out",
    }
    assert told_by_score("--mask-above", "0.5") == ""
    assert told_by_score("--nan", "drop") == (
        "Caution: the fit read its split by other rules: mask_above was 0.5, here it is not set; "
        "nan was error, here it is drop\n"
    )


@pytest.mark.usefixtures("fitted")
def test_a_fit_that_does_not_say_how_it_read_is_read_all_the_same() -> None:
    """Files of before it was written down serve as they did."""
    document = json.loads(Path("val.fit.json").read_text())
    del document["reading"]
    Path("val.fit.json").write_text(json.dumps(document))
    assert told_by_score("--mask-above", "0.5") == ""


@pytest.mark.usefixtures("fitted")
def test_normalized_scores_are_told() -> None:
    """What `apply` wrote has lost what clamping ties; whoever scores or fits on it is told."""
    assert run_here("apply", "val.fit.json", "test.h5", "-o", "normalized.h5").status == 0
    for command in ("score", "fit"):
        assert (
            "1 file with normalized scores (normalized.h5)"
            in run_here(command, "normalized.h5", "-q").stderr
        )
    run_here("score", "normalized.h5", "--json", "result.json", "-q")
    done = run_here("gate", "result.json", "--min", "image_auroc=0.1")
    assert "Caution: 1 file with normalized scores" in done.stderr


@pytest.mark.usefixtures("cautioned")
def test_a_page_says_its_cautions_aloud_too() -> None:
    """Whoever makes it need not open it to know."""
    pytest.importorskip("jinja2")
    made = run_here("report", "unnamed.h5", "-o", "page.html", "-q")
    assert [line.startswith(BY_POSITION) for line in made.stderr.splitlines()] == [True]


SHOWING: Sequence[Sequence[str]] = [
    ["explain"],
    ["plot", "-o", "a.svg", "--curve", "sweep"],
    ["plot", "-o", "a.svg", "--curve", "hist"],
]
"""Commands that show what `score` values, and refuse nothing."""


@pytest.mark.parametrize("words", SHOWING, ids=" ".join)
@pytest.mark.usefixtures("fitted")
def test_who_only_shows_tells_what_score_tells(words: Sequence[str]) -> None:
    """Of the images, of how they were read, and of how the fit goes with them."""
    pytest.importorskip("matplotlib")
    other = [replace(p, path=None, category=f"{p.category} new", label=None) for p in TEST]
    write_h5(Path("other.h5"), [replace(p, score=None) for p in other])
    assert run_here("fit", "val.h5", "--mask-above", "0.5", "-q").status == 0
    files = ("other.h5", "--fit", "val.fit.json", "--nan", "drop")
    scored, shown = run_here("score", *files, "-q"), run_here(*words, *files, "-q")
    assert shown.status == 0, shown.stderr
    assert told(shown.stderr) == told(scored.stderr)
    said = ("by position", "by other rules", "of their own: nut new")
    assert [line for words in said for line in told(shown.stderr) if words in line] == told(
        shown.stderr
    )
    assert run_here("apply", "val.fit.json", "test.h5", "-o", "normalized.h5").status == 0
    assert "1 file with normalized scores" in run_here(*words, "normalized.h5", "-q").stderr


@pytest.mark.parametrize("words", SHOWING, ids=" ".join)
@pytest.mark.usefixtures("fitted")
def test_images_of_the_fit_are_told_where_none_is_refused(words: Sequence[str]) -> None:
    """`score` would refuse them; a figure of a validation split is no offence."""
    pytest.importorskip("matplotlib")
    shown = run_here(*words, "val.h5", "--fit", "val.fit.json", "-q")
    assert shown.status == 0, shown.stderr
    assert told(shown.stderr) == [
        "Caution: 22 of 22 images were seen by the fit: metrics at the fitted threshold are "
        "optimistic"
    ]


@pytest.mark.usefixtures("here")
def test_a_figure_of_several_results_tells_of_which_each_caution_is() -> None:
    """By its name in the legend; also what the values themselves say."""
    pytest.importorskip("matplotlib")
    upside_down = [replace(p, score=-(p.score or 0), path=None) for p in TEST]
    write_h5(Path("unnamed.h5"), upside_down)
    shown = run_here("plot", "test.h5", "unnamed.h5", "-o", "a.svg", "--label", "a", "--label", "b")
    first, second = told(shown.stderr)
    assert first.startswith(BY_POSITION.replace("Caution: ", "Caution: b: "))
    assert second.startswith("Caution: b: image_auroc is below 0.5")


@pytest.mark.usefixtures("fitted")
def test_that_scores_come_from_maps_is_a_note_and_no_caution() -> None:
    """It is MVTec's own definition: it stands with the values and in every document."""
    write_h5(Path("maps.h5"), [replace(picture, score=None) for picture in TEST])
    words = "22 images without pred_score: the maximum of the anomaly map is the image score"
    outputs = ("--json", "r.json", "--markdown", "r.md", "--latex", "r.tex")
    done = run_here("score", "maps.h5", *outputs)
    assert told(done.stderr) == []
    assert words in " ".join(done.stdout.split())
    assert {"code": "score_from_map", "message": words} in json.loads(Path("r.json").read_text())[
        "cautions"
    ]
    assert f"- **Note:** {words.replace('_', chr(92) + '_')}" in Path("r.md").read_text()
    assert "Note: 22 images without" in Path("r.tex").read_text()
    for others in (["fit", "maps.h5"], ["explain", "maps.h5"]):
        assert told(run_here(*others).stderr) == []
    assert "images have no pred_score" in run_here("inspect", "maps.h5").stdout
