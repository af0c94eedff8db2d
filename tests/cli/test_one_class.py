"""A validation split of normal images alone, with or without masks, works out of the box."""

import json
from pathlib import Path

import pytest

from tests.support import Picture, run_here, write_h5

MAPS = [[[1.0, 2.0], [3.0, 4.0]], [[0.0, 6.0], [1.0, 1.0]]]

splits = pytest.mark.parametrize(
    "images",
    [
        [Picture(label=0, map=scores) for scores in MAPS],
        [Picture(label=0, map=scores, mask=[[0, 0], [0, 0]]) for scores in MAPS],
        [Picture(map=scores, mask=[[0, 0], [0, 0]]) for scores in MAPS],
    ],
    ids=["labels alone", "labels and masks", "masks alone"],
)


@splits
@pytest.mark.usefixtures("here")
def test_normals_alone_are_fitted_at_their_highest_score(images: list[Picture]) -> None:
    """Both levels fall back from f1 to max."""
    write_h5(Path("normals.h5"), images)
    done = run_here("fit", "normals.h5", "--json", "-")
    assert done.status == 0
    fit = json.loads(done.stdout)
    assert {
        level: (fit[level]["rule"], fit[level]["threshold"]) for level in ("image", "pixel")
    } == {
        "image": ("max", 6.0),
        "pixel": ("max", 6.0),
    }


@splits
@pytest.mark.usefixtures("here")
def test_the_fallback_is_told_loudly(images: list[Picture]) -> None:
    """Command and file say that the rule asked for could not serve, and which did."""
    write_h5(Path("normals.h5"), images)
    done = run_here("fit", "normals.h5")
    assert "no anomalous score to weigh against" in done.stderr
    cautions = json.loads(Path("normals.fit.json").read_text())["cautions"]
    assert [c["code"] for c in cautions].count("threshold_fallback") == 2


@pytest.mark.usefixtures("here")
def test_a_rule_for_normals_needs_no_fallback() -> None:
    """quantile, sigma and fpr are at home on normal images."""
    write_h5(Path("normals.h5"), [Picture(float(score), 0) for score in range(10)])
    for rule in ("max", "quantile@0.9", "sigma@2", "fpr@0.1", "manual@3"):
        done = run_here("fit", "normals.h5", "--threshold", rule, "--json", "-")
        assert done.status == 0
        fit = json.loads(done.stdout)
        assert fit["image"]["rule"] == rule
        assert "threshold_fallback" not in {c["code"] for c in fit["cautions"]}


@pytest.mark.usefixtures("here")
def test_a_rule_for_anomalies_cannot_serve() -> None:
    """recall@ on normals alone is refused with the rules that would do."""
    write_h5(Path("normals.h5"), [Picture(float(score), 0) for score in range(10)])
    done = run_here("fit", "normals.h5", "--threshold", "recall@0.95")
    assert done.status == 2
    assert "there is no anomalous score" in done.stderr
    assert "such as max or quantile@0.995" in done.stderr
