"""Curves as NPZ and as CSV hold the same points."""

import csv
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.reporting.curves import COLUMNS, curves_csv, write_curves
from tests.evaluator.loops import arrays, written
from tests.support import run_here

AXES = {
    "roc": ("fpr", "tpr"),
    "pr": ("recall", "precision"),
    "pro": ("fpr", "overlap"),
    "pimo": ("fpr", "recall"),
}


@pytest.mark.parametrize("pooled", [True, False])
def test_the_command_line_writes_the_same_points_both_ways(tmp_path: Path, pooled: bool) -> None:
    path = written(tmp_path / "test.h5", arrays())
    for form in ("npz", "csv"):
        options = ["--pool"] * pooled
        done = run_here(
            *("score", path, "--no-confidence", *options, "--curves", tmp_path / f"curves.{form}")
        )
        assert done.status == 0, done.stderr
    with np.load(tmp_path / "curves.npz") as file:
        expected = {name: file[name] for name in file}
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    seen = 0
    for category in ("",) if pooled else ("brick", "grass"):
        for level, kind in [(v, k) for v in ("image", "sample", "pixel") for k in AXES]:
            stem = f"{category}/{level}_{kind}" if category else f"{level}_{kind}"
            key = (category, level, kind)
            found = [one for one in lines if (one["category"], one["level"], one["curve"]) == key]
            seen += len(found)
            if f"{stem}_threshold" not in expected:
                assert not found
                continue
            x, y = (expected[f"{stem}_{axis}"] for axis in AXES[kind])
            repeats = len(y) if kind == "pimo" else 1
            assert [float(one["x"]) for one in found] == x.tolist() * repeats
            assert [float(one["y"]) for one in found] == y.ravel().tolist()
            thresholds = expected[f"{stem}_threshold"].tolist() * repeats
            assert [float(one["threshold"]) for one in found] == thresholds
            names = expected.get(f"{stem}_image_path", np.array([""])).tolist()
            assert list(dict.fromkeys(one["image_path"] for one in found)) == names
    assert seen == len(lines) > 0


def test_points_by_hand() -> None:
    """Four images, two of each class: every point of the curve."""
    from tests.support import evaluation_of, pictures_of

    evaluation = evaluation_of(pictures_of([1, 2, 3, 4], [0, 1, 0, 1]))
    lines = curves_csv(evaluation.curves()).splitlines()
    assert [line for line in lines if ",roc," in line] == [
        ",image,roc,,inf,0.0,0.0",
        ",image,roc,,4.0,0.0,0.5",
        ",image,roc,,3.0,0.5,0.5",
        ",image,roc,,2.0,0.5,1.0",
        ",image,roc,,1.0,1.0,1.0",
    ]
    assert [line for line in lines if ",pr," in line] == [
        ",image,pr,,inf,0.0,1.0",
        ",image,pr,,4.0,0.5,1.0",
        ",image,pr,,3.0,0.5,0.5",
        ",image,pr,,2.0,1.0,0.6666666666666666",
        ",image,pr,,1.0,1.0,0.5",
    ]


def test_every_curve_there_is_has_axes() -> None:
    """Saturated overlap, too, of which only some data has a curve."""
    pairs = {"fpr": [0.0, 0.5], "overlap": [0.25, 1.0], "threshold": [3.0, 1.0]}
    curves = {f"pixel_spro_{name}": np.array(values) for name, values in pairs.items()}
    assert curves_csv(curves).splitlines()[1:] == [
        ",pixel,spro,,3.0,0.0,0.25",
        ",pixel,spro,,1.0,0.5,1.0",
    ]


def test_other_forms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"written as \.npz or \.csv"):
        write_curves(tmp_path / "curves.txt", {})
    assert run_here("score", "x.h5", "--curves", tmp_path / "c.txt").status == 2


def test_an_identity_is_no_formula(tmp_path: Path) -> None:
    columns = arrays() | {"image_path": [f"=cmd({number})" for number in range(24)]}
    path = written(tmp_path / "test.h5", columns)
    write_curves(tmp_path / "c.csv", anomeval.score([path], confidence=None).curves())
    assert ",'=cmd(" in (tmp_path / "c.csv").read_text()
