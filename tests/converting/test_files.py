"""convert to HDF5 and NPZ: nothing is lost, and nothing is left of what went wrong."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError, UsageError
from anomeval.predictions import open_predictions
from anomeval.workflows import converting
from anomeval.workflows.converting import Conversion, convert
from tests.layouts.samples import (
    native_rows,
    rows_of,
    samples,
    write_masks,
    write_native,
    write_tree,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_masks(write_tree(tmp_path / "tree", samples()), samples())


@pytest.mark.parametrize("suffix", [".h5", ".hdf5", ".npz"])
@pytest.mark.parametrize("compress", [True, False])
def test_a_tree_becomes_a_file(tmp_path: Path, tree: Path, suffix: str, compress: bool) -> None:
    """Worth the same, with the same identities."""
    output = tmp_path / f"out{suffix}"
    converted = convert([tree], output, Conversion(compress=compress))
    assert converted.images == 18
    assert converted.cautions == ()
    assert rows_of(open_predictions(output)) == native_rows(tmp_path, samples())
    assert "samples" not in h5py.File(output) if suffix != ".npz" else True
    names = [[e.identity for e in open_predictions(p).entries] for p in (tree, output)]
    assert names[0] == names[1]


def test_everything_is_kept(tmp_path: Path) -> None:
    """Scores, groups and attributes, too."""
    native = write_native(tmp_path / "a.h5", samples())
    with h5py.File(native, "a") as file:
        file["pred_score"] = np.arange(18) / 7
        file.create_dataset("group_id", data=["g", ""] * 9, dtype=h5py.string_dtype())
        file.attrs["score_space"] = "normalized"
    convert([native], tmp_path / "b.npz")
    convert([tmp_path / "b.npz"], tmp_path / "c.h5")
    [one], [other] = (open_predictions(tmp_path / name).files for name in ("a.h5", "c.h5"))
    for a, b in zip(one.images(), other.images(), strict=True):
        known = (a.entry.identity, a.entry.score, a.entry.label, a.entry.group_id)
        assert known == (b.entry.identity, b.entry.score, b.entry.label, b.entry.group_id)
        assert np.array_equal(a.anomaly_map, b.anomaly_map)
        assert a.anomaly_map.dtype == b.anomaly_map.dtype
        assert np.array_equal(a.gt_mask, b.gt_mask)
    assert other.attributes["score_space"] == "normalized"  # type: ignore[attr-defined]


def test_images_of_several_sizes_become_samples(tmp_path: Path) -> None:
    """Without being asked for it."""
    made = samples()
    made[0] = replace(made[0], map=made[0].map[:5], mask=made[0].mask[:5])
    tree = write_masks(write_tree(tmp_path / "tree", made), made)
    convert([tree], tmp_path / "out.h5")
    assert "samples" in h5py.File(tmp_path / "out.h5")
    assert rows_of(open_predictions(tmp_path / "out.h5")) == rows_of(open_predictions(tree))


def test_unnamed_images_stay_unnamed(tmp_path: Path) -> None:
    """Positions are no names."""
    native = write_native(tmp_path / "a.h5", samples())
    with h5py.File(native, "a") as file:
        del file["image_path"]
    convert([native], tmp_path / "b.h5")
    assert open_predictions(tmp_path / "b.h5").entries[3].identity == "b#3"


def test_a_damaged_copy_is_not_kept(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read back must be what was written; the earlier output stays."""
    convert([tree], tmp_path / "out.h5")
    before = (tmp_path / "out.h5").read_bytes()
    digest = converting._digest
    calls = iter(range(1000))
    monkeypatch.setattr(
        converting, "_digest", lambda *a: digest(*a) if next(calls) != 30 else "damaged"
    )
    with pytest.raises(InvalidInputError, match="reads back differently"):
        convert([tree], tmp_path / "out.h5")
    assert (tmp_path / "out.h5").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.h5", "tree"]


def test_a_bad_image_leaves_nothing(tmp_path: Path, tree: Path) -> None:
    """The error names it."""
    (tree / "cable/test/good/001.tiff").write_bytes(b"II*\0")
    with pytest.raises(InvalidInputError, match=r"image 13 \(cable/test/good/001\)"):
        convert([tree], tmp_path / "out.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


@pytest.mark.parametrize(
    ("output", "how", "message"),
    [
        ("out", Conversion(), "tells no layout by its suffix"),
        ("out.txt", Conversion(layout_to="h5"), "is no name for h5"),
        ("out.h5", Conversion(counts={"can": 3}), "--fit and --expect are for submissions"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, tree: Path, output: str, how: Conversion, message: str
) -> None:
    """Told before anything is read."""
    with pytest.raises(UsageError, match=message):
        convert([tree], tmp_path / output, how)


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    """Neither a file by itself nor by another name."""
    native = write_native(tmp_path / "a.h5", samples())
    (tmp_path / "b.h5").symlink_to(native)
    for name in ("a.h5", "b.h5"):
        with pytest.raises(UsageError, match="is one of the inputs"):
            convert([native], tmp_path / name)


def test_types_and_masks_by_choice(tmp_path: Path, tree: Path) -> None:
    """Half precision where asked for, and only if it fits."""
    how = Conversion(map_dtype="float16", mask_above=254)
    convert([tree], tmp_path / "a.h5", how)
    image = next(iter(open_predictions(tmp_path / "a.h5")))
    assert image.anomaly_map.dtype == np.float16
    assert set(np.unique(image.gt_mask)) == {0, 1}
    large = write_native(tmp_path / "b.h5", samples())
    with h5py.File(large, "a") as file:
        file["anomaly_map"][3] = 1e6
    with pytest.raises(InvalidInputError, match=r"image 3 .* do not fit into float16"):
        convert([large], tmp_path / "c.h5", how)
