"""Arrays in files of their own: folders and pairs of `.npy`, one file for each image, `.pt`."""

import gc
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, UsageError
from anomeval.predictions import open_predictions
from anomeval.predictions.npy_header import npy_header

from .samples import native_rows, rows_of, samples, write_masks, write_native, write_png


def stacked(field: str) -> NDArray[Any]:
    return np.stack([getattr(sample, field) for sample in samples()])


def write_columns(folder: Path) -> Path:
    """As people save lists of results."""
    folder.mkdir()
    np.save(folder / "anomaly_maps.npy", stacked("map"))
    np.save(folder / "masks.npy", stacked("mask"))
    np.save(folder / "labels.npy", np.array([s.defect != "good" for s in samples()]))
    np.save(folder / "paths.npy", np.array([s.path for s in samples()]))
    np.save(folder / "object.npy", np.array([s.category for s in samples()]))
    np.save(folder / "defect_name.npy", np.array([s.defect for s in samples()]))
    return folder


def test_a_folder_of_columns_is_worth_its_native_file(tmp_path: Path) -> None:
    """Files are columns; their names may be aliases."""
    predictions = open_predictions(write_columns(tmp_path / "run"))
    assert rows_of(predictions) == native_rows(tmp_path, samples())
    native = open_predictions(tmp_path / "native.h5")
    for one, other in zip(predictions.entries, native.entries, strict=True):
        assert (one.identity, one.label, one.defect_type) == (
            other.identity,
            other.label,
            other.defect_type,
        )


def test_a_pair_of_arrays(tmp_path: Path) -> None:
    """Maps in one file, masks in another; images are known by their position."""
    np.save(tmp_path / "scores.npy", stacked("map")[:9])
    np.save(tmp_path / "truth.npy", stacked("mask")[:9, None])
    predictions = open_predictions(tmp_path / "scores.npy", truth=tmp_path / "truth.npy")
    assert [entry.identity for entry in predictions.entries][:2] == ["scores#0", "scores#1"]
    values = [row.value for row in rows_of(predictions)]
    assert values == [row.value for row in native_rows(tmp_path, samples()[:9])][: len(values)]


def test_a_pair_of_unlike_length_is_refused(tmp_path: Path) -> None:
    """Masks that are too many would be those of other images."""
    np.save(tmp_path / "scores.npy", stacked("map"))
    np.save(tmp_path / "truth.npy", stacked("mask")[1:])
    with pytest.raises(InvalidInputError, match="holds 17 masks for 18 images"):
        open_predictions(tmp_path / "scores.npy", truth=tmp_path / "truth.npy")


def test_masks_twice_are_refused(tmp_path: Path) -> None:
    """Who has masks needs no truth."""
    folder = write_columns(tmp_path / "run")
    with pytest.raises(UsageError, match="has masks of its own"):
        open_predictions(folder, truth=folder / "masks.npy")


def test_columns_are_streamed(tmp_path: Path) -> None:
    """A pass over 50 MB never holds more than a few images of 256 kB."""
    maps = np.lib.format.open_memmap(
        tmp_path / "m.npy", "w+", dtype=np.float32, shape=(200, 256, 256)
    )
    maps[:, 0, 0] = np.arange(200)
    maps.flush()
    del maps
    tracemalloc.start()
    seen = [float(image.anomaly_map[0, 0]) for image in open_predictions(tmp_path / "m.npy")]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == list(range(200))
    assert peak < 3e6


def write_one_for_each(folder: Path, suffix: str) -> Path:
    for sample in samples():
        path = folder / f"{sample.path}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".npy":
            np.save(path, sample.map)
        elif suffix == ".npz":
            np.savez_compressed(path, anomaly_scores=sample.map)
        else:
            with h5py.File(path, "w") as file:
                file.create_dataset("value", data=sample.map, compression=9)
    return folder


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".hdf5"])
def test_one_file_for_each_image(tmp_path: Path, suffix: str) -> None:
    """Equal to the native file, with truth from the data set."""
    maps = write_one_for_each(tmp_path / "maps", suffix)
    write_masks(tmp_path / "data", samples())
    predictions = open_predictions(maps, truth=tmp_path / "data")
    assert rows_of(predictions) == native_rows(tmp_path, samples())


@pytest.mark.parametrize("form", ["{}.png", "{}_mask.png"])
def test_masks_in_a_folder_like_that_of_the_maps(tmp_path: Path, form: str) -> None:
    """Images in `good` need none."""
    maps = write_one_for_each(tmp_path / "maps", ".npy")
    for sample in samples():
        if sample.defect != "good":
            path = tmp_path / "masks" / sample.path
            write_png(path.with_name(form.format(path.name)), sample.mask)
    predictions = open_predictions(maps, truth=tmp_path / "masks")
    values = [row.value for row in rows_of(predictions)]
    assert None not in values
    (tmp_path / "masks/bottle/test/bent" / form.format("001")).unlink()
    with pytest.raises(InvalidInputError, match=r"bottle/test/bent/001.* has no mask"):
        open_predictions(maps, truth=tmp_path / "masks")


def test_files_of_several_kinds_are_not_mixed(tmp_path: Path) -> None:
    """Which would be the maps?"""
    maps = write_one_for_each(tmp_path / "maps", ".npy")
    np.savez(maps / "z.npz", anomaly_map=samples()[0].map)
    with pytest.raises(InvalidInputError, match=r"several kinds: \.npy, \.npz"):
        open_predictions(maps)


def test_a_folder_of_native_files_is_still_one(tmp_path: Path) -> None:
    """Files with many images are not taken for one image each, whatever else they hold."""
    with h5py.File(write_native(tmp_path / "a.h5", samples()), "a") as file:
        file["boxes"] = np.zeros((18, 4), np.float32)
        file["pred_score"] = np.zeros((18, 1), np.float32)
    assert len(open_predictions(tmp_path)) == 18
    assert open_predictions(tmp_path).files[0].path.endswith("a.h5")


def test_an_ambiguous_file_is_told(tmp_path: Path) -> None:
    """Two arrays could be the map."""
    np.savez(tmp_path / "a.npz", value=samples()[0].map, heatmap=samples()[0].map)
    with pytest.raises(InvalidInputError, match="more than one array of one map"):
        list(open_predictions(tmp_path, layout="folder"))


torch = pytest.importorskip("torch")


def write_asmaps(path: Path, **more: Any) -> Path:
    paths = [f"/data/MVTec/{sample.path}.png" for sample in samples()]
    torch.save({"asmaps": torch.from_numpy(stacked("map")), "paths": paths, **more}, path)
    return path


def test_asmaps_are_worth_their_native_file(tmp_path: Path) -> None:
    """Paths tell where the masks are."""
    write_masks(tmp_path / "data", samples())
    predictions = open_predictions(write_asmaps(tmp_path / "asmaps.pt"), truth=tmp_path / "data")
    assert rows_of(predictions) == native_rows(tmp_path, samples())


class Harmful:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('code was run')",)


def test_code_in_asmaps_is_not_run(tmp_path: Path) -> None:
    """Torch refuses what is no tensor."""
    path = write_asmaps(tmp_path / "asmaps.pt", more=Harmful())
    with pytest.raises(InvalidInputError, match="holds more than tensors and plain values"):
        open_predictions(path)


def test_tensors_of_other_types_are_refused(tmp_path: Path) -> None:
    """With the remedy."""
    torch.save({"asmaps": torch.zeros(2, 3, 3, dtype=torch.bfloat16)}, tmp_path / "a.pt")
    with pytest.raises(InvalidInputError, match=r"is no plain tensor .*tensor\.float\(\)"):
        open_predictions(tmp_path / "a.pt")


def test_headers_are_read_by_many_threads(tmp_path: Path) -> None:
    """Python 3.11 loses its count of nested brackets if another thread parses in between."""
    np.save(tmp_path / "a.npy", stacked("map"))

    def let_others_run(*_: object) -> None:
        time.sleep(1e-5)

    def shapes(_: int) -> set[tuple[int, ...]]:
        found = set()
        for _ in range(200):
            with open(tmp_path / "a.npy", "rb") as file:
                found.add(npy_header(file)[0])
        return found

    gc.callbacks.append(let_others_run)
    before = gc.get_threshold()
    gc.set_threshold(5)
    try:
        with ThreadPoolExecutor(4) as threads:
            assert set().union(*threads.map(shapes, range(4))) == {(18, 12, 10)}
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(let_others_run)
