"""What is changed while it is read is refused: no value of a mixture gets out."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.stamps import Stamps, files_of

MAPS = np.arange(8 * 4 * 5, dtype=np.float32).reshape(8, 4, 5)
OTHERS = MAPS + 1000


def hdf5(path: Path, maps: np.ndarray) -> None:
    """Anew, with the same size."""
    with h5py.File(path, "w") as file:
        file["anomaly_map"] = maps
        file["gt_label"] = np.arange(8) % 2


def hdf5_in_place(path: Path, maps: np.ndarray) -> None:
    """Into the file that is there."""
    if not path.exists():
        return hdf5(path, maps)
    with h5py.File(path, "r+") as file:
        file["anomaly_map"][...] = maps
    return None


def npz(path: Path, maps: np.ndarray) -> None:
    """Uncompressed, read past the library of ZIP."""
    with path.open("wb") as file:
        np.savez(file, anomaly_map=maps, gt_label=np.arange(8) % 2)


def deflated(path: Path, maps: np.ndarray) -> None:
    """Deflated, read in one stretch."""
    with path.open("wb") as file:
        np.savez_compressed(file, anomaly_map=maps, gt_label=np.arange(8) % 2)


def columns(path: Path, maps: np.ndarray) -> None:
    """A folder of arrays."""
    path.mkdir(exist_ok=True)
    np.save(path / "anomaly_map.npy", maps)
    np.save(path / "gt_label.npy", np.arange(8) % 2)


WRITERS = (hdf5, hdf5_in_place, npz, deflated, columns)
Write = Callable[[Path, np.ndarray], None]


def written(write: Write, path: Path, maps: np.ndarray, age: int) -> None:
    """Write, and give every file a time of its own: the clock of a file system may be coarse."""
    write(path, maps)
    for file in files_of(str(path)):
        os.utime(file, ns=(age, age))


@pytest.mark.parametrize("write", WRITERS)
def test_a_change_while_a_stretch_is_read(write: Write, tmp_path: Path) -> None:
    """It ends before its last image is handed on, so nothing can be counted to the end."""
    path = tmp_path / "test"
    written(write, path, MAPS, age=1)
    [file] = open_predictions(path).files
    images = file.images(0, 8)
    seen = [next(images)]
    written(write, path, OTHERS, age=2)
    with pytest.raises(InvalidInputError, match="was changed after it had been opened"):
        seen.extend(images)
    assert len(seen) < 8


@pytest.mark.parametrize("write", WRITERS)
def test_no_change_is_no_change(write: Write, tmp_path: Path) -> None:
    """To be read, copied and linked to is none."""
    path = tmp_path / "test"
    written(write, path, MAPS, age=1)
    opened = open_predictions(path)
    for file in files_of(str(path)):
        Path(file).read_bytes()
        os.link(file, tmp_path / f"copy of {Path(file).name}")
    assert [image.anomaly_map.tolist() for image in opened] == MAPS.tolist()


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """That is told as what it is."""
    hdf5(tmp_path / "test.h5", MAPS)
    opened = open_predictions(tmp_path / "test.h5")
    (tmp_path / "test.h5").unlink()
    with pytest.raises(InvalidInputError, match="was removed after it had been opened"):
        list(opened)


def test_any_column_of_a_folder_counts(tmp_path: Path) -> None:
    """Labels that were written anew do not go with maps that were not."""
    written(columns, tmp_path / "test", MAPS, age=1)
    opened = open_predictions(tmp_path / "test")
    os.utime(tmp_path / "test" / "gt_label.npy", ns=(2, 2))
    with pytest.raises(InvalidInputError, match=r"gt_label\.npy: was changed"):
        list(opened)


def test_a_change_is_told_in_the_place_of_the_damage_that_it_does(tmp_path: Path) -> None:
    """A file cut off under the reader is not damaged: it is being written."""
    path = tmp_path / "test.npz"
    written(npz, path, MAPS, age=1)
    images = open_predictions(path).files[0].images(0, 8)
    next(images)
    os.truncate(path, 300)
    with pytest.raises(InvalidInputError, match="was changed after it had been opened"):
        list(images)


def test_stamps_name_every_file_that_changed(tmp_path: Path) -> None:
    """Of those that are asked about."""
    paths = [str(tmp_path / name) for name in "abc"]
    for path in paths:
        Path(path).write_text("1")
    stamps = Stamps.of(paths)
    for path in paths[:2]:
        Path(path).write_text("12")
    with pytest.raises(InvalidInputError) as error:
        stamps.check()
    assert [problem.file for problem in error.value.problems] == paths[:2]
    stamps.check(paths[2])
