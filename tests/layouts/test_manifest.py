"""Tables of ground truth: VisA, Real-IAD, UniAD, and what is wrong with a table."""

import json
from pathlib import Path

import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts.manifest import ManifestTruth
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.record import ImageEntry

from .samples import native_rows, rows_of, samples, write_json, write_native, write_png, write_tree


def mask_path(sample: object) -> str:
    return f"{sample.category}/masks/{sample.defect}_{sample.stem}.png"  # type: ignore[attr-defined]


def write_mask_files(root: Path) -> None:
    for sample in samples():
        if sample.defect != "good":
            write_png(root / mask_path(sample), sample.mask)


def write_visa(root: Path) -> Path:
    """`split_csv/1cls.csv` beside the folders of objects."""
    write_mask_files(root)
    lines = ["object,split,label,image,mask"]
    for sample in samples():
        good = sample.defect == "good"
        label, mask = ("normal", "") if good else ("anomaly", mask_path(sample))
        lines.append(f"{sample.category},test,{label},{sample.path}.JPG,{mask}")
    path = root / "split_csv" / "1cls.csv"
    path.parent.mkdir()
    path.write_text("\n".join(lines), "utf-8")
    return path


def write_real_iad(root: Path, prefix: str = "bottle/") -> Path:
    """One JSON for an object, with a prefix of all paths."""
    write_mask_files(root / "images")
    rows = [
        {
            "category": sample.category,
            "anomaly_class": "OK" if sample.defect == "good" else sample.defect,
            "image_path": f"{sample.path}.jpg".removeprefix("bottle/"),
            "mask_path": None
            if sample.defect == "good"
            else mask_path(sample).removeprefix("bottle/"),
        }
        for sample in samples()[:9]
    ]
    meta = {"prefix": prefix, "normal_class": "OK"}
    return write_json(root / "bottle.json", {"meta": meta, "train": [], "test": rows})


def write_uniad(root: Path) -> Path:
    """One JSON document for each line."""
    write_mask_files(root / "mvtec_anomaly_detection")
    lines = []
    for sample in samples():
        good = sample.defect == "good"
        row = {"filename": f"{sample.path}.png", "label": int(not good)}
        row |= {"label_name": sample.defect, "clsname": sample.category}
        row |= {} if good else {"maskname": mask_path(sample)}
        lines.append(json.dumps(row))
    path = root / "test.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_real_iad_bare(root: Path) -> Path:
    """Some write the prefix as the folder that it is."""
    return write_real_iad(root, "bottle")


@pytest.mark.parametrize("write", [write_visa, write_real_iad, write_real_iad_bare, write_uniad])
def test_a_table_is_worth_masks_in_the_file(tmp_path: Path, write: object) -> None:
    """Equal to the last bit."""
    made = samples()[:9] if write in (write_real_iad, write_real_iad_bare) else samples()
    maps = write_tree(tmp_path / "maps", made)
    (tmp_path / "data").mkdir()
    truth = write(tmp_path / "data")  # type: ignore[operator]
    assert rows_of(open_predictions(maps, truth=truth)) == native_rows(tmp_path, made)


def test_a_table_completes_a_native_file_with_long_paths(tmp_path: Path) -> None:
    """Paths must end alike, whatever comes before."""
    made = samples()
    names = [f"/home/someone/data/{sample.path}.png" for sample in made]
    native = write_native(tmp_path / "a.h5", made, names)
    import h5py

    with h5py.File(native, "a") as file:
        del file["gt_mask"], file["gt_label"], file["defect_type"]
    (tmp_path / "data").mkdir()
    predictions = open_predictions(native, truth=write_uniad(tmp_path / "data"))
    assert [row.value for row in rows_of(predictions)] == [
        row.value for row in native_rows(tmp_path, made)
    ]
    assert {entry.defect_type for entry in predictions.entries} == {"bent", "good", "large_hole"}


def test_labels_that_contradict_are_told(tmp_path: Path) -> None:
    """The folder says one thing, the table another."""
    write_tree(tmp_path / "maps", samples()[:1])
    row = {"image_path": "bottle/test/bent/000.png", "label": "good"}
    truth = write_json(tmp_path / "truth.json", [row])
    with pytest.raises(InvalidInputError, match=r"is normal in .*, anomalous in the predictions"):
        open_predictions(tmp_path / "maps", truth=truth)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"image_path": "a.png", "label": "maybe"}]', "row 1: has the label 'maybe'"),
        ('[{"label": 1}]', "names no image: its columns are 'label'"),
        ('[{"image": "a", "label": 1}, {"label": 1}]', "row 2: has no path of an image"),
        ('[{"image_path": ["a"], "label": 1}]', "image_path is no text"),
        ("[[1, 2]]", "is no row of named values"),
        ("[]", "tells of no image"),
        ('"text"', "names no image: the columns in its first line are 'text'"),
        ('[{"image_path": "a.png"', "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path: Path, text: str, message: str) -> None:
    """With the row."""
    path = tmp_path / "truth.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        ManifestTruth.read(str(path))
    assert message in str(caught.value)


def test_an_image_that_could_be_several(tmp_path: Path) -> None:
    """Short names are found only where they are unique."""
    write_tree(tmp_path / "maps", samples()[:1])
    rows = [{"image_path": f"{folder}/000.png", "label": 1} for folder in "ab"]
    truth = write_json(tmp_path / "truth.json", rows)
    folder = tmp_path / "maps/bottle/test/bent"
    with pytest.raises(InvalidInputError, match="could be 2 images of"):
        open_predictions(folder, truth=truth)
    with pytest.raises(InvalidInputError, match="is not in"):
        open_predictions(tmp_path / "maps", truth=truth)


def test_a_mask_outside_of_the_data_set_is_not_read(tmp_path: Path) -> None:
    """Neither by `..` nor by an absolute path."""
    write_tree(tmp_path / "maps", samples()[:1])
    for mask in ("../../etc/passwd", "/etc/passwd"):
        row = {"image_path": "bottle/test/bent/000.png", "mask_path": mask, "label": 1}
        truth = write_json(tmp_path / "truth.json", [row])
        with pytest.raises(InvalidInputError, match="leads out of the data set"):
            open_predictions(tmp_path / "maps", truth=truth)


def told_by(rows: list[str], image: str, tmp_path: Path) -> str | None:
    """The row of a table of paths that tells of an image, `None` if none does."""
    path = tmp_path / "table.csv"
    lines = [f"{row},{number % 2}" for number, row in enumerate(rows)]
    path.write_text("\n".join(["image_path,label", *lines]), "utf-8")
    entry = ImageEntry("p.npz", 0, image, named=True)
    try:
        place = ManifestTruth.read(str(path)).of(entry).told_by or ""
    except Unfit:
        return None
    return rows[int(place.split()[-1]) - 2]


@pytest.mark.parametrize("root", ["/data/x/", "D:\\x\\", "//server/share/", "runs/x/", "./", ""])
@pytest.mark.parametrize("other", ["/builds/y/z/", "E:/q/", "\\\\?\\C:\\d\\", "mvtec/"])
def test_a_table_of_another_machine(root: str, other: str, tmp_path: Path) -> None:
    """From the folder of the object on, its paths are those of the predictions."""
    names = [f"bottle/test/{folder}/{n}.png" for folder in ("good", "bent") for n in (0, 1)]
    rows = [other + name for name in names]
    for name, row in zip(names, rows, strict=True):
        assert told_by(rows, root + name, tmp_path) == row
    for elsewhere in ("cable/test/good/0.png", "bottle/val/good/0.png", "bottle/test/cut/0.png"):
        assert told_by(rows, root + elsewhere, tmp_path) is None


def test_nothing_is_told_by_the_last_folders_of_unknown_objects(tmp_path: Path) -> None:
    """Folders above the data set are left out only where it is plain where it begins."""
    rows = ["/a/bottle/good/0.png", "/a/bottle/bad/1.png"]
    assert told_by(rows, "/b/nut/good/0.png", tmp_path) is None
    rows = ["/a/bottle/test/good/0.png", "/a/nut/test/good/0.png"]
    assert told_by(rows, "/b/nut/test/good/0.png", tmp_path) == rows[1]
    assert told_by(rows, "/b/can/test/good/0.png", tmp_path) is None
