"""Tables of truth: what each row says, and what no table may leave open."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.inspection import inspect_predictions
from anomeval.predictions.layouts.manifest import ManifestTruth
from tests.support import run_here

from .samples import write_png

NAMES = ["i/0.png", "i/1.png", "i/2.png"]
MASK = np.eye(4, dtype=np.uint8) * 255


def write_scores(path: Path, names: list[str] = NAMES, *, maps: bool = False) -> Path:
    with h5py.File(path, "w") as file:
        file["pred_score"] = np.arange(len(names), dtype=np.float64)
        file.create_dataset("image_path", data=names, dtype=h5py.string_dtype())
        if maps:
            file["anomaly_map"] = np.zeros((len(names), *MASK.shape), np.float32)
    return path


def labels(folder: Path, text: str, name: str = "t.csv") -> list[bool | None]:
    (folder / name).write_text(text, "utf-8")
    scores = write_scores(folder / "s.h5")
    return [entry.label for entry in open_predictions(scores, truth=folder / name).entries]


def refusal(folder: Path, text: str, name: str = "t.csv") -> str:
    with pytest.raises(InvalidInputError) as caught:
        labels(folder, text, name)
    return str(caught.value)


def csv_of(header: str, *rows: str) -> str:
    return "\n".join([header, *(f"{n},{row}" for n, row in zip(NAMES, rows, strict=True))])


def lines_of(*rows: dict[str, Any]) -> str:
    documents = ({"image": name, **row} for name, row in zip(NAMES, rows, strict=True))
    return "\n".join(map(json.dumps, documents))


SOUND = {
    "header with spaces": csv_of(" image , label ", "0", "1", "1"),
    "byte order mark": "\ufeff" + csv_of("image,label", "0", "1", "1"),
    "capitals": csv_of("Image,Label", "Good", "NG", "ANOMALY"),
    "words": csv_of("image,label", "normal", "anomaly", "defective"),
    "spaces around values": csv_of("image,label", " 0", " 1 ", "1"),
    "quoted": csv_of('"image","label"', '"ok"', '"ko"', '"1.0"'),
    "truth values": csv_of("image,is_anomaly", "False", "TRUE", "true"),
    "semicolons": csv_of("image,label", "0", "1", "1").replace(",", ";"),
    "tabs": csv_of("image,label", "0", "1", "1").replace(",", "\t"),
    "lines of Windows": csv_of("image,label", "0", "1", "1").replace("\n", "\r\n") + "\r\n\r\n",
    "classes": csv_of("image,defect_type", "OK", "bent", "hole"),
    "label and class": csv_of("image,label,label_name", "0,good", "1,bent", "1,defective"),
    "masks": csv_of("image,mask", "", "m.png", "m.png"),
    "lines": lines_of({"label": 0}, {"label": 1}, {"label": True}),
    "lines with numbers": lines_of({"label": 0.0}, {"label": 1.0}, {"label": "1"}),
    "list": json.dumps(
        [json.loads(line) for line in lines_of(*({"label": n} for n in (0, 1, 1))).splitlines()]
    ),
    "splits and classes": json.dumps(
        {
            "train": {"nut": []},
            "test": {
                "nut": [
                    {"img_path": n, "anomaly": k} for n, k in zip(NAMES, (0, 1, 1), strict=True)
                ]
            },
        }
    ),
}


@pytest.mark.parametrize("form", SOUND)
@pytest.mark.parametrize("name", ["t.csv", "t.json", "t.txt"])
def test_what_a_table_says(tmp_path: Path, form: str, name: str) -> None:
    """By its content, whatever it is called: the first image is normal, the others are not."""
    write_png(tmp_path / "m.png", MASK)
    if form == "masks":
        with h5py.File(tmp_path / "s.h5", "w"):
            pass
        (tmp_path / name).write_text(SOUND[form], "utf-8")
        truth = ManifestTruth.read(str(tmp_path / name))
        scores = open_predictions(write_scores(tmp_path / "s.h5"))
        assert [truth.of(entry).label for entry in scores.entries] == [False, True, True]
        return
    assert labels(tmp_path, SOUND[form], name) == [False, True, True]


BAD = {
    "empty label": (
        csv_of("image,label", "0", "1", ""),
        "t.csv, line 4: has nothing in the",
    ),
    "cut row": ("image,label\ni/0.png,0\ni/1.png", "t.csv, line 3: has 1 cells"),
    "long row": (csv_of("image,label", "0", "1", "1,2"), "t.csv, line 4: has 3 cells"),
    "null": (lines_of({"label": 0}, {"label": None}, {"label": 1}), "line 2: has nothing"),
    "missing": (lines_of({"label": 0}, {}, {"label": 1}), "line 2: has nothing in the column"),
    "NaN": (lines_of({"label": 0}, {"label": float("nan")}, {"label": 1}), "line 2: has nothing"),
    "empty text": (lines_of({"label": 0}, {"label": " "}, {"label": 1}), "line 2: has nothing"),
    "empty class": (csv_of("image,defect_type", "good", "", "hole"), "line 3: has nothing"),
    "third label": (csv_of("image,label", "0", "2", "1"), "line 3: has the label '2'"),
    "a list": (lines_of({"label": 0}, {"label": [1]}, {"label": 1}), "line 2: label is no text"),
    "no truth": (
        csv_of("image,split", "test", "test", "test"),
        "does not tell which images are anomalous: its columns are 'image', 'split'",
    ),
    "no image": ("name,label\ni/0.png,0", "names no image: the columns in its first line are"),
    "an object without images": ('{"i/0.png": 0}', "names no image: its columns are"),
    "objects by image": ('{"i/0.png": {"label": 0}}', "tells of no image"),
    "no header": ("i/0.png,0\ni/1.png,1", "names no image: the columns in its first line are"),
    "column twice": ("image,label,label\ni/0.png,0,1", "has the column 'label' twice"),
    "key twice": ('{"image": "i/0.png", "label": 0, "label": 1}', "has 'label' twice"),
    "split twice": ('{"test": [], "test": [{"image": "i/0.png", "label": 1}]}', "twice"),
    "class against label": (
        csv_of("image,label,label_name", "0,good", "1,good", "1,bent"),
        "line 3: has the label '1' and the class 'good'",
    ),
    "labels that differ": (
        csv_of("image,label,is_anomaly", "0,0", "1,0", "1,1"),
        "line 3: has labels that contradict each other",
    ),
    "row twice": (
        csv_of("image,label", "0", "1", "1") + "\ni/1.png,0",
        "more than once: line 3 and line 5",
    ),
    "line that is no JSON": (
        lines_of({"label": 0}, {"label": 1}, {"label": 1})[:-4],
        "line 3: is no JSON",
    ),
    "empty file": ("", "is empty"),
    "nothing but a header": ("image,label\n", "tells of no image"),
    "image that is not there": ("image,label\ni/0.png,0\ni/1.png,1", "is not in"),
}


@pytest.mark.parametrize("form", BAD)
def test_what_a_table_may_not_leave_open(tmp_path: Path, form: str) -> None:
    """The row, or the cause; and a remedy."""
    text, message = BAD[form]
    told = refusal(tmp_path, text)
    assert message in told
    assert " — " in told


def test_text_of_another_encoding_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(csv_of("image,label", "0", "1", "1").encode("utf-16"))
    with pytest.raises(InvalidInputError, match="is no UTF-8 text"):
        open_predictions(write_scores(tmp_path / "s.h5"), truth=tmp_path / "t.csv")


def test_one_row_never_serves_two_images(tmp_path: Path) -> None:
    """Of one file, or of two."""
    (tmp_path / "t.csv").write_text("image,label\n0.png,0\n1.png,1", "utf-8")
    names = ["a/0.png", "a/1.png", "b/0.png", "b/1.png"]
    whole = [write_scores(tmp_path / "s.h5", names)]
    parts = [write_scores(tmp_path / f"{n}.h5", names[2 * n : 2 * n + 2]) for n in (0, 1)]
    for files in (whole, parts):
        with pytest.raises(InvalidInputError) as caught:
            open_predictions(files, truth=tmp_path / "t.csv")
        assert "line 2 of" in str(caught.value)
        assert "tells of several images, a/0.png and b/0.png (and 1 more like" in str(caught.value)
        findings = inspect_predictions(files, truth=tmp_path / "t.csv").findings
        assert "tells of several images" in " ".join(finding.message for finding in findings)
    assert len(open_predictions(parts[0], truth=tmp_path / "t.csv")) == 2


def test_one_array_never_serves_two_files(tmp_path: Path) -> None:
    """By position both fit."""
    np.save(tmp_path / "t.npy", np.stack([MASK] * 3))
    files = [write_scores(tmp_path / f"{n}.h5", [f"{n}/{name}" for name in NAMES]) for n in (0, 1)]
    with pytest.raises(InvalidInputError, match=r"mask 0 of .* tells of several images"):
        open_predictions(files, truth=tmp_path / "t.npy")


def masks_near(folder: Path, *places: str) -> Path:
    """A table in `splits`, and its one mask in each of these folders."""
    for number, place in enumerate(places):
        write_png(folder / place / "masks/1.png", np.roll(MASK, number, 1))
    path = folder / "splits/t.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(csv_of("image,label,mask", "0,", "1,masks/1.png", "0,"), "utf-8")
    return path


def test_masks_of_neighbouring_data_sets_are_refused(tmp_path: Path) -> None:
    """Those of one are read; those beside the table, or above it, are the table's own."""
    scores = write_scores(tmp_path / "s.h5", maps=True)
    table = masks_near(tmp_path / "two", "b", "a")
    with pytest.raises(InvalidInputError, match=r"its files could be those in .*/a or .*/b"):
        open_predictions(scores, truth=table)
    for own, others in {"b": (), "splits": ("a", "c"), ".": ("a", "c")}.items():
        table = masks_near(tmp_path / f"own {own}", own, *others)
        masks = [image.gt_mask for image in open_predictions(scores, truth=table)]
        assert np.array_equal(masks[1] != 0, MASK != 0)


def test_the_own_folder_counts_even_where_the_first_mask_is_missing(tmp_path: Path) -> None:
    """Otherwise all would be taken from a neighbour that has it."""
    (tmp_path / "b").mkdir()
    for number in (1, 2):
        write_png(tmp_path / f"a/masks/{number}.png", MASK)
    write_png(tmp_path / "b/masks/2.png", MASK)
    text = csv_of("image,label,mask", "0,", "1,masks/1.png", "1,masks/2.png")
    (tmp_path / "b/t.csv").write_text(text, "utf-8")
    with pytest.raises(InvalidInputError, match=r"has no mask masks/1\.png in .*/b"):
        open_predictions(write_scores(tmp_path / "s.h5", maps=True), truth=tmp_path / "b/t.csv")


@pytest.mark.parametrize("suffix", ["png", "PNG", "bmp", "tif", "jpg"])
def test_a_table_names_masks_of_any_format(tmp_path: Path, suffix: str) -> None:
    mask = np.kron(MASK, np.ones((8, 8), np.uint8))
    write_png(tmp_path / f"m.{suffix}", mask)
    (tmp_path / "t.csv").write_text(
        csv_of("image,label,mask", "0,", f"1,.\\m.{suffix}", f"1,./m.{suffix}"), "utf-8"
    )
    scores = write_scores(tmp_path / "s.h5", maps=True)
    images = list(open_predictions(scores, truth=tmp_path / "t.csv"))
    assert all(np.array_equal(image.gt_mask != 0, mask != 0) for image in images[1:])
    assert not images[0].gt_mask.any()
    done = run_here(
        "score", scores, "--truth", tmp_path / "t.csv", "--resize", "mask", "--json", "-"
    )
    cautions = {caution["code"] for caution in json.loads(done.stdout)["cautions"]}
    findings = inspect_predictions(scores, truth=tmp_path / "t.csv").findings
    codes = {finding.code for finding in findings}
    assert ("jpeg_mask" in cautions, "jpeg_mask" in codes) == (suffix == "jpg",) * 2


def test_labels_of_images_that_lie_anywhere(tmp_path: Path) -> None:
    """Nothing is read by their paths."""
    text = "\n".join(["image,label", *(f"/data/{name},{n > 0}" for n, name in enumerate(NAMES))])
    assert labels(tmp_path, text) == [False, True, True]


def test_a_table_that_changes_is_refused(tmp_path: Path) -> None:
    """Though it was read at once: the result would name what is no longer there."""
    table = masks_near(tmp_path, "splits")
    images = iter(open_predictions(write_scores(tmp_path / "s.h5", maps=True), truth=table))
    next(images)
    table.write_text(table.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(InvalidInputError, match="was changed after it had been opened"):
        list(images)
