"""anomeval report and anomeval plot, as typed."""

import json

import pytest

from tests.page.samples import DATA, write_split
from tests.support import run_here


def test_report_writes_one_file_and_names_it(tmp_path):
    """Nothing on standard output, below the cautions one line of advice."""
    path = write_split(tmp_path / "t.h5", [f"{n}.png" for n in range(6)])
    run = run_here("report", path, "-o", tmp_path / "r.html")
    assert (run.status, run.stdout) == (0, "")
    *cautions, advice = run.stderr.splitlines()
    assert advice == f"wrote {tmp_path}/r.html; open it in a browser"
    assert cautions == run_here("score", path, "-q").stderr.splitlines()
    assert (tmp_path / "r.html").read_text("utf-8").endswith("</html>\n")


def test_report_can_go_to_standard_output(tmp_path):
    """And then nothing else does."""
    path = write_split(tmp_path / "t.h5", [f"{n}.png" for n in range(6)])
    run = run_here("report", path, "-o", "-")
    assert run.status == 0
    assert run.stdout.startswith("<!DOCTYPE html>")
    assert run.stderr == run_here("score", path, "-q").stderr


def test_report_takes_everything_it_documents(tmp_path):
    """Fit, baseline, validation, images, title."""
    knn, fit, result = DATA / "knn", tmp_path / "fit.json", tmp_path / "result.json"
    assert run_here("fit", knn / "val.h5", "-o", fit, "-q").status == 0
    assert run_here("score", knn / "test.h5", "--fit", fit, "--json", result, "-q").status == 0
    options = ("--fit", fit, "--baseline", result, "--validation", knn / "val.h5")
    more = ("--images", DATA / "images", "--pictures", "1", "--title", "Line 3", "-q")
    run = run_here("report", knn / "test.h5", *options, *more, "-o", tmp_path / "r.html")
    assert (run.status, run.stderr) == (0, "")
    html = (tmp_path / "r.html").read_text("utf-8")
    assert html.count("data:image/jpeg") == 2
    assert "<h1><bdi>Line 3</bdi></h1>" in html


def test_plot_writes_a_figure(tmp_path):
    """By suffix."""
    figure = tmp_path / "fig.svg"
    run = run_here("plot", DATA / "knn" / "test.h5", "--curve", "pr", "-o", figure)
    assert (run.status, run.stdout, run.stderr) == (0, "", f"wrote {figure}\n")
    assert figure.read_bytes().startswith(b"<?xml")


def test_plot_draws_what_is_asked_for(tmp_path):
    """One category at one level, each result by its own name, with the value of that category."""
    files = [DATA / name / "test.h5" for name in ("knn", "pca")]
    figure, result = tmp_path / "fig.svg", tmp_path / "result.json"
    asked = ("--level", "pixel", "--category", "grass", "--label", "ours", "--label", "theirs")
    bands = ("--confidence", "0.8")
    run = run_here("plot", *files, "--curve", "roc", *asked, *bands, "-o", figure, "-q")
    assert (run.status, run.stdout, run.stderr) == (0, "", "")
    drawn = figure.read_text("utf-8")
    assert "<!-- 80 % interval, pointwise -->" in drawn
    assert run_here("plot", *files, "--no-confidence", "-o", figure, "-q").status == 0
    assert "pointwise" not in figure.read_text("utf-8")
    for name, file in zip(("ours", "theirs"), files, strict=True):
        scored = ("score", file, "--metrics", "pixel_auroc", "--by", "category")
        assert run_here(*scored, "--no-confidence", "--json", result, "-q").status == 0
        (row,) = (
            row
            for row in json.loads(result.read_text("utf-8"))["metrics"]
            if row["group"] == {"category": "grass"}
        )
        assert f"<!-- {name} (AUROC {row['value']:.4f}) -->" in drawn


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--curve", "pro", "--level", "image"), "pro is drawn at pixel level, not 'image'"),
        (("--category", "nope"), "has no category 'nope'"),
        (("--label", "a", "--label", "b"), "2 labels for 1 results"),
    ],
)
def test_plot_refuses_what_cannot_be_drawn(tmp_path, asked, said):
    """One sentence, and no file."""
    figure = tmp_path / "fig.svg"
    run = run_here("plot", DATA / "knn" / "test.h5", *asked, "-o", figure)
    assert run.status == 2
    assert said in run.stderr
    assert not figure.exists()
