"""The trees of MVTec AD, VisA and MVTec 3D-AD in that layout."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

import anomeval
from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.preparation import PreparationRules

from .samples import (
    SIZE,
    native_rows,
    rows_of,
    samples,
    write_images,
    write_masks,
    write_native,
    write_png,
    write_tree,
)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "uint16"])
@pytest.mark.parametrize("suffix", [".tif", ".tiff", ".TIFF"])
def test_a_tree_is_worth_its_native_file(tmp_path: Path, dtype: str, suffix: str) -> None:
    """Every metric is equal to the last bit, and so are the identities."""
    made = samples(dtype)
    write_tree(tmp_path / "maps", made, suffix)
    write_masks(tmp_path / "data", made)
    predictions = open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    assert rows_of(predictions) == native_rows(tmp_path, made)
    native = open_predictions(tmp_path / "native.h5")
    assert [entry.identity for entry in predictions.entries] == [e.identity for e in native.entries]


def test_masks_beside_the_maps_are_found(tmp_path: Path) -> None:
    """A tree that holds both is evaluated with nothing said."""
    made = samples()
    write_masks(write_tree(tmp_path / "all", made), made)
    native = write_native(tmp_path / "native.h5", made)
    whole, other = anomeval.score([tmp_path / "all"]), anomeval.score([native])
    assert whole.result.rows == other.result.rows
    assert whole.result.data.digest == other.result.data.digest


@pytest.mark.parametrize("form", ["{}_mask.png", "{}.png"])
def test_masks_of_visa_are_called_like_the_images(tmp_path: Path, form: str) -> None:
    """Both names are looked up."""
    made = samples()
    write_tree(tmp_path / "maps", made)
    write_masks(tmp_path / "data", made, form)
    predictions = open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    assert rows_of(predictions) == native_rows(tmp_path, made)


def test_masks_of_mvtec_3d_lie_among_the_images(tmp_path: Path) -> None:
    """`test/<defect>/gt/<id>.png`, also for good images."""
    made = samples()
    write_tree(tmp_path / "maps", made)
    for sample in made:
        folder = tmp_path / "data" / sample.category / "test" / sample.defect / "gt"
        write_png(folder / f"{sample.stem}.png", sample.mask)
    predictions = open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    assert rows_of(predictions) == native_rows(tmp_path, made)


def test_one_object_can_be_named(tmp_path: Path) -> None:
    """Its folder tells what it is."""
    made = samples()[:9]
    write_tree(tmp_path / "maps", made)
    write_masks(tmp_path / "data", made)
    for truth in ("data", "data/bottle"):
        predictions = open_predictions(tmp_path / "maps" / "bottle", truth=tmp_path / truth)
        assert {entry.category for entry in predictions.entries} == {"bottle"}
        assert rows_of(predictions) == native_rows(tmp_path, made)


def test_without_masks_images_can_be_judged(tmp_path: Path) -> None:
    """Folders tell which images are anomalous."""
    predictions = open_predictions(write_tree(tmp_path / "maps", samples()))
    assert "gt_mask" not in predictions.fields
    assert sum(bool(entry.label) for entry in predictions.entries) == 12


def test_normal_images_have_masks_of_the_size_of_the_image(tmp_path: Path) -> None:
    """Otherwise small maps of normal images would weigh less once maps are resized to masks."""
    made = samples()
    write_tree(tmp_path / "maps", made)
    large = [
        sample.__class__(**{**vars(sample), "mask": sample.mask.repeat(3, 0).repeat(3, 1)})
        for sample in made
    ]
    write_masks(tmp_path / "data", large)
    rules = PreparationRules(resize="mask")
    without_images = open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    assert {image.gt_mask.shape for image in without_images} == {(36, 30)}
    write_images(tmp_path / "data", made, (36, 30))
    with_images = open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    assert rows_of(with_images, rules) == rows_of(without_images, rules)


def test_an_unknown_size_is_not_guessed(tmp_path: Path) -> None:
    """Masks of several sizes, none of them that of the map, and no image."""
    made = samples()[:6]
    write_tree(tmp_path / "maps", made)
    for number, sample in enumerate(made[:3]):
        path = tmp_path / "data/bottle/ground_truth/bent" / f"{sample.stem}_mask.png"
        write_png(path, np.ones((20 + number, 20), np.uint8))
    predictions = open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    with pytest.raises(InvalidInputError, match="other masks differ in size"):
        list(predictions)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """What is in the wrong place, and what is there twice."""
    root = write_tree(tmp_path / "maps", samples())
    tifffile.imwrite(root / "bottle/test/bent/000.tif", np.zeros(SIZE, np.float32))
    tifffile.imwrite(root / "cable/test/stray.tiff", np.zeros(SIZE, np.float32))
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(root)
    text = str(caught.value)
    assert "2 problems" in text
    assert "bottle/test/bent/000.tiff is there twice, also as 000.tif" in text
    assert "cable/test/stray.tiff is not in the folder of a defect type" in text


def test_missing_masks_are_told_once_with_their_number(tmp_path: Path) -> None:
    """The first, where it was looked for, and how many more."""
    made = samples()
    write_tree(tmp_path / "maps", made)
    write_masks(tmp_path / "data", [s for s in made if s.stem != "001"])
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(tmp_path / "maps", truth=tmp_path / "data")
    assert len(caught.value.problems) == 4
    where = "bottle/ground_truth/bent/001_mask.png was looked for"
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((*SIZE, 3), np.uint8), "must be H x W, is 12 x 10 x 3 — keep one channel"),
        (np.zeros(SIZE, np.int64), "is int64, must be one of float16"),
        (np.zeros(SIZE, np.complex64), "is complex, must be one of float16"),
        (np.zeros((2, *SIZE), np.float32), "holds several pages"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    """With image and file."""
    root = write_tree(tmp_path / "maps", samples())
    tifffile.imwrite(
        root / "cable/test/good/001.tiff",
        array,
        photometric="minisblack" if array.shape[-1] != 3 else "rgb",
    )
    with pytest.raises(InvalidInputError) as caught:
        list(open_predictions(root))
    assert message in str(caught.value)
    assert "(cable/test/good/001.tiff), image 13 (cable/test/good/001)" in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"compression": "zlib"}, {"rowsperstrip": 5}, {"tile": (16, 16)}]
)
def test_tiff_is_read_however_it_is_stored(tmp_path: Path, options: dict[str, object]) -> None:
    """Strips, tiles, deflate."""
    made = samples()
    write_tree(tmp_path / "maps", made)
    for sample in made:
        path = tmp_path / "maps" / f"{sample.path}.tiff"
        tifffile.imwrite(path, sample.map, **options)
    maps = [image.anomaly_map for image in open_predictions(tmp_path / "maps")]
    assert all(np.array_equal(a, sample.map) for a, sample in zip(maps, made, strict=True))


def test_too_large_an_image_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Maps and masks alike."""
    made = samples()
    write_tree(tmp_path / "maps", made)
    write_masks(tmp_path / "data", made)
    predictions = open_predictions(tmp_path / "maps", max_image_pixels=119)
    with pytest.raises(InvalidInputError, match="declares 12 x 10 pixels, more than 119"):
        list(predictions)
