"""--skip-bad where a label, a score or a row of a table is wrong: one image less, and named."""

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import anomeval
from anomeval.predictions import open_predictions
from tests.layouts.samples import Sample, samples, write_masks, write_tree
from tests.support import Run, run_here

COUNT = 12
QUICK = ("--no-confidence", "-j", "2")

Columns = dict[str, Any]


def columns(keep: list[int] | None = None) -> Columns:
    """Two categories whose images alternate, and a pixel of each anomalous one."""
    random = np.random.default_rng(3)
    labels = np.arange(COUNT) % 4 > 1
    masks = np.zeros((COUNT, 5, 6), np.uint8)
    masks[labels, 1:3, 2:4] = 1
    made = {
        "anomaly_map": (random.normal(size=masks.shape) + masks).astype(np.float32),
        "gt_mask": masks,
        "gt_label": labels.astype(np.float64),
        "pred_score": random.normal(size=COUNT) + labels,
        "image_path": np.array([f"nut/{n:02}.png" for n in range(COUNT)]),
        "category": np.array(["nut", "bolt"] * (COUNT // 2)),
    }
    return {name: array if keep is None else array[keep] for name, array in made.items()}


def write_hdf5(path: Path, made: Mapping[str, Any]) -> Path:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, array in made.items():
            texts = np.asarray(array).dtype.kind == "U"
            file[name] = np.asarray(array).astype(object) if texts else array
    return path.with_suffix(".h5")


def write_flat(path: Path, made: Columns) -> Path:
    return write_hdf5(path, made)


def write_packed(path: Path, made: Columns) -> Path:
    """Which can be read from the beginning only."""
    np.savez_compressed(path.with_suffix(".npz"), **made)
    return path.with_suffix(".npz")


def write_folder(path: Path, made: Columns) -> Path:
    path.mkdir()
    for name, array in made.items():
        np.save(path / f"{name}.npy", array)
    return path


def write_categories(path: Path, made: Columns) -> Path:
    groups = {
        f"{category}/{name}": array[made["category"] == category]
        for category in ("bolt", "nut")
        for name, array in made.items()
        if name != "category"
    }
    return write_hdf5(path, groups)


def write_samples(path: Path, made: Columns) -> Path:
    rows = range(len(made["pred_score"]))
    return write_hdf5(
        path,
        {f"samples/{n:02}/{name}": array[n] for n in rows for name, array in made.items()},
    )


LAYOUTS: dict[str, Callable[[Path, Columns], Path]] = {
    "flat": write_flat,
    "packed": write_packed,
    "folder": write_folder,
    "categories": write_categories,
    "samples": write_samples,
}

WRONG: dict[str, Callable[[Columns], None]] = {
    "2 is neither 0 (normal) nor 1 (anomalous)": lambda made: made["gt_label"].put(5, 2),
    "nan is neither 0 (normal) nor 1 (anomalous)": lambda made: made["gt_label"].put(5, np.nan),
    "pred_score, image": lambda made: made["pred_score"].put(5, np.nan),
}


def result(done: Run) -> Any:
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


def message(skipped: Any) -> str:
    [caution] = [one for one in skipped["cautions"] if one["code"] == "skipped_images"]
    return str(caution["message"])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("told", WRONG)
def test_a_wrong_value_costs_one_image(tmp_path: Path, layout: str, told: str) -> None:
    """Whatever the layout: named, counted, and all values are those of the file without it."""
    made = columns()
    WRONG[told](made)
    bad = LAYOUTS[layout](tmp_path / "bad", made)
    sound = LAYOUTS[layout](tmp_path / "sound", columns([n for n in range(COUNT) if n != 5]))
    assert run_here("score", bad, *QUICK).status == 3
    words = (*QUICK, "--by", "category", "--json", "-")
    skipped = result(run_here("score", bad, *words, "--skip-bad"))
    expected = result(run_here("score", sound, *words))
    assert skipped["metrics"] == expected["metrics"]
    assert skipped["data"]["images"] == COUNT - 1
    assert skipped["data"]["skipped_images"] == 1
    assert message(skipped).startswith("1 image left out (--skip-bad): ")
    assert told in message(skipped)
    assert ("(05)" if layout == "samples" and "neither" in told else "nut/05.png") in message(
        skipped
    )
    assert "1 image left out (--skip-bad)" in run_here("score", bad, *QUICK, "--skip-bad").stdout


def test_every_wrong_row_is_told(tmp_path: Path) -> None:
    """By its own value; an image with two faults is one image."""
    made = columns()
    made["gt_label"][[1, 2, 7]] = 3, -1, 0.5
    made["pred_score"][7] = np.nan
    made["anomaly_map"][9, 1, 1] = np.nan
    for write in (write_flat, write_packed):
        skipped = result(
            run_here("score", write(tmp_path / "bad", made), *QUICK, "--skip-bad", "--json", "-")
        )
        assert skipped["data"]["skipped_images"] == 4
        assert skipped["data"]["images"] == COUNT - 4
        for what in ("3 is neither", "-1 is neither", "0.5 is neither", "1 NaN of 30 pixels"):
            assert what in message(skipped)


def test_the_others_keep_their_positions(tmp_path: Path) -> None:
    """They are called after them where files name no images, and masks apart are found by them."""
    made = columns()
    del made["image_path"]
    masks = made.pop("gt_mask")
    np.save(tmp_path / "masks.npy", masks)
    made["gt_label"][[0, 6]] = 9
    for write in (write_flat, write_packed):
        path = write(tmp_path / "bad", made)
        listed = tmp_path / "images.jsonl"
        words = ("--truth", tmp_path / "masks.npy", "--skip-bad", "--per-image", listed)
        assert run_here("score", path, *QUICK, *words).status == 0
        kept = [n for n in range(COUNT) if n not in (0, 6)]
        found = [json.loads(line) for line in listed.read_text("utf-8").splitlines()]
        images = {image["image_path"]: image for image in found}
        assert images.keys() == {f"bad#{n}" for n in kept}
        for n in kept:
            assert images[f"bad#{n}"]["score"] == made["pred_score"][n]
            assert images[f"bad#{n}"]["label"] == masks[n].any()


def test_what_is_wrong_with_more_than_a_value_is_refused(tmp_path: Path) -> None:
    """Labels of another number, or none that is right."""
    made = columns()
    for labels, what in (
        (made["gt_label"][:-1], "fields differ in the number of images"),
        (np.full(COUNT, 4.0), "4 is neither 0 (normal) nor 1 (anomalous) (and 11 more)"),
    ):
        bad = write_flat(tmp_path / "bad", made | {"gt_label": labels})
        done = run_here("score", bad, *QUICK, "--skip-bad")
        assert done.status == 3
        assert what in done.stderr


def test_what_a_file_says_of_itself_is_known_all_the_same(tmp_path: Path) -> None:
    """That its scores are normalized, with truth from elsewhere, too."""
    made = columns()
    del made["gt_mask"]
    np.save(tmp_path / "masks.npy", columns()["gt_mask"])
    made["gt_label"][5] = 2
    bad = write_flat(tmp_path / "bad", made)
    with h5py.File(bad, "a") as file:
        file.attrs["score_space"] = "normalized"
    for words in ([], ["--truth", tmp_path / "masks.npy"]):
        done = run_here("score", bad, *QUICK, "--skip-bad", *words)
        assert done.status == 0, done.stderr
        assert "1 file with normalized scores" in done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Maps of the MVTec layout and masks of another folder, which a table tells of."""
    write_tree(tmp_path / "maps", samples())
    write_masks(tmp_path / "data", samples())
    return tmp_path


def rows(made: list[Sample]) -> list[dict[str, str]]:
    return [
        {
            "image": f"{sample.path}.png",
            "label": str(int(sample.defect != "good")),
            "mask": f"{sample.category}/ground_truth/{sample.defect}/{sample.stem}_mask.png"
            if sample.defect != "good"
            else "",
            "object": sample.category,
        }
        for sample in made
    ]


def write_table(path: Path, table: list[dict[str, str]]) -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps(table), "utf-8")
    else:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    return path


def no_label(table: list[dict[str, str]]) -> None:
    table[4]["label"] = "perhaps"


def no_row(table: list[dict[str, str]]) -> None:
    del table[4]


def lost_mask(table: list[dict[str, str]]) -> None:
    table[4].update(label="1", mask="bottle/ground_truth/good/004_mask.png")


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (no_label, "has the label 'perhaps' in "),
        (no_row, "is not in "),
        (lost_mask, "has no mask bottle/ground_truth/good/004_mask.png"),
    ],
)
def test_truth_that_is_missing_costs_one_image(
    tree: Path, suffix: str, spoil: Callable[[list[dict[str, str]]], None], told: str
) -> None:
    """All values are those without it."""
    made = samples()
    table = rows(made)
    spoil(table)
    bad = write_table(tree / "data" / f"bad{suffix}", table)
    good = write_table(tree / "data" / f"good{suffix}", rows(made))
    words = (*QUICK, "--json", "-")
    refused = run_here("score", tree / "maps", "--truth", bad, *QUICK)
    assert refused.status == 3
    assert told.removesuffix(" in ") in refused.stderr
    skipped = result(run_here("score", tree / "maps", "--truth", bad, *words, "--skip-bad"))
    shutil.move(tree / "maps" / f"{made[4].path}.tiff", tree / "away.tiff")
    expected = result(run_here("score", tree / "maps", "--truth", good, *words))
    assert skipped["metrics"] == expected["metrics"]
    assert skipped["data"]["skipped_images"] == 1
    assert f"({made[4].path})" in message(skipped)
    assert told in message(skipped)


def test_a_row_of_no_image_is_refused(tree: Path) -> None:
    """Nobody can say which image it costs."""
    table = rows(samples())
    table[4]["image"] = ""
    bad = write_table(tree / "data/bad.csv", table)
    done = run_here("score", tree / "maps", "--truth", bad, *QUICK, "--skip-bad")
    assert done.status == 3
    assert "has no path of an image" in done.stderr


def test_labels_that_contradict_each_other_cost_the_image(tree: Path) -> None:
    """The predictions say normal, and the table anomalous."""
    made = columns()
    del made["gt_mask"]
    path = write_flat(tree / "a", made)
    names = made["image_path"].tolist()
    labels = made["gt_label"].astype(int).tolist()
    labels[3] = 1 - labels[3]
    table = [{"image": name, "label": str(n)} for name, n in zip(names, labels, strict=True)]
    write_table(tree / "truth.csv", table)
    done = run_here("score", path, "--truth", tree / "truth.csv", *QUICK, "--skip-bad")
    assert done.status == 0, done.stderr
    assert "image 3 (nut/03.png): is normal in" in done.stderr
    assert "anomalous in the predictions" in done.stderr


def test_a_file_is_read_no_more_often_for_what_is_left_out(tmp_path: Path) -> None:
    """In one pass, where reading an image means to read all before it."""
    made = columns()
    made["gt_label"][::2] = 5
    path = write_packed(tmp_path / "bad", made)
    from anomeval.predictions.layouts.foreign import Reading
    from anomeval.predictions.opening import opened

    [file] = opened([path], Reading(skip_bad=True)).files
    assert not file.random_access
    assert [image.entry.index for image in file.images()] == [1, 3, 5, 7, 9, 11]
    assert [image.entry.index for image in file.images(2, 5)] == [5, 7, 9]
    assert list(file.images(6)) == []
    for image in file.images(1):
        expected = made["anomaly_map"][image.entry.index]
        assert np.array_equal(image.anomaly_map, expected)  # type: ignore[arg-type]
    with pytest.raises(anomeval.AnomevalError):
        open_predictions(path)
