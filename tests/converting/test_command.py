"""anomeval convert, as it is typed."""

import json
from pathlib import Path

import pytest

from anomeval.predictions import open_predictions
from tests.converting.test_trees import write_private
from tests.layouts.samples import samples, write_masks, write_native, write_tree
from tests.support import Run, run_here


def run(*words: str | Path) -> Run:
    return run_here("convert", *words)


def test_the_last_path_is_where_it_goes(tmp_path: Path) -> None:
    """All before are one data set; what was done is told."""
    one = write_native(tmp_path / "one.h5", samples()[:9])
    two = write_native(tmp_path / "two.h5", samples()[9:])
    done = run(one, two, tmp_path / "all.npz", "--json", tmp_path / "j.json")
    assert done.status == 0
    assert "18 images, read back and equal" in done.stderr
    assert len(open_predictions(tmp_path / "all.npz")) == 18
    document = json.loads((tmp_path / "j.json").read_text("utf-8"))
    assert document["images"] == 18
    assert document["schema"] == "anomeval.converted/1"


def test_options_reach_their_place(tmp_path: Path) -> None:
    """Layout, truth, type, compression."""
    tree = write_tree(tmp_path / "maps", samples())
    truth = write_masks(tmp_path / "data", samples())
    words = ["--truth", truth, "--layout", "mvtec", "--map-dtype", "float16"]
    assert run(tree, tmp_path / "a.h5", *words, "--compression", "none", "-q") == Run(0, "", "")
    image = next(iter(open_predictions(tmp_path / "a.h5")))
    assert image.anomaly_map.dtype == "float16"
    assert image.gt_mask is not None


def test_a_submission_is_written_and_checked(tmp_path: Path) -> None:
    """`--check` writes nothing."""
    native, sub = write_private(tmp_path / "a.h5"), tmp_path / "sub"
    words = ["--layout-to", "mvtec2-submission", "--expect", "can=2"]
    assert run(native, sub, *words).status == 0
    assert "nothing is wrong" in run(sub, "--check").stderr
    wrong = run(sub, "--check", "--expect", "can=3")
    assert wrong.status == 3
    assert "2 images of 3" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["only.h5"], "one path alone"),
        (["a.h5", "b.h5", "--expect", "can"], "write OBJECT=COUNT"),
        (["a.h5", "no/such/b.h5", "--json", "no/j.json"], "does not exist"),
    ],
)
def test_wrong_usage(words: list[str], message: str) -> None:
    """Told before anything is read."""
    done = run(*words)
    assert done.status == 2
    assert message in done.stderr
