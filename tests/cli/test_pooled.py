"""Categories that no file names are not thrown into one curve in silence."""

from pathlib import Path

import numpy as np
import pytest

import anomeval
from tests.support import Picture, run_here, write_h5

TWO = ["bottle/test/good/0.png", "bottle/test/bad/0.png", "cable/test/good/0.png"]


def pictures(paths: list[str | None]) -> list[Picture]:
    """Every other image is anomalous."""
    return [Picture(n, n % 2, path=path) for n, path in enumerate(paths)]


def codes(stderr: str) -> bool:
    """Whether it is told."""
    return "images without category seem to be of 2 (bottle, cable)" in stderr


@pytest.mark.parametrize("command", ["score", "fit", "explain"])
def test_paths_tell(tmp_path: Path, command: str) -> None:
    """By the folder above that of the split, wherever it lies, unless --pool was asked for."""
    for root in ("", "/data/", "./", "D:\\x\\"):
        paths = [root + path.replace("/", "\\" if "\\" in root else "/") for path in TWO]
        test = write_h5(tmp_path / "t.h5", pictures([*paths]))
        assert codes(run_here(command, test).stderr)
    assert not codes(run_here(command, test, "--pool").stderr)


def test_files_tell_where_paths_do_not(tmp_path: Path) -> None:
    """By their names or folders; the parts of one are no categories."""
    said = {}
    for names in (("bottle", "cable"), ("bottle/test", "cable/test"), ("rank0", "rank1")):
        files = []
        for place, name in enumerate(names):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            path = tmp_path / f"{name}.h5"
            files.append(write_h5(path, pictures([f"{place}{n}.png" for n in range(3)])))
        said[names] = codes(run_here("score", *files).stderr)
    assert list(said.values()) == [True, True, False]


def test_who_names_categories_or_has_one_hears_nothing(tmp_path: Path) -> None:
    """Also with several files."""
    one = write_h5(tmp_path / "one.h5", pictures(["bottle/test/good/0.png", "bottle/test/b/1.png"]))
    other = write_h5(tmp_path / "two.h5", pictures(["bottle/test/good/5.png"]))
    assert "seem to be" not in run_here("score", one, other).stderr
    named = [Picture(1, 0, path=path, category=path.split("/")[0]) for path in TWO]
    assert "seem to be" not in run_here("score", write_h5(tmp_path / "n.h5", named)).stderr


def test_an_evaluator_says_so_too() -> None:
    """Of batches there is no file to tell by."""
    evaluator = anomeval.Evaluator("image_auroc")
    evaluator.update({"pred_score": np.arange(3.0), "gt_label": [0, 1, 0], "image_path": TWO})
    assert "pooled_categories" in {c.code for c in evaluator.compute().result.cautions}


def test_beside_images_with_a_category_it_is_told_once(tmp_path: Path) -> None:
    """That some have none, and what they seem to be, is one fact; with --pool it is meant."""
    paths = ["nut/test/good/7.png", *TWO, "bottle/test/bad/1.png", "cable/test/bad/1.png"]
    some = [
        Picture(n, n % 2, path=path, category="" if n else "nut") for n, path in enumerate(paths)
    ]
    test = write_h5(tmp_path / "t.h5", some)
    for command in ("score", "fit", "explain"):
        said = [line for line in run_here(command, test).stderr.splitlines() if "seem" in line]
        assert len(said) == 1, said
        assert said[0].startswith("Caution: 5 images without category among others that have one")
        assert ", which seem to be of 2 (bottle, cable): they count as" in said[0]
        assert "without category" not in run_here(command, test, "--pool").stderr
