"""Thresholds must not be judged on the images that they were fitted on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import CannotJudgeError
from tests.cli.samples import TEST, VAL
from tests.support import Picture, run_here, write_h5

SAME_PATH = [*TEST[1:], replace(TEST[0], path=VAL[0].path)]
SAME_MAP = [*TEST[1:], replace(TEST[0], map=VAL[0].map)]
SAME_CONSTANT_MAP = [replace(image, map=[[1, 1], [1, 1]]) for image in (VAL[0], TEST[0])]

leaks = pytest.mark.parametrize(
    ("images", "why"),
    [(SAME_PATH, "same image_path"), (SAME_MAP, "same anomaly map")],
    ids=["by path", "by content"],
)


@leaks
@pytest.mark.usefixtures("fitted")
def test_an_image_that_the_fit_has_seen_stops_the_evaluation(
    images: list[Picture], why: str
) -> None:
    """Status 4, how many of how many, naming the image, how it is known again, and the way on."""
    write_h5(Path("leak.h5"), images)
    done = run_here("score", "leak.h5", "--fit", "val.fit.json", "--json", "result.json")
    assert (done.status, done.stdout) == (4, "")
    last = len(images) - 1
    assert (
        f"leak.h5, image {last} ({images[last].path}): the fit has seen this image: {why}"
        in done.stderr
    )
    assert done.stderr.startswith(f"Error: the fit has seen 1 of {len(images)} images — fit on ")
    assert "--allow-overlap" in done.stderr
    assert not Path("result.json").exists()


@leaks
@pytest.mark.usefixtures("fitted")
def test_an_overlap_can_be_allowed_and_is_told(images: list[Picture], why: str) -> None:
    """--allow-overlap goes on; command and JSON tell a caution with the number of images."""
    del why
    write_h5(Path("leak.h5"), images)
    done = run_here(
        "score", "leak.h5", "--fit", "val.fit.json", "--allow-overlap", "--json", "result.json"
    )
    assert done.status == 0
    (caution,) = (c for c in anomeval.read_result("result.json").cautions if c.code == "overlap")
    assert caution.message.startswith(f"1 of {len(TEST)} images were seen by the fit")
    assert f"1 of {len(TEST)} images were seen by the fit" in done.stderr


@pytest.mark.usefixtures("fitted")
def test_the_split_of_the_fit_itself_is_an_overlap() -> None:
    """All images are listed up to a limit, and the rest is counted."""
    done = run_here("score", "val.h5", "--fit", "val.fit.json")
    assert done.status == 4
    assert f"the fit has seen {len(VAL)} of {len(VAL)} images" in done.stderr
    assert "more" in done.stderr.splitlines()[-1]


@pytest.mark.usefixtures("here")
def test_constant_maps_are_nobodys() -> None:
    """Two images may both have a map of a single value without being the same."""
    write_h5(Path("one.h5"), SAME_CONSTANT_MAP[:1])
    write_h5(Path("other.h5"), SAME_CONSTANT_MAP[1:])
    assert run_here("fit", "one.h5").status == 0
    assert run_here("score", "other.h5", "--fit", "one.fit.json").status == 0


@pytest.mark.usefixtures("here")
def test_positions_are_nobodys() -> None:
    """Images without a path are not the same because they stand at the same place."""
    for name, score in (("val.h5", 1), ("test.h5", 2)):
        write_h5(Path(name), [Picture(score, 0), Picture(score + 5, 1)])
    assert run_here("fit", "val.h5").status == 0
    assert run_here("score", "test.h5", "--fit", "val.fit.json").status == 0


ROOTS = ("", "./", "/data/x/", "/builds/y/", "D:\\z\\")


def shots(name: str, *, seed: int) -> list[Picture]:
    """Scores of six images, all unlike."""
    scores = np.random.default_rng(seed).random(6)
    return [Picture(s, n % 2, path=name.format(n)) for n, s in enumerate(scores.tolist())]


def overlaps(val: list[Picture], test: list[Picture]) -> str:
    """Why images are known again; empty where none is."""
    fit = anomeval.fit([write_h5(Path("v.h5"), val)])
    try:
        anomeval.score([write_h5(Path("t.h5"), test)], fit=fit, confidence=None)
    except CannotJudgeError as error:
        return str(error.problems[-1])
    return ""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("val", ROOTS)
@pytest.mark.parametrize("test", ROOTS)
def test_images_are_known_again_wherever_they_lie(val: str, test: str) -> None:
    """By the folder of the object on, where it holds a split, even if another model scored them."""
    name = "bottle/test/bent/{}.png"
    names = [(root + name).replace("/", "\\" if "\\" in root else "/") for root in (val, test)]
    found = overlaps(shots(names[0], seed=1), shots(names[1], seed=2))
    assert "same image_path" in found
    assert ("below another folder" in found) == (val.strip("./") != test.strip("./"))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("val", "test"),
    [
        ("bottle/test/good/{}.png", "cable/test/good/{}.png"),
        ("/data/x/bottle/test/good/{}.png", "/data/x/cable/test/good/{}.png"),
        ("bottle/train/good/{}.png", "bottle/test/good/{}.png"),
        ("/a/bottle/val/good/{}.png", "/b/bottle/test/good/{}.png"),
        ("/data/val/bottle/{}.png", "/data/test/bottle/{}.png"),
        ("/day1/good/{}.png", "/day2/good/{}.png"),
        ("/day1/{}.png", "/day2/{}.png"),
    ],
)
def test_images_of_other_folders_are_other_images(val: str, test: str) -> None:
    """`good/000.png` is an image of every data set."""
    images = shots(val, seed=1), shots(test, seed=2)
    assert overlaps(*images) == ""
    named = [[replace(image, category="bottle") for image in split] for split in images]
    assert overlaps(*named) == ""
    whole = [[replace(image, score=n) for n, image in enumerate(split)] for split in images]
    assert overlaps(*whole) == ""  # scores that are as common as that tell nothing


@pytest.mark.usefixtures("here")
def test_names_that_tell_little_are_known_again_with_the_same_score() -> None:
    """The same predictions, moved."""
    val, test = shots("/day1/good/{}.png", seed=1), shots("/day2/good/{}.png", seed=1)
    assert "same score, and the same image_path below another folder" in overlaps(val, test)
