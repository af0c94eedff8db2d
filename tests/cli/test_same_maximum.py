"""Maps that were scaled one by one cannot be compared: whoever evaluates them is told."""

import json
from pathlib import Path

import numpy as np
import pytest

import anomeval
from tests.support import run_here


def written(folder: Path, maps: np.ndarray, **fields: object) -> Path:
    """Maps of images of which every other one is anomalous in its first pixel."""
    masks = np.zeros(maps.shape, np.uint8)
    masks[1::2, 0, 0] = 1
    np.savez(folder / "test.npz", anomaly_map=maps, gt_mask=masks, **fields)
    return folder / "test.npz"


def raw(count: int) -> np.ndarray:
    """Maps with maxima of their own."""
    return np.random.default_rng(0).random((count, 4, 4)).astype(np.float32)


def scaled(maps: np.ndarray) -> np.ndarray:
    """Each to [0, 1]."""
    low, high = (end(axis=(1, 2), keepdims=True) for end in (maps.min, maps.max))
    return (maps - low) / (high - low)


@pytest.mark.parametrize("command", ["score", "fit", "explain", "inspect"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
def test_it_is_told(tmp_path: Path, command: str, dtype: str) -> None:
    """Whatever the type; `inspect` finds it, too."""
    maps = scaled(raw(6))
    maps = (maps * 255).round().astype(np.uint8) if dtype == "uint8" else maps.astype(dtype)
    done = run_here(command, written(tmp_path, maps))
    peak = "255" if dtype == "uint8" else "1"
    words = " ".join((done.stdout if command == "inspect" else done.stderr).split())
    assert f"has the same maximum, {peak}: " in words
    assert "image score" in words or command == "inspect"


def test_it_is_no_matter_of_chance(tmp_path: Path) -> None:
    """Raw maps, few of them, one that differs, constant ones: nothing is said."""
    one_differs, constant = scaled(raw(6)), np.ones((6, 4, 4), np.float32)
    one_differs[3] *= 0.5
    for maps in (raw(6), scaled(raw(4)), one_differs, constant):
        result = anomeval.score([written(tmp_path, maps)], confidence=None).result
        assert "same_maximum" not in {caution.code for caution in result.cautions}


def test_constant_maps_among_them_change_nothing(tmp_path: Path) -> None:
    """A map without any contrast cannot be scaled."""
    maps = np.concatenate([scaled(raw(6)), np.zeros((2, 4, 4), np.float32)])
    result = anomeval.score([written(tmp_path, maps)], confidence=None).result
    message = next(c.message for c in result.cautions if c.code == "same_maximum")
    assert message.startswith("each of 6 anomaly maps")


def test_it_travels_with_a_state_and_leaves_given_scores_alone(tmp_path: Path) -> None:
    """`merge` says what `score` says; scores of the file's own are not called meaningless."""
    path = written(tmp_path, scaled(raw(6)), pred_score=np.arange(6.0))
    run_here("score", path, "--save-state", tmp_path / "a.state", "--json", tmp_path / "a.json")
    run_here("merge", tmp_path / "a.state", "--json", tmp_path / "b.json")
    first, second = (
        json.loads((tmp_path / name).read_text())["cautions"] for name in ("a.json", "b.json")
    )
    assert first == second
    (message,) = (c["message"] for c in first if c["code"] == "same_maximum")
    assert "image score" not in message
