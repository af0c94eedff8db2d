"""convert to folders: the tree of MVTec AD, and submissions to MVTec AD 2."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from anomeval.errors import InvalidInputError, UsageError
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts.submission import submission_problems
from anomeval.workflows.converting import Conversion, convert
from tests.layouts.samples import native_rows, rows_of, samples, write_native, write_png
from tests.support import fit_at

MVTEC = Conversion(layout_to="mvtec")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "uint16"])
def test_a_file_becomes_a_tree(tmp_path: Path, dtype: str) -> None:
    """Worth the same; masks are black and white, and good images have none."""
    native = write_native(tmp_path / "a.h5", samples(dtype))
    convert([native], tmp_path / "tree", MVTEC)
    assert rows_of(open_predictions(tmp_path / "tree")) == native_rows(tmp_path, samples(dtype))
    assert tifffile.imread(tmp_path / "tree/bottle/test/bent/000.tiff").dtype == dtype
    masks = {path.relative_to(tmp_path / "tree").parts[2] for path in tmp_path.rglob("*.png")}
    assert masks == {"bent", "large_hole"}
    values = np.unique(np.asarray(Pillow.open(next(tmp_path.rglob("*_mask.png")))))
    assert values.tolist() == [0, 255]


def test_there_and_back(tmp_path: Path) -> None:
    """A tree of a file of a tree is the same tree, byte by byte."""
    convert([write_native(tmp_path / "a.h5", samples())], tmp_path / "one", MVTEC)
    convert([tmp_path / "one"], tmp_path / "b.npz")
    convert([tmp_path / "b.npz"], tmp_path / "two", MVTEC)
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert len(files) == 18 + 12
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_what_has_no_place_is_told(tmp_path: Path) -> None:
    """Image scores are the maxima of the maps in a tree."""
    native = write_native(tmp_path / "a.h5", samples())
    with h5py.File(native, "a") as file:
        file["pred_score"] = np.arange(18.0)
    [caution] = convert([native], tmp_path / "tree", MVTEC).cautions
    assert caution.message == "pred_score left out: this layout has no place for it"


def test_labels_are_taken_from_masks(tmp_path: Path) -> None:
    """Where the file has none."""
    native = write_native(tmp_path / "a.h5", samples())
    with h5py.File(native, "a") as file:
        del file["gt_label"]
    convert([native], tmp_path / "tree", MVTEC)
    values = [row.value for row in rows_of(open_predictions(tmp_path / "tree"))]
    assert values == [row.value for row in native_rows(tmp_path, samples())]


@pytest.mark.parametrize(
    "name",
    ["../../../etc/cron.d/{}", "/etc/{}", "a/../../{}", "..", "{}\n\x1b[2J", "a\\..\\{}", "C:{}"],
)
def test_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    """Whatever images and categories are called, all files are in the folder."""
    names = [name.format(f"{s.category}{s.defect}{s.stem}") for s in samples()]
    names = [f"{text}{'' if '{}' in name else n}" for n, text in enumerate(names)]
    native = write_native(tmp_path / "a.h5", samples(), names)
    with h5py.File(native, "a") as file:
        file["category"][:] = "../../evil"
        file["defect_type"][:9] = "..\x1b]0;evil\x07"
    (tmp_path / "in").mkdir()
    with suppress(InvalidInputError):  # where nothing is left of a name
        convert([native], tmp_path / "in/tree", MVTEC)
    outside = [p for p in tmp_path.iterdir() if p.name not in ("a.h5", "in")]
    assert outside == []
    for path in (tmp_path / "in").rglob("*"):
        assert path.name.isprintable()
        assert ".." not in path.parts
        assert path.parts[len(tmp_path.parts)] == "in"


@pytest.mark.parametrize(("name", "message"), [("x" * 300, "is too long"), ("...", "cannot name")])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str, message: str) -> None:
    """Before anything is written."""
    native = write_native(tmp_path / "a.h5", samples()[:1], [name])
    with pytest.raises(InvalidInputError, match=message):
        convert([native], tmp_path / "tree", MVTEC)
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_two_images_of_one_name(tmp_path: Path) -> None:
    """Longer names are tried; if they are alike, too, both images are named."""
    made = samples()[:2]
    native = write_native(tmp_path / "a.h5", made, ["x/000.png", "y/000.png"])
    convert([native], tmp_path / "tree", MVTEC)
    names = sorted(path.name for path in (tmp_path / "tree").rglob("*.tiff"))
    assert names == ["x_000.tiff", "y_000.tiff"]
    native = write_native(tmp_path / "b.h5", made, ["x/a/000.png", "x_a/000.jpg"])
    with pytest.raises(InvalidInputError, match=r"like 'x/a/000\.png'"):
        convert([native], tmp_path / "other", MVTEC)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/mine.txt").write_text("mine")
    native = write_native(tmp_path / "a.h5", samples())
    with pytest.raises(UsageError, match="is there already"):
        convert([native], tmp_path / "tree", MVTEC)
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["mine.txt"]


def test_good_images_of_odd_sizes(tmp_path: Path) -> None:
    """They get a mask only where their size could not be told without it."""
    made = [replace(s, map=s.map[:5], mask=s.mask[:5]) if s.stem == "001" else s for s in samples()]
    made = [s if s.defect == "good" else replace(s, map=s.map[:9], mask=s.mask[:9]) for s in made]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number, sample in enumerate(made):
            group = file.create_group(f"samples/{number:02}")
            group["anomaly_map"], group["gt_mask"] = sample.map, sample.mask
            group.attrs["image_path"], group.attrs["category"] = sample.path, sample.category
    convert([tmp_path / "a.h5"], tmp_path / "tree", MVTEC)
    assert len(list((tmp_path / "tree/bottle/ground_truth/good").iterdir())) == 2


def write_private(path: Path, count: int = 2, scale: float = 1.0) -> Path:
    """Predictions of the private splits of two objects."""
    names = [
        f"{category}/{split}/{number:03}_{condition}.png"
        for category in ("can", "vial")
        for split, condition in (("test_private", "regular"), ("test_private_mixed", "mixed"))
        for number in range(count)
    ]
    maps = np.random.default_rng(5).normal(size=(len(names), 7, 9)).astype(np.float32) * scale
    with h5py.File(path, "w") as file:
        file["anomaly_map"] = maps
        file.create_dataset("image_path", data=names, dtype=h5py.string_dtype())
        categories = [name.split("/")[0] for name in names]
        file.create_dataset("category", data=categories, dtype=h5py.string_dtype())
    return path


def submission(**more: object) -> Conversion:
    return Conversion(layout_to="mvtec2-submission", **more)  # type: ignore[arg-type]


def test_a_submission(tmp_path: Path) -> None:
    """Exactly the files that the server takes, in the types that it takes."""
    native = write_private(tmp_path / "a.h5")
    convert([native], tmp_path / "sub", submission(fit=fit_at(0, 0.5), counts={"can": 2}))
    files = sorted(
        str(p.relative_to(tmp_path / "sub"))
        for p in tmp_path.rglob("*")
        if p.suffix in (".png", ".tiff")
    )
    assert len(files) == 16
    assert files[0] == "anomaly_images/can/test_private/000_regular.tiff"
    assert files[-1] == "anomaly_images_thresholded/vial/test_private_mixed/001_mixed.png"
    scores = h5py.File(native)["anomaly_map"][0]
    first = tifffile.imread(tmp_path / "sub" / files[0])
    assert first.dtype == np.float16
    assert np.array_equal(first, scores.astype(np.float16))
    mask = np.asarray(Pillow.open(tmp_path / "sub" / files[8]))
    assert np.array_equal(mask, np.where(scores >= 0.5, 255, 0))


def test_a_submission_without_thresholds(tmp_path: Path) -> None:
    """The thresholded images are optional."""
    convert([write_private(tmp_path / "a.h5")], tmp_path / "sub", submission())
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["anomaly_images"]


@pytest.mark.parametrize(
    ("scale", "counts", "message"),
    [
        (1.0, {"can": 3}, "can/test_private has 2 images of 3, 002 is missing"),
        (1.0, {"wallplugs": 3}, "wallplugs/test_private has 0 images of 3, 000 is missing"),
        (1e6, None, "do not fit into float16"),
    ],
)
def test_what_the_server_would_refuse(
    tmp_path: Path, scale: float, counts: dict[str, int] | None, message: str
) -> None:
    """Nothing is left of it."""
    native = write_private(tmp_path / "a.h5", scale=scale)
    with pytest.raises(InvalidInputError, match=message):
        convert([native], tmp_path / "sub", submission(counts=counts))
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    """Only private images are submitted."""
    native = write_native(tmp_path / "a.h5", samples())
    with pytest.raises(InvalidInputError, match="must be <number>_regular or <number>_mixed"):
        convert([native], tmp_path / "sub", submission())


def test_the_checker_tells_everything(tmp_path: Path) -> None:
    """Of a tree that somebody else wrote, or edited."""
    root = tmp_path / "sub"
    convert([write_private(tmp_path / "a.h5")], root, submission(fit=fit_at(0, 0.5)))
    assert submission_problems(root) == []
    maps, masks = root / "anomaly_images", root / "anomaly_images_thresholded"
    (maps / "can/test_private/001_regular.tiff").unlink()
    tifffile.imwrite(maps / "can/test_private_mixed/000_mixed.tiff", np.zeros((7, 9), np.float32))
    tifffile.imwrite(
        maps / "vial/test_private/000_regular.tiff",
        np.zeros((7, 9, 1, 3), np.float16),
        photometric="rgb",
    )
    (maps / "vial/test_private/001_mixed.tiff").write_bytes(b"II*\0")
    write_png(masks / "vial/test_private/000_regular.png", np.full((7, 9), 128, np.uint8))
    write_png(masks / "vial/test_private/001_regular.png", np.zeros((6, 9), np.uint8))
    text = "\n".join(map(str, submission_problems(root)))
    for part in (
        "vial/test_private/001_mixed.tiff is not <object>/<split>/<number>_<condition>.tiff",
        "can/test_private has 1 images of 2, 001 is missing",
        "anomaly_images/can/test_private_mixed/000_mixed.tiff: is float32, must be float16",
        "anomaly_images/vial/test_private/000_regular.tiff: must be H x W",
        "can/test_private/001_regular is not both in anomaly_images and",
        "000_regular.png: holds other values than 0 and 255",
        "001_regular.png: is 6 x 9, its map is 7 x 9",
    ):
        assert part in text
