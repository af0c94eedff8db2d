"""Names that somebody else has chosen: of files, folders, images and categories."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from tests.layouts.samples import samples, write_masks, write_png, write_tree
from tests.support import run_here

ESCAPES = "\x1b[2J\x1b]0;evil\x07\u202e\r\n=cmd|' /C calc'!A0"


def test_links_out_of_a_tree_are_not_followed(tmp_path: Path) -> None:
    """Neither of maps nor of masks, neither of files nor of folders."""
    made = samples()
    outside = write_tree(tmp_path / "outside", made)
    tree = write_tree(tmp_path / "tree", made[9:])
    write_masks(tree, made[9:])
    link = tree / "cable/test/good/000.tiff"
    link.unlink()
    link.symlink_to(outside / "cable/test/good/000.tiff")
    with pytest.raises(InvalidInputError, match=r"good/000\.tiff leads out of"):
        open_predictions(tree)
    link.unlink()
    (tree / "bottle").symlink_to(outside / "bottle")
    with pytest.raises(InvalidInputError, match="bottle is a link to a folder"):
        open_predictions(tree)
    (tree / "bottle").unlink()
    (tree / "cable/test/linked").symlink_to(outside / "bottle/test/bent")
    with pytest.raises(InvalidInputError, match="is a link to a folder, which is not followed"):
        open_predictions(tree)
    (tree / "cable/test/linked").unlink()
    mask = tree / "cable/ground_truth/bent/000_mask.png"
    mask.rename(tmp_path / "mask.png")
    mask.symlink_to(tmp_path / "mask.png")
    with pytest.raises(InvalidInputError, match=r"000_mask\.png leads out of"):
        open_predictions(tree)


def test_links_within_a_tree_and_to_a_tree_are_followed(tmp_path: Path) -> None:
    """What the user names is trusted; what lies below stays below."""
    tree = write_tree(tmp_path / "tree", samples())
    first, second = (tree / f"bottle/test/good/00{n}.tiff" for n in (0, 1))
    second.unlink()
    second.symlink_to(first)
    (tmp_path / "alias").symlink_to(tree)
    assert len(list(open_predictions(tmp_path / "alias"))) == 18


def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    """Reading them might never end."""
    tree = write_tree(tmp_path / "tree", samples()[:3])
    os.mkfifo(tree / "bottle/test/bent/pipe.tiff")
    with pytest.raises(InvalidInputError, match=r"pipe\.tiff is no regular file"):
        open_predictions(tree)
    (tmp_path / "zero.h5").symlink_to("/dev/zero")
    with pytest.raises(InvalidInputError, match="is no regular file"):
        open_predictions(tmp_path / "zero.h5")


@pytest.mark.parametrize("name", ["t.csv", "t.npy"])
def test_truth_is_not_read_from_a_pipe(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    maps = write_tree(tmp_path / "maps", samples()[:3])
    with pytest.raises(InvalidInputError, match="is no regular file"):
        open_predictions(maps, truth=tmp_path / name)


def test_names_that_are_no_text_are_told(tmp_path: Path) -> None:
    """Half a surrogate pair could be written to no result."""
    tree = write_tree(tmp_path / "tree", samples()[:3])
    path = os.fsencode(tree / "bottle/test/bent")
    (tree / "bottle/test/bent/000.tiff").rename(os.fsdecode(path + b"/\xff\xfe.tiff"))
    with pytest.raises(InvalidInputError, match="has a name that is not UTF-8"):
        open_predictions(tree)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "/".join("x" * 200 for _ in range(30))])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    """As a path, and as the path of a mask."""
    with pytest.raises(InvalidInputError):
        open_predictions(tmp_path / name)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["anomaly_map"] = np.ones((1, 2, 2), np.float32)
        path = name.replace("\0", "?")
        file.create_dataset("image_path", data=[f"nut/test/bent/{path}"], dtype=h5py.string_dtype())
    (tmp_path / "data/nut/test").mkdir(parents=True)
    (tmp_path / "data/nut/ground_truth").mkdir()
    with pytest.raises(InvalidInputError):
        open_predictions(tmp_path / "a.h5", truth=tmp_path / "data")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A sound file whose every text is hostile."""
    maps = np.random.default_rng(0).normal(size=(12, 4, 4)).astype(np.float32)
    masks = np.zeros(maps.shape, np.uint8)
    masks[6:, 1:3, 1:3] = 1
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["anomaly_map"], file["gt_mask"] = maps, masks
        for field in ("image_path", "category", "defect_type"):
            texts = [ESCAPES + (str(n) if field == "image_path" else "") for n in range(12)]
            file.create_dataset(field, data=texts, dtype=h5py.string_dtype())
    return tmp_path / "a.h5"


def test_a_table_holds_no_escapes(evil: Path, tmp_path: Path) -> None:
    """Nor does any text output, and no spreadsheet runs what is in a cell."""
    names = [f"--{form}" for form in ("markdown", "latex", "csv")]
    outputs = {name: tmp_path / f"out{name}" for name in names}
    outputs["--per-image"] = tmp_path / "images.csv"
    words = [word for name, path in outputs.items() for word in (name, path)]
    done = run_here("score", evil, "--by", "category", *words)
    assert done.status == 0
    for text in (done.stdout, done.stderr, *(p.read_text("utf-8") for p in outputs.values())):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
    for line in outputs["--per-image"].read_text("utf-8").splitlines():
        assert not line.startswith(("=", "+", "-", "@"))


def test_a_message_holds_no_escapes(evil: Path) -> None:
    """An error names the image, and the terminal stays as it was."""
    with h5py.File(evil, "a") as file:
        file["anomaly_map"][3] = np.nan
    done = run_here("score", evil)
    assert done.status == 3
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr


def test_a_mask_beside_a_hostile_name_is_told_without_it(tmp_path: Path) -> None:
    """Paths of masks come from tables of others."""
    tree = write_tree(tmp_path / "tree", samples()[:1])
    write_png(tmp_path / "masks/x.png", samples()[0].mask)
    table = tmp_path / "t.jsonl"
    escapes = "\\u001b[2J"
    table.write_text(f'{{"image": "bottle/test/bent/000.png", "mask": "{escapes}.png"}}', "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(tree, truth=table)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("command", ["::add-mask::e", "x" * 70 + "::error::lost", "##vso[task.x]y"])
def test_a_log_takes_no_orders_from_names(tmp_path: Path, command: str) -> None:
    """CI systems obey lines that a job prints, wherever a terminal has broken them."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["pred_score"], file["gt_label"] = np.arange(8.0), np.arange(8) % 2
        for field in ("image_path", "category"):
            texts = [command + (str(n) if field == "image_path" else "") for n in range(8)]
            file.create_dataset(field, data=texts, dtype=h5py.string_dtype())
    result = tmp_path / "r.json"
    assert run_here("score", tmp_path / "a.h5", "--json", result, "-q").status == 0
    runs = [
        run_here("score", tmp_path / "a.h5", "--by", "category", "--no-confidence"),
        run_here("inspect", tmp_path / "a.h5"),
        run_here("gate", result, "--min", "image_auroc=0.99", "--github"),
        run_here("compare", result, result),
        run_here("score", tmp_path / command),
    ]
    assert "\\x3a:" in runs[0].stdout or "\\x23#" in runs[0].stdout
    for run in runs:
        for line in (run.stdout + run.stderr).splitlines():
            assert "##vso[" not in line
            own = line.startswith(("::error title=image AUROC::", "::error title=cannot judge::"))
            assert own or not line.lstrip().startswith("::"), line


@pytest.mark.parametrize("long", ["x" * 4096, "é\n" * 1000, "\u202e" * 900, "a/" * 2000 + "b"])
def test_names_of_any_length_pass_through(tmp_path: Path, long: str) -> None:
    """Into every output, where the image is found by them again."""
    names = [f"{long}{n}" for n in range(8)]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["pred_score"], file["gt_label"] = np.arange(8.0), np.arange(8) % 2
        file.create_dataset("image_path", data=names, dtype=h5py.string_dtype())
    listed, table, result = (tmp_path / name for name in ("i.jsonl", "i.csv", "r.json"))
    words = ("score", tmp_path / "a.h5", "--json", result, "--no-confidence")
    assert run_here(*words, "--per-image", listed).status == 0
    lines = listed.read_text("utf-8").splitlines()
    assert [json.loads(line)["image_path"] for line in lines] == sorted(names)
    assert run_here(*words, "--per-image", table).status == 0
    assert len(table.read_text("utf-8").splitlines()) == 9
    assert run_here("gate", result, "--min", "image_auroc=0.1", "--baseline", result).status == 0
