"""The written forms of a comparison."""

import json
import re
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from anomeval.reporting.comparison_json import comparison_to_json
from anomeval.reporting.comparison_latex import comparison_to_latex
from anomeval.reporting.comparison_markdown import comparison_to_markdown
from anomeval.reporting.comparison_table import comparison_table
from anomeval.reporting.documents import load_schema
from anomeval.workflows.comparing import compare
from tests.gates.samples import IMAGES, by_category, result, row
from tests.gates.test_changes import LOST
from tests.reporting.samples import HOSTILE, widest

FPR = "image_fpr_at_tpr(tpr=0.95)"
MEAN = {"mean": "defect_type"}
PLAIN = compare([result(row(), images=IMAGES), result(row(value=0.95), images=LOST)], ["a", "b"])
THREE = compare(
    [
        result(
            row(value=0.8 + n / 20, error=0.01, seed=n),
            row(FPR, 0.1, error=0.01, seed=n),
            row("image_ap", None if n else 0.5),
            row(value=0.5, group=MEAN),
            *by_category({"nut": 0.9, "pill": 0.7}, error=0.01, seed=n),
            images=IMAGES,
        )
        for n in range(3)
    ],
    ["first", "second", "third"],
)
EVERY = pytest.mark.parametrize("comparison", [PLAIN, THREE])


@EVERY
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_fits(comparison, width):
    assert widest(comparison_table(comparison).text(width)) <= width


def test_the_table_of_two_results():
    assert comparison_table(PLAIN).text(80) == (
        """\
                  a       b  better by
───────────────────────────────────────────
image AUROC  0.9000  0.9500    +0.0500  win

b against a

  2 newly missed images, 1 new false alarm, 2 newly missed regions
  missed: c.png (nut/crack, 13 anomalous pixels)
  missed: d.png (nut/bend, 2 anomalous pixels)
  false alarm: b.png (nut/good)
  missed: region 2 of c.png (nut/crack, 9 pixels, 50 % → 0 % found)
  missed: region 1 of c.png (nut/crack, 4 pixels, 100 % → 0 % found)

where a result has no replicates, nothing is known about chance
"""
    )


def test_the_table_of_three_results_marks_ties_and_counts_standings():
    text = comparison_table(THREE).text(200)
    assert re.search(r"image AUROC +all +0\.8000 +0\.8500 +0\.9000\n", text)
    assert re.search(r"image AUROC +mean over defect types ", text)
    assert re.search(r"image AP +all +0\.5000 +— +—\n", text)
    assert "image AUROC over 2 groups: 0 won, 2 tied, 0 lost" in text
    assert "↓ lower is better" in text
    assert "p is corrected over the groups of a metric (Holm)" in text


@EVERY
def test_json_obeys_its_schema(comparison):
    schema = load_schema("anomeval.comparison/1")
    Draft202012Validator.check_schema(schema)
    document = json.loads(comparison_to_json(comparison))
    Draft202012Validator(schema).validate(document)
    assert document["results"] == list(comparison.names)


def test_markdown_has_the_best_in_bold():
    lines = comparison_to_markdown(PLAIN).splitlines()
    assert lines[2] == "| image AUROC | all | 0.9000 | **0.9500** | +0.0500 |  | win |"
    assert "- missed: c.png (nut/crack, 13 anomalous pixels)" in lines


def test_latex_has_the_best_in_bold_and_ties_marked():
    assert r"image AUROC & 0.9000 & \textbf{0.9500} \\" in comparison_to_latex(PLAIN)
    rows = [row(error=0.01), row(value=0.905, error=0.01, seed=1)]
    tied = comparison_to_latex(compare([result(each) for each in rows], ["a_1", "b"]))
    assert r"metric & a\_1 & b & $p$ \\" in tied
    assert re.search(
        r"image AUROC & 0\.9000\\textsuperscript\{=\} & \\textbf\{0\.9050\} & 0\.", tied
    )
    assert "cannot be told from the best" in tied
    assert r"\begin{tabular}{lrrr}" in tied


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_outside_stay_in_their_place(name):
    images = [replace(IMAGES[3], image_path=name, defect_type=name)]
    missed = [replace(images[0], decision=False)]
    rows = by_category({name: 0.5})
    results = [result(*rows, images=images), result(*rows, images=missed)]
    comparison = compare(results, [name, "other"])
    lines = comparison_to_markdown(comparison).splitlines()
    assert len(re.split(r"(?<!\\)\|", lines[2])) == 9
    assert widest(comparison_table(comparison).text(80)) <= 80
    (line,) = [each for each in comparison_to_latex(comparison).splitlines() if "AUROC" in each]
    assert len(re.split(r"(?<!\\)&", line)) == 4
    json.loads(comparison_to_json(comparison))
