"""Numbers that other code has computed once, on a data set that is the same everywhere.

Each file in `golden` tells how it was made; `python -m tests.golden.make_...` makes it anew.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.golden.data import dataset
from tests.support import Picture, fit_at, score_of

FOLDER = Path(__file__).with_name("golden")


@cache
def golden(name: str) -> dict[str, Any]:
    """A stored file."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return document


def images(shift: float = 0.0) -> list[Picture]:
    """The data set as images; `shift` is added to the maps of anomalous ones."""
    data = dataset()
    return [
        Picture(float(score), int(label), (scores + shift * label).tolist(), mask.tolist())
        for score, label, scores, mask in zip(
            data.scores, data.labels, data.maps, data.masks, strict=True
        )
    ]


def names(values: dict[str, float]) -> list[str]:
    """The metrics among stored numbers."""
    return [name for name in values if not name.endswith("_cut")]


@pytest.mark.parametrize("metric", names(golden("scikit_learn")["values"]))
def test_scikit_learn_had_the_same_number(metric: str) -> None:
    """Rankings, best cuts, and decisions at the median score, to rounding."""
    values = golden("scikit_learn")["values"]
    fit = fit_at(values["image_cut"], values["pixel_cut"])
    row = score_of(images(), metric, fit=fit, dtype="float32")[metric]
    assert row.value == pytest.approx(values[metric], rel=1e-12)


@pytest.mark.parametrize("metric", golden("curves")["values"])
def test_a_curve_drawn_in_full_had_the_same_area(metric: str) -> None:
    """The overlap curve over all thresholds, to rounding."""
    row = score_of(images(), metric, dtype="float32")[metric]
    assert row.value == pytest.approx(golden("curves")["values"][metric], rel=1e-12)


@pytest.mark.parametrize("metric", golden("curves")["sampled"]["values"])
def test_a_curve_sampled_finely_had_nearly_the_same_area(metric: str) -> None:
    """Recall at many rates approaches the exact area."""
    sampled = golden("curves")["sampled"]
    row = score_of(images(shift=1 / 32), metric, dtype="float32")[metric]
    assert row.value == pytest.approx(sampled["values"][metric], rel=sampled["relative_error"])


@pytest.mark.parametrize("name", ["scikit_learn", "curves"])
def test_numbers_know_their_origin(name: str) -> None:
    """The command that made them and the versions of what they were made with."""
    made_by = golden(name)["made_by"]
    assert made_by["command"] == f"python -m tests.golden.make_{name}"
    assert set(made_by) >= {"numpy", "python"}


def test_the_data_set_holds_what_metrics_differ_in() -> None:
    """Ties between the classes, several regions in an image, and both kinds of images."""
    data = dataset()
    assert np.intersect1d(data.maps[data.masks == 0], data.maps[data.masks == 1]).size > 10
    assert set(data.labels.tolist()) == {0, 1}
    assert 0.5 < golden("scikit_learn")["values"]["pixel_auroc"] < 1
