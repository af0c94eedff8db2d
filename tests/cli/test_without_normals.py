"""Values of groups without normals look perfect; a caution tells which, also where means show."""

import json
from pathlib import Path

import numpy as np
import pytest

import anomeval
from tests.support import Picture, run_here, write_h5

LOOKS = "values of {} cannot count false alarms, and look better than they are"
THERE = (
    "values of {} there cannot count false alarms, and look better than they are, as does every "
)
THERE += "mean over them"


def picture(category: str | None, number: int, mask: object, kind: str = "bent") -> Picture:
    scores = np.random.default_rng(number).normal(size=(4, 5))
    return Picture(
        score=float(number % 7),
        map=scores.tolist(),
        mask=np.broadcast_to(mask, (4, 5)).tolist(),
        path=f"{category}/{number}",
        category=category,
        defect_type=kind,
    )


PART = np.arange(20).reshape(4, 5) < 6


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Category a has normals; b has anomalous images alone, c of these no normal pixel either."""
    return write_h5(
        tmp_path / "mixed.h5",
        [
            *(picture("a", n, 0, "good") for n in range(3)),
            *(picture("a", n, PART) for n in range(3, 6)),
            *(picture("b", n, PART, "bent" if n % 2 else "cut") for n in range(6, 9)),
            *(picture("c", n, 1) for n in range(9, 12)),
        ],
    )


def told(*words: object) -> list[str]:
    """The messages of these cautions in the written result, which standard error has as well."""
    done = run_here(*words, "--json", "-")
    assert done.status == 0, done.stderr
    document = json.loads(done.stdout)
    found = [c["message"] for c in document["cautions"] if c["code"] == "no_normals"]
    assert [text for text in found if f"Caution: {text}\n" not in done.stderr] == []
    return found


@pytest.mark.parametrize("by", [[], ["category"], ["category", "defect_type"], ["defect_type"]])
def test_each_level_and_category_is_told(mixed: Path, by: list[str]) -> None:
    """Whether its row is shown or only goes into the mean; its defect types go without saying."""
    words = [word for name in by for word in ("--by", name)]
    names = {lv: f"{lv}_ap, {lv}_aupr, {lv}_f1max, {lv}_ioumax" for lv in ("image", "pixel")}
    assert told("score", mixed, "-m", "auroc,ap,aupr,f1max,ioumax", "--no-confidence", *words) == [
        f"no normal image in b, c: {THERE.format(names['image'])}",
        f"no normal pixel in c: {THERE.format(names['pixel'])}",
    ]


def test_values_stay_what_the_definitions_say(mixed: Path) -> None:
    """Average precision and best F1 without normals are 1; AUROC is undefined."""
    result = anomeval.score([mixed], metrics="image_auroc,image_ap,image_f1max", by="category")
    values = {(r.metric, (r.group or {}).get("category")): r.value for r in result.result.rows}
    for name in ("b", "c"):
        assert values["image_auroc", name] is None
        assert values["image_ap", name] == values["image_f1max", name] == 1.0


def test_without_categories_the_whole_is_told(tmp_path: Path) -> None:
    """At the levels that lack normals; defect types of it are not told again."""
    path = write_h5(tmp_path / "a.h5", [picture(None, n, PART) for n in range(4)])
    for by in ([], ["--by", "defect_type"], ["--pool"]):
        words = ("-m", "ap,auroc", "--no-confidence", *by)
        assert told("score", path, *words) == [f"no normal image: {LOOKS.format('image_ap')}"]


def test_a_defect_type_may_lack_normal_pixels_alone(tmp_path: Path) -> None:
    """Of a category that has some in images of another kind."""
    pictures = [picture("a", 1, PART, "cut"), picture("a", 2, 1, "bent")]
    path = write_h5(tmp_path / "a.h5", pictures)
    words = ("--by", "category", "--by", "defect_type", "-m", "pixel_ap", "--no-confidence")
    assert told("score", path, *words) == [f"no normal pixel in a/bent: {THERE.format('pixel_ap')}"]


def test_metrics_of_the_anomalous_alone_lack_nothing(mixed: Path, tmp_path: Path) -> None:
    """Recall is what it is; F1 and precision at the fitted cut miss false alarms."""
    fit = tmp_path / "fit.json"
    normals = [picture("a", n, 0, "good") for n in range(20, 24)]
    val = write_h5(tmp_path / "val.h5", normals)
    assert run_here("fit", val, "--threshold", "manual@1", "-o", fit).status == 0
    words = ("score", mixed, "--fit", fit, "--no-confidence", "-m")
    assert told(*words, "image_recall,image_auroc") == []
    text = THERE.format("image_f1, image_precision")
    assert told(*words, "image_f1,image_precision,image_recall") == [
        f"no normal image in b, c: {text}"
    ]


def test_whoever_shows_such_values_tells(mixed: Path, tmp_path: Path) -> None:
    """Figures, explanations, verdicts and comparisons; a fit says what it cannot know."""
    drawn = run_here("plot", mixed, "--curve", "pr", "-o", tmp_path / "pr.svg")
    assert f"no normal image in b, c: {THERE.format('image_ap')}" in drawn.stderr
    assert "no normal" not in run_here("plot", mixed, "--curve", "roc", "-o", tmp_path / "r").stderr
    explained = run_here("explain", mixed)
    for level, names in (("image", "b, c"), ("pixel", "c")):
        assert f"no normal {level} in {names}: values of {level}_ap, " in explained.stderr
    result = tmp_path / "result.json"
    assert run_here("score", mixed, "--json", result, "--no-confidence").status == 0
    gated = run_here("gate", result, "--min", "image_ap=0.1")
    compared = run_here("compare", result, result)
    for done in (gated, compared):
        assert "no normal image in b, c: values of image_ap" in done.stdout + done.stderr
    alone = write_h5(tmp_path / "alone.h5", [picture(None, n, 1) for n in range(4)])
    fitted = run_here("fit", alone, "-o", tmp_path / "fit.json")
    for level in ("image", "pixel"):
        assert f"{level} level: no normal {level} in this split" in fitted.stderr
