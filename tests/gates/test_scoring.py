"""A gate on `score`: each of its options judges, none is taken and forgotten."""

from dataclasses import replace
from pathlib import Path

import pytest

from anomeval.reporting.as_json import read_result
from tests.gates.samples import pictures
from tests.support import run_here, write_h5

BAD_RULES = "[[gate]]\nmetric = 'image_auroc'\nmin = 0.999\n"


@pytest.fixture(autouse=True)
def predictions(here: Path) -> Path:
    """The working directory, with the predictions of a model that is worse than base.json."""
    write_h5(here / "worse.h5", pictures(3, 2.0))
    (here / "bad.toml").write_text(BAD_RULES)
    return here


def score(*words: str, **environment: str):
    metrics = ("-m", "image_auroc,aupro")
    return run_here("score", "worse.h5", *metrics, "--json", "now.json", *words, **environment)


@pytest.mark.parametrize(
    "words",
    [
        ["--min", "image_auroc=0.999"],
        ["--rules", "bad.toml"],
        ["--baseline", "base.json", "--rules", "bad.toml"],
        ["--baseline", "base.json", "--max-drop", "pixel_aupro=0.01"],
        ["--baseline", "base.json", "--max-drop", "pixel_aupro=0.01", "--test", "point"],
    ],
)
def test_every_bound_is_held_whether_or_not_gate_is_typed(words):
    for more in ([], ["--gate"]):
        done = score(*words, *more)
        assert done.status == 1
        assert "gate failed" in done.stdout
    assert {row.metric for row in read_result("now.json").rows} > {"image_auroc"}


@pytest.mark.parametrize(
    "words", [["--junit", "v.xml"], ["--openmetrics", "v.txt"], ["--github"], ["--gate"]]
)
def test_an_output_of_the_gate_asks_for_it(words, here):
    (here / "anomeval.toml").write_text(BAD_RULES)
    assert score(*words).status == 1
    (here / "anomeval.toml").unlink()
    done = score(*words)
    assert (done.status, done.stdout) == (2, "")
    assert "there is nothing to hold the result against" in done.stderr


@pytest.mark.parametrize("option", ["junit", "openmetrics"])
def test_an_output_of_the_gate_asks_for_it_from_the_environment(option, here):
    (here / "anomeval.toml").write_text(BAD_RULES)
    assert score("-q", **{f"ANOMEVAL_SCORE_{option.upper()}": "verdict"}).status == 1
    assert Path("verdict").exists()


def test_rules_of_the_project_alone_judge_nothing(here):
    (here / "anomeval.toml").write_text(BAD_RULES)
    assert score().status == 0


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--max-drop", "image_auroc=0"], 2, "needs something to drop from — give --baseline"),
        (["--test", "point"], 2, "there is nothing to hold the result against"),
        (["--min", "image_auroc=0", "--test", "point"], 2, "would judge nothing"),
        (["--min", "image_auroc"], 2, "write METRIC=VALUE"),
        (["--baseline", "none.json"], 3, "none.json"),
        (["--rules", "none.toml"], 3, "none.toml"),
    ],
)
def test_what_cannot_judge_is_refused_before_the_work(words, status, message):
    done = score(*words)
    assert (done.status, done.stdout) == (status, "")
    assert message in done.stderr
    assert not Path("now.json").exists()


def test_the_table_is_markdown_and_the_verdict_goes_to_the_summary_of_the_job():
    words = ["--min", "image_auroc=0.999", "--markdown", "now.md"]
    assert score(*words, GITHUB_STEP_SUMMARY="summary.md").status == 1
    assert Path("now.md").read_text().startswith("| ")
    assert Path("summary.md").read_text().startswith("### ❌ gate failed")


def test_a_category_is_held_though_nothing_but_the_mean_is_shown(here):
    """One of two categories breaks, the other becomes as much better: the mean stays."""
    write_h5(here / "before.h5", shifted(nut=0.0, pill=-2.5))
    write_h5(here / "after.h5", shifted(nut=-2.5, pill=0.0))
    metrics = ("-m", "image_auroc")
    assert run_here("score", "before.h5", *metrics, "--json", "then.json", "-q").status == 0
    done = run_here("score", "after.h5", *metrics, "--baseline", "then.json", "--json", "v.json")
    assert done.status == 1
    assert "failed image AUROC of nut: " in done.stdout
    assert [row.group for row in read_result("v.json").rows] == [None]


def shifted(**by_category):
    """Images of two categories, the anomalous ones so much higher or lower than usual."""
    return [
        replace(p, score=p.score + p.label * by_category[p.category], map=None, mask=None)
        for p in pictures(1)
    ]
