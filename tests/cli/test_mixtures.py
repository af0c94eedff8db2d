"""Images that do not seem to belong together are told wherever a number is made of them."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import anomeval
from anomeval.predictions import inspect_predictions
from tests.support import run_cli

N = 8
DRAW = np.random.default_rng(5)
LABELS = np.arange(N) % 2
MASKS = np.zeros((N, 6, 7), np.uint8)
MASKS[1::2, 2:4, 3:5] = 1
MAPS = (DRAW.normal(size=MASKS.shape) + MASKS).astype(np.float32)


def saved(path: Path, names: str = "i/{}.png", **columns: Any) -> Path:
    """A sound file but for what is given."""
    columns = {
        "anomaly_map": MAPS,
        "gt_mask": MASKS,
        "gt_label": LABELS,
        "pred_score": MAPS.max((1, 2)),
        "image_path": [names.format(i) for i in range(N)],
        **columns,
    }
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            array = np.asarray(values)
            file[name] = array.astype(object) if array.dtype.kind == "U" else array
    return path


def said(cautions: Any, code: str) -> list[str]:
    """The messages of the cautions of a kind."""
    return [caution.message for caution in cautions if caution.code == code]


def told(files: list[Path], code: str) -> str:
    """The one caution that score, fit, and merge of the parts in any order give alike."""
    folder = files[0].parent
    states = []
    for number, file in enumerate(files):
        states.append(folder / f"{number}.anomeval-state")
        anomeval.score([file], save_to=states[-1], confidence=None)
    scored = anomeval.score(files, confidence=None).result.cautions
    [message] = said(scored, code)
    for parts in (states, states[::-1]):
        merged = anomeval.merge(parts, confidence=None).result.cautions
        assert said(merged, code) == [message]
    assert [m for c, m in anomeval.fit(files[::-1]).cautions if c == code] == [message]
    findings = inspect_predictions(files).findings
    assert [finding.severity for finding in findings if finding.code == code] == ["warning"]
    return message


def test_one_file_with_category_and_one_without(tmp_path: Path) -> None:
    """The images without one are not a category that anybody has named."""
    files = [
        saved(tmp_path / "a.h5", category=["x", "x", "y", "y"] * 2),
        saved(tmp_path / "b.h5", "j/{}.png", anomaly_map=MAPS[::-1] + 1),
    ]
    message = told(files, "partial_category")
    assert message.startswith(f"8 images without category among others that have one ({files[1]})")
    refused = run_cli("score", *files, "--by", "category")
    assert refused.status == 2
    assert "--by category: the data has no category, or not in every file" in refused.stderr


def test_the_same_maps_under_two_names(tmp_path: Path) -> None:
    """A data set that is there twice makes intervals too narrow."""
    files = [saved(tmp_path / "a.h5"), saved(tmp_path / "b.h5", "/abs/i/{}.png")]
    message = told(files, "repeated_map")
    assert message.startswith("8 images with the same anomaly map")
    assert "(i/0.png as /abs/i/0.png and 7 more)" in message
    assert "different ground truth" not in message


def test_one_map_twice_with_different_truth(tmp_path: Path) -> None:
    """One of them is wrong."""
    maps = MAPS.copy()
    maps[5] = maps[2]
    message = told([saved(tmp_path / "a.h5", anomaly_map=maps)], "repeated_map")
    assert "1 image with the same anomaly map" in message
    assert "(i/5.png as i/2.png); 1 such map with different ground truth" in message


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_maps_of_integers_among_floats(kind: str, tmp_path: Path) -> None:
    """Their scale is another one; float16 and float64 have the same."""
    scaled = (MAPS * 20 + 100).astype(kind)
    files = [saved(tmp_path / "a.h5"), saved(tmp_path / "b.h5", "j/{}.png", anomaly_map=scaled)]
    assert f"(8 of float and 8 of {kind})" in told(files, "mixed_map_types")


def test_what_is_not_ranked_together_may_differ(tmp_path: Path) -> None:
    """Categories have curves of their own, unless they are pooled."""
    scaled, half = (MAPS * 20 + 100).astype("u1"), (MAPS[::-1] * 2).astype("f2")
    files = [
        saved(tmp_path / "a.h5", category=["x"] * N),
        saved(tmp_path / "b.h5", "j/{}.png", anomaly_map=scaled, category=["y"] * N),
        saved(tmp_path / "c.h5", "k/{}.png", anomaly_map=half, category=["x"] * N),
    ]
    assert not said(anomeval.score(files, confidence=None).result.cautions, "mixed_map_types")
    pooled = anomeval.score(files, pool=True, confidence=None).result.cautions
    assert "(16 of float and 8 of uint8)" in said(pooled, "mixed_map_types")[0]


def test_maps_that_were_never_written(tmp_path: Path) -> None:
    """HDF5 makes zeros of what its writer did not come to."""
    maps = MAPS.copy()
    maps[5:] = 0
    message = told([saved(tmp_path / "a.h5", anomaly_map=maps)], "constant_map")
    assert message.startswith("3 images with an anomaly map of one value only (i/5.png and 2 more)")
    assert "or a file whose writer stopped midway" in message


def test_one_constant_map_in_the_middle(tmp_path: Path) -> None:
    """A detector may find nothing at all: it is told, without a guess."""
    maps = MAPS.copy()
    maps[2] = 0.25
    message = told([saved(tmp_path / "a.h5", anomaly_map=maps)], "constant_map")
    assert message.startswith("1 image with an anomaly map of one value only (i/2.png): check")


def test_images_without_pixel_truth_are_looked_at_too(tmp_path: Path) -> None:
    """Their scores come from the maps all the same."""
    maps = MAPS.copy()
    maps[5:] = 0
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["anomaly_map"], file["gt_label"] = maps, LABELS
    cautions = anomeval.score([path], confidence=None).result.cautions
    assert said(cautions, "constant_map")[0].startswith("3 images with an anomaly map of one value")


def test_maps_of_one_pixel_are_no_constants(tmp_path: Path) -> None:
    """They cannot be anything else; and maps of few pixels are equal by chance."""
    columns = {"anomaly_map": MASKS[:, 2:3, 3:4].astype("f4"), "gt_mask": MASKS[:, 2:3, 3:4]}
    cautions = anomeval.score(
        [saved(tmp_path / "a.h5", **columns)], confidence=None
    ).result.cautions
    assert not [c for c in cautions if c.code in ("constant_map", "repeated_map")]


def test_sound_files_give_no_such_caution(tmp_path: Path) -> None:
    """And cautions come in the result file."""
    files = [
        saved(tmp_path / "rank0.h5"),
        saved(tmp_path / "rank1.h5", "j/{}.png", anomaly_map=MAPS + 1),
    ]
    told = run_cli("score", *files, "--json", "-", "--no-confidence")
    assert json.loads(told.stdout)["cautions"] == []
