"""Folders that are not looked into are told, wherever folders are walked."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts.submission import submission_problems
from tests.layouts.samples import samples, write_masks, write_native, write_png, write_tree

Make = Callable[[Path], Path]


def files(root: Path) -> Path:
    """Prediction files in folders."""
    for number, name in enumerate("abc"):
        (root / name).mkdir(parents=True)
        made = samples()[number * 3 : number * 3 + 3]
        write_native(root / name / "test.h5", made)
    return root


def tree(root: Path) -> Path:
    """MVTec AD, with masks."""
    return write_masks(write_tree(root, samples()), samples())


def maps(root: Path) -> Path:
    for sample in samples():
        path = root / sample.category / f"{sample.defect}_{sample.stem}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, sample.map)
    return root


def submission(root: Path) -> Path:
    for category in ("can", "rice"):
        write_tree(root / "anomaly_images" / category / "test_private", samples()[:2])
    return root


PLACES: dict[str, tuple[Make, str]] = {
    "files": (files, "b"),
    "files by a pattern": (files, "b"),
    "object": (tree, "cable"),
    "split": (tree, "cable/test"),
    "defect": (tree, "cable/test/good"),
    "masks": (tree, "cable/ground_truth/bent"),
    "maps": (maps, "cable"),
    "submission": (submission, "anomaly_images/rice"),
}


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a folder one that this user may not enter, also where tests are run by root."""
    closed: list[str] = []

    def is_closed(path: Any, *, within: bool) -> bool:
        whole = os.path.abspath(os.fspath(path)) if isinstance(path, str | os.PathLike) else ""
        return any(whole.startswith(f"{one}/") or (whole == one and not within) for one in closed)

    def guarded(name: str, *, within: bool) -> None:
        whole = getattr(os, name)

        def call(path: Any = ".", *args: Any, **options: Any) -> Any:
            if is_closed(path, within=within):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return whole(path, *args, **options)

        monkeypatch.setattr(os, name, call)

    for name, within in (("scandir", False), ("listdir", False), ("stat", True), ("lstat", True)):
        guarded(name, within=within)
    return lambda path: closed.append(str(path))


def named(root: Path, place: str) -> Path:
    return root / "*" / "test.h5" if "pattern" in place else root


@pytest.mark.parametrize("place", PLACES)
def test_a_closed_folder_is_told(tmp_path: Path, shut: Callable[[Path], None], place: str) -> None:
    make, folder = PLACES[place]
    root = make(tmp_path / "root")
    assert len(open_predictions(named(root, place))) > 1
    shut(root / folder)
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(named(root, place))
    assert f"{folder}" in str(caught.value)
    assert "permission denied" in str(caught.value)
    assert "allow this user to read it" in str(caught.value)


@pytest.mark.parametrize("place", [place for place in PLACES if "pattern" not in place])
def test_a_linked_folder_is_told(tmp_path: Path, place: str) -> None:
    """Whether it leads out or not; a pattern names what it matches, and follows."""
    make, folder = PLACES[place]
    root = make(tmp_path / "root")
    for elsewhere in (tmp_path / "elsewhere", root / ".hidden"):
        (root / folder).rename(elsewhere)
        (root / folder).symlink_to(elsewhere)
        with pytest.raises(InvalidInputError) as caught:
            open_predictions(root)
        assert folder in str(caught.value)
        out = "leads out of" in str(caught.value) and place == "masks"
        assert out or "is a link to a folder, which is not followed" in str(caught.value)
        if place == "masks":
            return
        (root / folder).unlink()
        elsewhere.rename(root / folder)


def test_a_check_of_a_submission_tells_of_links(tmp_path: Path) -> None:
    """The server would unpack none of them."""
    root = submission(tmp_path / "root")
    before = {problem.what for problem in submission_problems(root)}
    (root / "anomaly_images/rice").rename(tmp_path / "rice")
    (root / "anomaly_images/rice").symlink_to(tmp_path / "rice")
    told = {problem.what for problem in submission_problems(root)} - before
    assert any("rice is a link to a folder, which is not followed" in what for what in told)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_maps_of_another_kind_are_told(tmp_path: Path, suffix: str) -> None:
    """Of an image that has no TIFF; beside one it is the same map again."""
    root = tree(tmp_path / "root")
    path = root / "cable/test/good/001.tiff"
    path.with_suffix(suffix).write_bytes(b"")
    assert len(open_predictions(root)) == 18
    path.unlink()
    message = rf"cable/test/good/001\{suffix} is not read here"
    with pytest.raises(InvalidInputError, match=message):
        open_predictions(root)


def test_a_folder_of_masks_is_not_reached_around(
    tmp_path: Path, shut: Callable[[Path], None]
) -> None:
    """A normal image needs no mask; that its folder cannot be read is told all the same."""
    made = [sample for sample in samples() if sample.defect == "good"]
    root = write_tree(tmp_path / "maps", made)
    for sample in made:
        write_png(tmp_path / "masks" / f"{sample.path}.png", sample.mask)
    options = {"truth": tmp_path / "masks", "layout": "folder"}
    assert len(open_predictions(root, **options)) == 6
    shut(tmp_path / "masks/cable/test/good")
    with pytest.raises(InvalidInputError, match="masks/cable/test/good: permission denied"):
        open_predictions(root, **options)
