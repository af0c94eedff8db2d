"""Whatever is wrong gives one clear message, the documented status, and no output."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.support import Picture, pictures_of, run_here, write_h5


def scores_only() -> str:
    """A file without maps."""
    return str(write_h5(Path("scores.h5"), pictures_of([1, 2], [0, 1])))


def truncated() -> str:
    """A file of which the end is missing."""
    Path("cut.h5").write_bytes(Path("test.h5").read_bytes()[:-64])
    return "cut.h5"


def truncated_npz() -> str:
    """An archive of which the end is missing."""
    np.savez("whole.npz", pred_score=np.arange(9.0), gt_label=np.arange(9) % 2)
    Path("cut.npz").write_bytes(Path("whole.npz").read_bytes()[:-64])
    return "cut.npz"


def empty_directory() -> str:
    """A directory without predictions."""
    Path("empty").mkdir()
    return "empty"


def empty_file() -> str:
    """No bytes."""
    Path("nothing.h5").touch()
    return "nothing.h5"


def text_file() -> str:
    """Something else under a name that fits."""
    Path("notes.h5").write_text("not predictions")
    return "notes.h5"


def size_mismatch() -> str:
    """A map and a mask of different sizes."""
    return str(write_h5(Path("sizes.h5"), [Picture(1, 1, [[1, 2]], [[0, 1, 1]])]))


def contradiction() -> str:
    """A normal label over a marked mask."""
    return str(write_h5(Path("odd.h5"), [Picture(1, 0, [[1, 2]], [[0, 1]], path="a.png")]))


def duplicates() -> str:
    """The same image twice."""
    return str(write_h5(Path("twice.h5"), [Picture(1, 0, path="a"), Picture(2, 1, path="a")]))


INVALID_FILES: list[tuple[Callable[[], str], str]] = [
    (lambda: "test.h6", "does not exist — did you mean 'test.h5'?"),
    (lambda: "no/such.h5", "there is no directory 'no'"),
    (lambda: "*.hdf", "matches no file"),
    (empty_directory, "is a directory without any .h5, .hdf5, .npz file"),
    (truncated, "truncated"),
    (truncated_npz, "cut.npz"),
    (empty_file, "is empty (0 bytes)"),
    (text_file, "is neither HDF5 nor NPZ"),
    (size_mismatch, "size 1 x 3 differs from the anomaly map's 1 x 2"),
    (contradiction, "marks anomalous pixels, but gt_label says normal"),
    (duplicates, "the same image_path"),
]


@pytest.mark.parametrize("command", ["score", "fit"])
@pytest.mark.parametrize(("make", "message"), INVALID_FILES, ids=[m for _, m in INVALID_FILES])
@pytest.mark.usefixtures("here")
def test_a_file_that_cannot_be_evaluated(
    make: Callable[[], str], message: str, command: str
) -> None:
    """Status 3, a message that names the file and what is wrong, nothing on standard output."""
    path = make()
    done = run_here(command, path)
    assert (done.status, done.stdout) == (3, "")
    assert done.stderr.startswith("Error: ")
    assert path in done.stderr
    assert message in done.stderr
    assert not list(Path().glob("*.fit.json"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.usefixtures("here")
def test_a_file_that_may_not_be_read() -> None:
    """Permissions are a matter of input, and the remedy is told."""
    Path("test.h5").chmod(stat.S_IWUSR)
    done = run_here("score", "test.h5")
    assert (done.status, done.stdout) == (3, "")
    assert "permission denied" in done.stderr


WRONG_USAGE = {
    "score test.h5 -m aurok": "unknown metric 'aurok'; did you mean 'auroc'?",
    "score test.h5 -m pixel_pimo": "unknown metric 'pixel_pimo'; did you mean 'pixel_aupimo'?",
    "score test.h5 -m zzz": "unknown metric 'zzz'; `anomeval metrics` lists them",
    "score test.h5 -m auroc@0.1": "there is no parameter for @0.1 to set",
    "score test.h5 -m aupro(limit=1)": "no such parameter 'limit=1'; aupro has: fpr_limit",
    "score test.h5 -m aupro@2": "fpr_limit must be in (0, 1], got 2.0",
    "score test.h5 -m aupro@nan": "fpr_limit must be in (0, 1], got nan",
    "score test.h5 -m aupro@x": "fpr_limit must be a number, got 'x'",
    "score test.h5 -m aupro(fpr_limit=fit)": "fpr_limit must be a number, got 'fit'",
    "score test.h5 -m pg@1": "fnr must be in [0, 1), got 1.0",
    "score test.h5 -m fpr_at_tpr@0": "tpr must be in (0, 1], got 0.0",
    "score test.h5 -m pb@2": "fpr must be in [0, 1], got 2.0",
    "score test.h5 -m pro@nan": "threshold",
    "score test.h5 -m ,": "metric",
    "score test.h5 --mask-above nan": "nan",
    "score test.h5 -m image_aupro": "metric 'aupro' exists at pixel level, not 'image'",
    "score test.h5 -m f1": "image_f1 needs a fitted threshold",
    "score test.h5 -m pro": "pass its file with --fit",
    "score test.h5 -m sample_auroc": "samples are judged with --by group_id",
    "score test.h5 --preset nope": "unknown preset 'nope'; known are anomalib, mvtec",
    "score test.h5 --by colour": "cannot split by 'colour'; known are category, defect_type",
    "score test.h5 --nan zero": "--nan': 'zero' is not one of 'error'",
    "score test.h5 --resize both": "--resize': 'both' is not one of 'mask'",
    "score test.h5 --places -1": "is not in the range 0<=x<=17",
    "score test.h5 --jobs 0": "is not in the range x>=1",
    "score test.h5 --field maps": "write FIELD=NAME",
    "score test.h5 --field maps=a": "unknown field 'maps'",
    "score test.h5 --unknown": "--unknown",
    "fit val.h5 --threshold best": "unknown threshold rule 'best'; known are f1, max, quantile@",
    "fit val.h5 --threshold quantile": "needs a share from 0 to 1, as quantile@0.995",
    "fit val.h5 --threshold quantile@2": "needs a share from 0 to 1",
    "fit val.h5 --threshold recall@0": "needs a share above 0 and up to 1, as recall@0.95",
    "fit val.h5 --threshold f1@2": "takes no parameter, got '2'",
    "fit val.h5 --threshold sigma@inf": "needs a number",
    "fit val.h5 --pixel-threshold best": "unknown threshold rule 'best'",
    "fit val.h5 --image-sensitivity 2": "is not in the range 0<=x<=1",
    "fit val.h5 --pixel-sensitivity -1": "is not in the range 0<=x<=1",
    "fit val.h5 --nan max": "an infinite score has no range",
    "metrics auroc,ap": "metric",
    "metrics nope": "unknown metric 'nope'",
    "evaluate test.h5": "No such command 'evaluate'",
}


@pytest.mark.parametrize(("line", "message"), WRONG_USAGE.items())
@pytest.mark.usefixtures("here")
def test_wrong_usage(line: str, message: str) -> None:
    """Status 2 and a message that says what would be right, before anything is written."""
    done = run_here(*line.split())
    assert (done.status, done.stdout) == (2, "")
    assert message in unboxed(done.stderr)
    assert not list(Path().glob("*.fit.json"))


def unboxed(text: str) -> str:
    """A message without the frame and the line breaks around it."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.usefixtures("here")
def test_several_wrong_metrics_are_told_at_once() -> None:
    """Nobody should have to correct one word for each run."""
    done = run_here("score", "test.h5", "-m", "aurok,auroc", "-m", "nope,ap@7")
    assert done.status == 2
    assert done.stderr.splitlines()[0] == "Error: 3 problems"
    assert all(word in done.stderr for word in ("'aurok'", "'nope'", "ap@7"))


@pytest.mark.usefixtures("here")
def test_wrong_metrics_are_told_before_pixels_are_read() -> None:
    """A file whose pixels would be refused is not read for a metric that does not exist."""
    write_h5(Path("nan.h5"), [Picture(1, 1, [[float("nan")]], [[1]])])
    assert run_here("score", "nan.h5", "-m", "aurok").status == 2


@pytest.mark.usefixtures("here")
def test_a_metric_asked_for_by_name_that_the_data_cannot_support() -> None:
    """By name it is an error that names the missing field; by default it is left out and told."""
    path = scores_only()
    done = run_here("score", path, "-m", "pixel_auroc,aupro")
    assert done.status == 2
    assert "pixel_auroc: the data has no anomaly_map and no gt_mask" in done.stderr
    assert "pixel_aupro(fpr_limit=0.3): the data has no" in done.stderr
    by_default = run_here("score", path)
    assert by_default.status == 0
    assert "pixel metrics are left out: the data has no anomaly_map" in by_default.stderr


@pytest.mark.usefixtures("here")
def test_a_field_that_the_file_does_not_have() -> None:
    """The arrays that there are, are listed."""
    done = run_here("score", "test.h5", "--field", "anomaly_map=heat")
    assert done.status == 3
    assert "there is no array 'heat'" in done.stderr
    assert "the file has: anomaly_map 22 x 2 x 2 float64" in done.stderr


@pytest.mark.usefixtures("here")
def test_all_broken_files_are_told_at_once() -> None:
    """Every problem of every file, each with its file."""
    done = run_here("score", truncated(), text_file(), "test.h5")
    assert done.status == 3
    assert "2 problems" in done.stderr
    assert "cut.h5" in done.stderr
    assert "notes.h5" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.json", None, "missing.json"),
        ("text.json", "hello", "is not valid JSON"),
        ("other.json", '{"schema": "anomeval.result/1"}', "expected 'anomeval.fit/1'"),
        ("newer.json", '{"schema": "anomeval.fit/2"}', "use a newer anomeval"),
        ("holes.json", '{"schema": "anomeval.fit/1"}', "'source' is a required property"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_fit_that_is_none(name: str, content: str | None, message: str) -> None:
    """A file that is no fit is invalid input, told before the predictions are read."""
    if content is not None:
        Path(name).write_text(content)
    done = run_here("score", "missing.h5", "--fit", name)
    assert (done.status, done.stdout) == (3, "")
    assert message in done.stderr


@pytest.mark.usefixtures("here")
def test_predictions_are_no_fit() -> None:
    """The wrong file after --fit is named."""
    done = run_here("score", "test.h5", "--fit", "val.h5")
    assert done.status == 3
    assert "val.h5: is not a text file" in done.stderr


def test_a_command_without_words_shows_its_help() -> None:
    """Nothing typed is wrong usage that helps itself."""
    for words in ([], ["score"], ["fit"], ["inspect"]):
        done = run_here(*words)
        assert done.status == 2
        assert "Usage" in done.stdout + done.stderr


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("command", ["score", "fit"])
def test_all_problems_of_a_file_are_told_at_once(command: str) -> None:
    """A wrong label, NaN and sizes that differ: small columns, maps and masks in one message."""
    maps = np.zeros((3, 2, 2), np.float32)
    maps[1, 0, 1] = np.nan
    with h5py.File("wrong.h5", "w") as file:
        file["anomaly_map"] = maps
        file["gt_mask"] = np.zeros((3, 2, 3), np.uint8)
        file["gt_label"] = [0, 1, 2]
    done = run_here(command, "wrong.h5")
    assert done.status == 3
    assert "Error: 5 problems\n" in done.stderr
    assert "wrong.h5, gt_label, image 2: 2 is neither 0 (normal) nor 1 (anomalous)" in done.stderr
    assert "wrong.h5, anomaly_map, image 1: 1 NaN of 4 pixels" in done.stderr
    for image in range(3):
        assert f"wrong.h5, gt_mask, image {image}: size 2 x 3 differs" in done.stderr


@pytest.mark.usefixtures("here")
def test_what_an_option_settles_is_no_problem_beside_others() -> None:
    """The wrong label remains."""
    with h5py.File("wrong.h5", "w") as file:
        file["anomaly_map"] = np.full((3, 2, 2), np.nan, np.float32)
        file["gt_mask"] = np.zeros((3, 2, 3), np.uint8)
        file["gt_label"] = [0, 1, 2]
    done = run_here("score", "wrong.h5", "--nan", "drop", "--resize", "map")
    assert done.status == 3
    assert done.stderr.count("wrong.h5") == 1
    assert "gt_label, image 2" in done.stderr


@pytest.mark.usefixtures("here")
def test_images_that_are_too_large_are_not_read_for_the_sake_of_a_message() -> None:
    """A wrong label opens no way around the limit."""
    with h5py.File("wrong.h5", "w") as file:
        file["anomaly_map"] = np.full((2, 4, 4), np.nan, np.float32)
        file["gt_label"] = [0, 2]
    done = run_here("score", "wrong.h5", "--max-image-pixels", "15")
    assert done.status == 3
    assert "gt_label, image 1" in done.stderr
    assert "declares images of 4 x 4 pixels, more than 15" in done.stderr
    assert "NaN" not in done.stderr
