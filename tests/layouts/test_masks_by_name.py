"""Which picture is the mask of an image, and which images are normal."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import PredictionSet, open_predictions

from .samples import native_rows, rows_of, samples, write_native, write_png, write_tree

PHOTO = np.random.default_rng(3).integers(0, 256, (12, 10)).astype(np.uint8)


def write_beside(folder: Path, mark: str, suffix: str = ".png", photo: str | None = ".png") -> Path:
    """Masks, and photographs beside them, as the maps are called."""
    for sample in samples():
        if photo:
            write_png(folder / f"{sample.path}{photo}", PHOTO)
        write_png(folder / f"{sample.path}{mark}{suffix}", sample.mask)
    return folder


def write_maps(folder: Path) -> Path:
    """A file for each map; no data set tells what their folders mean."""
    for sample in samples():
        path = folder / f"{sample.path}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, sample.map)
    return folder


def masks_of(predictions: PredictionSet) -> dict[str, np.ndarray]:
    return {image.entry.identity: image.gt_mask != 0 for image in predictions}


EXPECTED = {sample.path: sample.mask != 0 for sample in samples()}


@pytest.mark.parametrize("mark", ["_mask", "_GT", "_gt", "_label", "_MASK"])
@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".TIF"])
def test_the_photograph_beside_a_mask_is_not_the_mask(
    tmp_path: Path, mark: str, suffix: str
) -> None:
    maps = write_maps(tmp_path / "maps")
    truth = write_beside(tmp_path / "data", mark, suffix)
    found = masks_of(open_predictions(maps, truth=truth))
    assert found.keys() == EXPECTED.keys()
    assert all(np.array_equal(found[name], EXPECTED[name]) for name in EXPECTED)


@pytest.mark.parametrize("photo", [".jpg", ".JPG", ".bmp", ".tif"])
def test_a_photograph_of_another_format_is_not_the_mask(tmp_path: Path, photo: str) -> None:
    """The bare name is that of both; masks are PNG."""
    maps = write_maps(tmp_path / "maps")
    truth = write_beside(tmp_path / "data", "", photo=photo)
    found = masks_of(open_predictions(maps, truth=truth))
    assert all(np.array_equal(found[name], EXPECTED[name]) for name in EXPECTED)


def test_where_any_image_has_both_no_bare_name_is_a_mask(tmp_path: Path) -> None:
    """Normal images have no mask here; their photographs, of few values, are none either."""
    maps = write_tree(tmp_path / "maps", samples())
    for sample in samples():
        write_png(tmp_path / f"data/{sample.category}/test/{sample.stem}.png", PHOTO // 128)
        folder = tmp_path / "data" / sample.category / "test" / sample.defect
        write_png(folder / f"{sample.stem}.png", PHOTO // 128)
        if sample.stem == "000" or sample.defect != "good":
            write_png(folder / f"{sample.stem}_mask.png", sample.mask)
    found = masks_of(open_predictions(maps, truth=tmp_path / "data"))
    assert all(np.array_equal(found[name], EXPECTED[name]) for name in EXPECTED)


@pytest.mark.parametrize("root", ["/data/x/", "D:\\data\\", "./"])
def test_images_that_lay_elsewhere(tmp_path: Path, root: str) -> None:
    """The last folders of a path are those of the mask, whatever the data set was kept in."""
    made = samples()
    names = [
        root + f"{sample.path}.jpg".replace("/", "\\" * root.endswith("\\") or "/")
        for sample in made
    ]
    native = write_native(tmp_path / "a.h5", made, names)
    with h5py.File(native, "a") as file:
        del file["gt_mask"], file["gt_label"]
    truth = write_beside(tmp_path / "masks", "", photo=None)
    masks = [image.gt_mask != 0 for image in open_predictions(native, truth=truth)]
    assert all(np.array_equal(a, s.mask != 0) for a, s in zip(masks, made, strict=True))


def refusal(*args: Path, **options: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        list(open_predictions(*args, **options))
    return str(caught.value)


def test_two_masks_of_one_image_are_refused(tmp_path: Path) -> None:
    maps = write_maps(tmp_path / "maps")
    truth = write_beside(tmp_path / "data", "_mask")
    write_png(truth / "cable/test/bent/001_Mask.bmp", PHOTO)
    text = refusal(maps, truth=truth)
    assert "could have any of the masks 001_Mask.bmp, 001_mask.png in cable/test/bent" in text


def test_one_mask_of_two_images_is_refused(tmp_path: Path) -> None:
    """`000_label.png` is the mask of `000`, and of an image of that very name."""
    maps = tmp_path / "maps"
    maps.mkdir()
    for name in ("000", "000_label"):
        np.save(maps / f"{name}.npy", PHOTO.astype(np.float32))
    write_png(tmp_path / "data/000_label.png", PHOTO // 128)
    assert "tells of several images, 000 and 000_label" in refusal(maps, truth=tmp_path / "data")


def test_a_folder_of_photographs_is_told(tmp_path: Path) -> None:
    """Of which one in colour is no proof, if others are masks."""
    maps = write_maps(tmp_path / "maps")
    coloured = np.random.default_rng(0).integers(0, 256, (12, 10, 3)).astype(np.uint8)
    for sample in samples():
        write_png(tmp_path / "data" / f"{sample.path}.png", coloured)
    text = refusal(maps, truth=tmp_path / "data")
    assert "these look like photographs, not masks — name the folder of masks" in text
    write_beside(tmp_path / "data", "_mask", photo=None)
    write_png(tmp_path / "data/bottle/test/bent/000_mask.png", coloured)
    text = refusal(maps, truth=tmp_path / "data")
    assert "image 0 (bottle/test/bent/000): has several channels, and they differ" in text


@pytest.mark.parametrize("good", ["good", "ok", "OK", "Normal", "defect_free", "Defect-Free"])
def test_folders_of_normal_images_have_many_names(tmp_path: Path, good: str) -> None:
    """In trees of maps, in data sets, in folders of masks: one rule."""
    maps, data = tmp_path / "maps", tmp_path / "data"
    write_tree(maps, samples())
    for sample in samples():
        if sample.defect == "good":
            continue
        write_png(
            data / f"{sample.category}/ground_truth/{sample.defect}/{sample.stem}.bmp", sample.mask
        )
    for category in ("bottle", "cable"):
        (maps / category / "test/good").rename(maps / category / "test" / good)
    told = open_predictions(maps, truth=data)
    labels = {entry.identity: entry.label for entry in told.entries}
    assert sum(not label for label in labels.values()) == 6
    assert all(label == (f"/{good}/" not in name) for name, label in labels.items())
    assert [row.value for row in rows_of(told)] == [
        row.value for row in native_rows(tmp_path, samples())
    ]
    for sample in samples():
        if sample.defect != "good":
            write_png(tmp_path / "masks" / f"{sample.path}.png", sample.mask)
    told = open_predictions(maps, truth=tmp_path / "masks", layout="folder")
    assert sum(image.entry.label is False for image in told) == 6


def test_a_map_or_mask_that_changes_is_refused(tmp_path: Path) -> None:
    """After it was opened, also where it stays readable."""
    maps = write_maps(tmp_path / "maps")
    truth = write_beside(tmp_path / "data", "_mask", photo=None)
    last = samples()[-1]
    for path in (maps / f"{last.path}.npy", truth / f"{last.path}_mask.png"):
        predictions = open_predictions(maps, truth=truth)
        images = iter(predictions)
        next(images)
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        with pytest.raises(InvalidInputError, match="was changed after it had been opened"):
            list(images)
        path.unlink()
        with pytest.raises(InvalidInputError, match="was removed after it had been opened"):
            list(predictions)
        path.write_bytes(content)
