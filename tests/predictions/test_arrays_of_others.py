"""Arrays that are laid out in another way than ours: the same values, or one clear refusal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import Writer, inspect_predictions, open_predictions
from anomeval.workflows.fitting import fit
from anomeval.workflows.scoring import score

from .conftest import flat

N, H, W = 6, 5, 7
DRAW = np.random.default_rng(3)
MASKS = np.zeros((N, H, W), np.uint8)
MASKS[1::2, 1:4, 2:6] = 1
MASKS[3, 4, :] = 2
COLUMNS: dict[str, np.ndarray] = {
    # of few bits, so that every type holds them exactly
    "anomaly_map": np.round(DRAW.uniform(0, 100, (N, H, W)) + 40 * MASKS),
    "pred_score": np.round(DRAW.uniform(0, 9, N), 1),
    "gt_label": np.arange(N) % 2,
    "gt_mask": MASKS,
    "gt_saturation": np.array([[9, 5], [10, 6], [12, 4], [3, 7], [1, 1], [8, 2]]) * [1, 0],
    "image_path": np.array([f"käfer/{i}.png" for i in range(N)]),
    "category": np.array(["käfer"] * N),
    "defect_type": np.array(["good", "Kratzer"] * (N // 2)),
    "group_id": np.arange(N) // 2,
}
COLUMNS["gt_saturation"][::2] = 0
COLUMNS["gt_saturation"][3, 1] = 7
METRICS = ("auroc", "ap", "aupro", "spro(threshold=60)")


def hdf5(path: Path, columns: dict[str, Any]) -> str:
    with h5py.File(path / "t.h5", "w") as file:
        for name, array in columns.items():
            text = np.asarray(array).dtype.kind == "U"
            file[name] = array.astype(object) if text else array
    return str(path / "t.h5")


def npz(path: Path, columns: dict[str, Any]) -> str:
    np.savez(path / "t.npz", **columns)
    return str(path / "t.npz")


def deflated(path: Path, columns: dict[str, Any]) -> str:
    np.savez_compressed(path / "t.npz", **columns)
    return str(path / "t.npz")


def npy(path: Path, columns: dict[str, Any]) -> str:
    for name, array in columns.items():
        np.save(path / f"{name}.npy", array)
    return str(path)


Write = Callable[[Path, dict[str, Any]], str]
every_format = pytest.mark.parametrize("write", [hdf5, npz, deflated, npy])


def numbers(path: str) -> tuple[dict[str, float | None], str]:
    """What is measured of a file, and what the file is."""
    result = score([path], metrics=METRICS, confidence=None).result
    return {row.metric: row.value for row in result.rows}, result.data.digest


def swapped(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder(">"))


def in_columns(array: np.ndarray) -> np.ndarray:
    return np.asfortranarray(array)


@every_format
@pytest.mark.parametrize("field", COLUMNS)
def test_the_byte_order_of_any_field(write: Write, field: str, tmp_path: Path) -> None:
    """The most significant byte first, as on other machines."""
    for number, change in enumerate((np.asarray, swapped)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = write(folder, {**COLUMNS, field: change(COLUMNS[field])})
        if not number:
            expected = numbers(path)
    assert numbers(path) == expected
    assert not [f for f in inspect_predictions([path]).findings if f.severity == "error"]


@every_format
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "u1", "u2"])
def test_maps_of_any_type_and_byte_order(write: Write, kind: str, tmp_path: Path) -> None:
    """A ranking does not ask how its numbers are written down."""
    (tmp_path / "a").mkdir()
    expected, _ = numbers(npz(tmp_path / "a", COLUMNS))
    for order in "<>":
        folder = tmp_path / f"{order == '<'}"
        folder.mkdir()
        maps = COLUMNS["anomaly_map"].astype(order + kind)
        path = write(folder, {**COLUMNS, "anomaly_map": maps})
        assert numbers(path)[0] == expected
        fitted = fit([path]).shared
        assert fitted.pixel is not None
        normal = COLUMNS["anomaly_map"][::2]
        assert fitted.pixel.scale.low == min(normal.min(), COLUMNS["anomaly_map"].min())


@pytest.mark.parametrize("write", [npz, deflated, npy])
def test_lists_in_columns(write: Write, tmp_path: Path) -> None:
    """Fortran order: what is enough of a defect belongs to its own image."""
    folders = [tmp_path / "c", tmp_path / "f"]
    for folder in folders:
        folder.mkdir()
    saturation = COLUMNS["gt_saturation"]
    expected = numbers(write(folders[0], COLUMNS))
    path = write(folders[1], {**COLUMNS, "gt_saturation": in_columns(saturation)})
    assert numbers(path) == expected
    images = open_predictions(path)
    assert [image.saturation.tolist() for image in images] == saturation.tolist()
    one = images.files[0].images(3, 4)
    assert next(one).saturation.tolist() == saturation[3].tolist()


@pytest.mark.parametrize("write", [npz, deflated, npy])
@pytest.mark.parametrize("field", ["anomaly_map", "gt_mask"])
def test_images_in_columns(write: Write, field: str, tmp_path: Path) -> None:
    """All of it would have to be in memory."""
    path = write(tmp_path, {**COLUMNS, field: in_columns(COLUMNS[field])})
    with pytest.raises(InvalidInputError, match=f"{field}: is in Fortran order"):
        open_predictions(path)


@every_format
def test_a_channel_that_comes_last(write: Write, tmp_path: Path) -> None:
    """(N, H, W, 1) holds the same pixels as (N, H, W)."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    expected = numbers(write(tmp_path / "a", COLUMNS))
    last = {name: COLUMNS[name][..., None] for name in ("anomaly_map", "gt_mask")}
    assert numbers(write(tmp_path / "b", {**COLUMNS, **last})) == expected


@pytest.mark.parametrize("suffix", ["h5", "npz"])
@pytest.mark.parametrize("axis", [1, -1])
def test_a_channel_that_is_handed_to_the_writer(suffix: str, axis: int, tmp_path: Path) -> None:
    """First or last, in a batch or in a list of images."""
    maps, masks = COLUMNS["anomaly_map"], COLUMNS["gt_mask"]
    path = tmp_path / f"t.{suffix}"
    with Writer(path) as writer:
        batch = np.expand_dims(maps[:4], axis), np.expand_dims(masks[:4], axis)
        writer.add(anomaly_map=batch[0], gt_mask=batch[1])
        single = [np.expand_dims(image, axis % 3 - 1 if axis == 1 else -1) for image in maps[4:]]
        writer.add(anomaly_map=single, gt_mask=masks[4:])
    assert [image.anomaly_map.tolist() for image in open_predictions(path)] == maps.tolist()
    assert [image.gt_mask.tolist() for image in open_predictions(path)] == masks.tolist()


def test_several_channels_are_refused(tmp_path: Path) -> None:
    """Which of them is the score cannot be told."""
    path = npz(tmp_path, {"anomaly_map": np.zeros((2, 4, 4, 3), "f4")})
    with pytest.raises(InvalidInputError, match="must be N x H x W, is 2 x 4 x 4 x 3"):
        open_predictions(path)


def test_scores_alone(tmp_path: Path) -> None:
    """An array of one number for each image, and labels in the same order."""
    scores, truth = tmp_path / "any.npy", tmp_path / "labels.npy"
    np.save(scores, [0.1, 0.9, 0.4, 0.6])
    np.save(truth, [0, 1, 1, 0])
    result = score([scores], truth=truth, metrics=["image_auroc"], confidence=None).result
    assert [row.value for row in result.rows] == [0.75]  # 3 of 4 pairs in order, by hand
    assert (result.data.images, result.data.anomalous_images) == (4, 2)


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ([0, 1, 2, 0], r"image 2 .*2 is neither 0 \(normal\) nor 1"),
        ([0, 1, 1], "holds 3 labels for 4 images"),
        (["a", "b", "c", "d"], r"gt_label\): is text, must be 0"),
        (np.zeros((4, 2, 2, 3), "u1"), r"gt_mask\): must be N x H x W"),
        (np.zeros((3, 2, 2), "u1"), "holds 3 masks for 4 images"),
        (np.asfortranarray(np.zeros((4, 2, 2), "u1")), "is in Fortran order"),
    ],
)
def test_truth_in_an_array_that_does_not_fit(truth: Any, message: str, tmp_path: Path) -> None:
    """With what it is."""
    np.save(tmp_path / "scores.npy", [0.1, 0.9, 0.4, 0.6])
    np.save(tmp_path / "truth.npy", truth)
    with pytest.raises(InvalidInputError, match=message):
        open_predictions(tmp_path / "scores.npy", truth=tmp_path / "truth.npy")


def longer(path: Path, array: np.ndarray) -> None:
    """As if the shape in the header had lost a digit, or two arrays had been written in one."""
    np.save(path, array)
    with path.open("ab") as file:
        file.write(b"\0" * array.itemsize)


def test_arrays_longer_than_their_header_says(tmp_path: Path) -> None:
    """A map, a column, a truth: their rows would be cut and shifted."""
    message = "bytes, not what its header says"
    maps, masks = COLUMNS["anomaly_map"], COLUMNS["gt_mask"]
    longer(tmp_path / "one.npy", maps)
    with pytest.raises(InvalidInputError, match=message):
        open_predictions(tmp_path / "one.npy")
    np.save(tmp_path / "sound.npy", maps)
    longer(tmp_path / "masks.npy", masks)
    with pytest.raises(InvalidInputError, match=message):
        open_predictions(tmp_path / "sound.npy", truth=tmp_path / "masks.npy")
    (tmp_path / "maps").mkdir()
    longer(tmp_path / "maps" / "0.npy", maps[0])
    with pytest.raises(InvalidInputError, match=message):
        list(open_predictions(tmp_path / "maps"))
    (tmp_path / "columns").mkdir()
    np.save(tmp_path / "columns" / "anomaly_map.npy", maps)
    longer(tmp_path / "columns" / "gt_label.npy", COLUMNS["gt_label"])
    with pytest.raises(InvalidInputError, match=message):
        open_predictions(tmp_path / "columns")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header(version: tuple[int, int], tmp_path: Path) -> None:
    """NumPy chooses among them by what is to be told."""
    with (tmp_path / "t.npy").open("wb") as file:
        np.lib.format.write_array(file, COLUMNS["anomaly_map"], version)
    images = list(open_predictions(tmp_path / "t.npy"))
    assert [image.anomaly_map.tolist() for image in images] == COLUMNS["anomaly_map"].tolist()


def test_a_header_that_python_2_wrote(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """Its long integers are read; NumPy's warning about them is no business of the user."""
    np.save(tmp_path / "t.npy", np.arange(6.0).reshape(1, 2, 3))
    content = (tmp_path / "t.npy").read_bytes()
    (tmp_path / "t.npy").write_bytes(content.replace(b"(1, 2, 3), }   ", b"(1L, 2L, 3L), }"))
    [image] = open_predictions(tmp_path / "t.npy")
    assert image.anomaly_map.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not recwarn.list


def test_what_hdf5_can_do_besides(tmp_path: Path) -> None:
    """User blocks, compact and early storage, committed types, links, scaling: the same values."""
    expected, plain = numbers(hdf5(tmp_path, COLUMNS)), dict(COLUMNS)
    for number, make in enumerate((_user_block, _compact, _early, _committed, _linked, _scaled)):
        path = tmp_path / f"{number}.h5"
        make(path, plain)
        assert numbers(str(path)) == expected, make.__name__


def _texts(file: h5py.File, columns: dict[str, Any], *, leave_out: str = "") -> None:
    for name, array in columns.items():
        if name != leave_out:
            file[name] = array.astype(object) if array.dtype.kind == "U" else array


def _user_block(path: Path, columns: dict[str, Any]) -> None:
    with h5py.File(path, "w", userblock_size=1024) as file:
        _texts(file, columns)
    with path.open("r+b") as file:
        file.write(b"something that is not ours")


def _compact(path: Path, columns: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        _texts(file, columns, leave_out="anomaly_map")
        maps = columns["anomaly_map"]
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(maps.shape)
        kind = h5py.h5t.py_create(maps.dtype)
        h5py.Dataset(h5py.h5d.create(file.id, b"anomaly_map", kind, space, created))[...] = maps


def _early(path: Path, columns: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        _texts(file, columns, leave_out="anomaly_map")
        maps = columns["anomaly_map"]
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        created.set_chunk((1, H, W))
        space = h5py.h5s.create_simple(maps.shape)
        kind = h5py.h5t.py_create(maps.dtype)
        h5py.Dataset(h5py.h5d.create(file.id, b"anomaly_map", kind, space, created))[...] = maps


def _committed(path: Path, columns: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        file["number"] = np.dtype("<f8")
        _texts(file, columns, leave_out="anomaly_map")
        maps = file.create_dataset("anomaly_map", (N, H, W), file["number"])
        maps[...] = columns["anomaly_map"]


def _linked(path: Path, columns: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("elsewhere/deep")
        _texts(group, columns)
        for name in columns:
            file[name] = h5py.SoftLink(f"/elsewhere/deep/{name}")


def _scaled(path: Path, columns: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        _texts(file, columns, leave_out="gt_mask")
        file.create_dataset("gt_mask", data=columns["gt_mask"], scaleoffset=True, chunks=True)


def test_labels_of_named_values(tmp_path: Path) -> None:
    """Booleans and other enumerations of HDF5 count by their numbers."""
    kinds = {"flag": bool, "names": h5py.enum_dtype({"good": 0, "bad": 1}, "i1")}
    for name, kind in kinds.items():
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["pred_score"] = COLUMNS["pred_score"]
            file.create_dataset("gt_label", data=COLUMNS["gt_label"].astype("i1"), dtype=kind)
        opened = open_predictions(tmp_path / f"{name}.h5")
        assert [entry.label for entry in opened.entries] == [False, True] * (N // 2)


@pytest.mark.parametrize("kind", ["external", "virtual"])
def test_values_in_other_files(kind: str, tmp_path: Path) -> None:
    """They may be gone, or change unseen."""
    maps = COLUMNS["anomaly_map"]
    hdf5(tmp_path, {"anomaly_map": maps})
    with h5py.File(tmp_path / "f.h5", "w") as file:
        if kind == "external":
            maps.tofile(tmp_path / "raw")
            place = [(str(tmp_path / "raw"), 0, maps.nbytes)]
            file.create_dataset("anomaly_map", maps.shape, maps.dtype, external=place)
        else:
            layout = h5py.VirtualLayout(maps.shape, maps.dtype)
            layout[...] = h5py.VirtualSource(tmp_path / "t.h5", "anomaly_map", maps.shape)
            file.create_virtual_dataset("anomaly_map", layout)
    with pytest.raises(InvalidInputError, match="its values are in other files"):
        open_predictions(tmp_path / "f.h5")


def test_no_images(tmp_path: Path) -> None:
    """Arrays of length zero are told as that."""
    path = npz(tmp_path, {name: array[:0] for name, array in flat(2).items()})
    with pytest.raises(InvalidInputError, match="holds no images"):
        open_predictions(path)
