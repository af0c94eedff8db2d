"""Thresholds must not be judged on the images that they were fitted on."""

from dataclasses import replace
from pathlib import Path

import pytest

import anomeval
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
