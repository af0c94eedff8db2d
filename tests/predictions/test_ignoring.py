"""Values that mean "not annotated", in every format that masks come in, and from whom they come."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

import anomeval
from anomeval.errors import CannotJudgeError, InvalidInputError, UsageError
from anomeval.evaluator import Evaluator
from anomeval.predictions import inspect_predictions, open_predictions
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.as_json import result_from_json, result_to_json
from anomeval.reporting.fit_file import fit_from_json, fit_to_json
from anomeval.workflows.converting import Conversion, convert
from anomeval.workflows.evaluation import Evaluation
from tests.support import fit_at, run_here

MAPS = np.array([[[9, 1, 5], [0, 8, 0]], [[0, 2, 1], [7, 0, 7]]], np.float32)
TRUTH = np.array([[[1, 0, -1], [0, -1, 0]], [[0, 0, 0], [-1, 0, -1]]], np.int16)
"""-1 = not annotated. Of 8 pixels that count 1 is anomalous, with the highest score."""

DATA = {"images": 2, "normal_images": 1, "pixels": 8, "anomalous_pixels": 1, "ignored_pixels": 4}
PATHS = ["a.png", "b.png"]


def with_void(value: int, dtype: str) -> np.ndarray:
    """The masks with another value for pixels that are not annotated."""
    return np.where(TRUTH < 0, value, TRUTH).astype(dtype)


def write(path: Path, masks: np.ndarray, **attributes: object) -> Path:
    """The predictions with masks as they are, without our writer."""
    fields = {"anomaly_map": MAPS, "gt_mask": masks, "image_path": PATHS}
    if path.suffix == ".npz":
        np.savez(path, **fields, **attributes)
        return path
    with h5py.File(path, "w") as file:
        for name, values in fields.items():
            file[name] = values
        file.attrs.update(attributes)
    return path


def told(evaluation: Evaluation) -> dict[str, int]:
    """The counts of a result."""
    return {name: getattr(evaluation.result.data, name) for name in DATA}


def scored(path: Path, **options: object) -> Evaluation:
    """Scored, and every value is that of the pixels that count."""
    found = anomeval.score([path], metrics=["auroc"], confidence=None, **options)
    assert [row.value for row in found.result.rows] == [1.0, 1.0]
    assert [image.score for image in found.images()] == [9, 2]
    return found


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize(
    ("value", "dtype"),
    [(255, "uint8"), (-1, "int16"), (-1, "int8"), (-100, "int64"), (254, "float32"), (9, "uint16")],
)
def test_columns_of_any_type(tmp_path: Path, suffix: str, value: int, dtype: str) -> None:
    path = write(tmp_path / f"a{suffix}", with_void(value, dtype))
    assert told(scored(path, ignore_value=value)) == DATA
    inspection = inspect_predictions(path, ignore_value=value)
    assert not [one for one in inspection.findings if one.severity == "error"]
    assert (inspection.counts.normal, inspection.counts.anomalous) == (1, 1)


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize("several", [False, True])
def test_a_file_can_say_it_itself(tmp_path: Path, suffix: str, several: bool) -> None:
    """The result and the fit record what the file says, and a state carries it."""
    said = [77, 255] if several else 255
    path = write(tmp_path / f"a{suffix}", with_void(255, "uint8"), ignore_value=said)
    found = scored(path, save_to=tmp_path / "a.state")
    assert told(found) == DATA
    values = np.atleast_1d(said).tolist()
    assert found.result.settings["ignore_value"] == values
    text = result_to_json(found.result)
    assert result_to_json(result_from_json(text, "a")) == text
    merged = anomeval.merge([tmp_path / "a.state"], metrics=["auroc"], confidence=None)
    assert result_to_json(merged.result) == text
    fit = anomeval.fit([path])
    assert fit.rules is not None
    assert list(fit.rules.ignore_value) == values
    assert fit_from_json(fit_to_json(fit), "a") == fit


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize("wrong", ["255", 0.5, [1, 2.5]])
def test_what_a_file_says_must_be_whole_numbers(tmp_path: Path, suffix: str, wrong: object) -> None:
    path = write(tmp_path / f"a{suffix}", with_void(255, "uint8"), ignore_value=wrong)
    with pytest.raises(InvalidInputError, match=r"ignore_value: is .* whole number"):
        open_predictions(path)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_masks_that_are_pictures(tmp_path: Path, suffix: str) -> None:
    for name, scores, mask in zip("ab", MAPS, with_void(255, "uint8"), strict=True):
        for folder in ("maps", "masks"):
            (tmp_path / folder).mkdir(exist_ok=True)
        np.save(tmp_path / f"maps/{name}.npy", scores)
        if suffix == "png":
            Picture.fromarray(mask).save(tmp_path / f"masks/{name}.png")
        else:
            tifffile.imwrite(tmp_path / f"masks/{name}.tiff", mask)
    found = scored(tmp_path / "maps", truth=tmp_path / "masks", ignore_value=255)
    assert told(found) == DATA


def test_masks_in_one_array(tmp_path: Path) -> None:
    np.save(tmp_path / "maps.npy", MAPS)
    np.save(tmp_path / "masks.npy", TRUTH)
    found = scored(tmp_path / "maps.npy", truth=tmp_path / "masks.npy", ignore_value=-1)
    assert told(found) == DATA


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_the_writer_tells_it_and_apply_and_convert_hand_it_on(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    with anomeval.Writer(path, ignore_value=255) as writer:
        writer.add(anomaly_map=MAPS, gt_mask=with_void(255, "uint8"), image_path=PATHS)
    assert told(scored(path)) == DATA
    convert([path], tmp_path / "c.h5")
    assert told(scored(tmp_path / "c.h5")) == DATA
    how = Conversion(mask_above=0, ignore_value=[-1])
    convert([write(tmp_path / "n.h5", TRUTH)], tmp_path / "d.npz", how)
    assert told(scored(tmp_path / "d.npz")) == DATA
    applied = anomeval.apply([path], fit_at(8.5), tmp_path / "o.npz")
    assert applied.image is not None
    assert applied.image.anomalous == 1  # the 8 and 9 that are not annotated flag nothing
    with np.load(tmp_path / "o.npz") as written:
        assert written["pred_label"].tolist() == [1, 0]
        assert written["ignore_value"] == 255


@pytest.mark.parametrize(
    ("value", "dtype"), [(-1, "int16"), (-100, "int64"), (65535, "uint16"), (-1, "float32")]
)
def test_values_that_are_no_bytes_are_stored_as_255(tmp_path: Path, value: int, dtype: str) -> None:
    """All else of the masks stays as it is, classes of defects included."""
    masks = with_void(value, dtype)
    masks[0, 0, 0] = 7
    path = write(tmp_path / "n.h5", masks)
    convert([path], tmp_path / "c.npz", Conversion(ignore_value=value))
    anomeval.apply([path], fit_at(8.5), tmp_path / "o.npz", ignore_value=value)
    for name in ("c.npz", "o.npz"):
        with np.load(tmp_path / name) as written:
            assert written["ignore_value"] == 255
            assert (written["gt_mask"] == np.where(TRUTH < 0, 255, masks)).all()
    assert told(scored(tmp_path / "c.npz")) == DATA
    masks[0, 0, 1] = 255
    path = write(tmp_path / "m.h5", masks)
    how = Conversion(ignore_value=value)
    with pytest.raises(InvalidInputError, match=r"255, which ignored pixels become.*--mask-above"):
        convert([path], tmp_path / "d.npz", how)
    convert([path], tmp_path / "d.npz", Conversion(ignore_value=value, mask_above=0))


def test_a_layout_of_two_levels_refuses_pixels_that_are_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", with_void(255, "uint8"), ignore_value=255)
    with pytest.raises(InvalidInputError, match="ignores pixels"):
        convert([path], tmp_path / "tree", Conversion(layout_to="mvtec"))
    mixed = write(tmp_path / "b.h5", np.abs(TRUTH) * np.array([1, 255])[:, None, None])
    with pytest.raises(InvalidInputError, match="--ignore-value 255"):
        convert([mixed], tmp_path / "tree", Conversion(layout_to="mvtec"))
    assert not (tmp_path / "tree").exists()


def test_files_that_differ_in_it_are_not_put_into_one(tmp_path: Path) -> None:
    one = write(tmp_path / "one.h5", with_void(255, "uint8"), ignore_value=255)
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["anomaly_map"], file["gt_mask"] = MAPS, np.zeros(MAPS.shape, np.uint8)
        file["image_path"] = ["c.png", "d.png"]
    with pytest.raises(InvalidInputError, match="files differ in the mask values that they ignore"):
        convert([one, tmp_path / "two.h5"], tmp_path / "out.h5")
    convert([one, tmp_path / "two.h5"], tmp_path / "out.h5", Conversion(ignore_value=255))
    assert open_predictions(tmp_path / "out.h5").ignored == (255,)


def test_the_writer_refuses_what_masks_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not -1 .* np\.where\(mask == -1, 255, mask\)"):
        anomeval.Writer(tmp_path / "a.h5", ignore_value=-1)


@pytest.mark.parametrize("value", [255, -100])
def test_an_evaluator_leaves_the_same_pixels_out(value: int) -> None:
    evaluator = Evaluator(["auroc"], ignore_value=value)
    for scores, mask, path in zip(MAPS, with_void(value, "int64"), PATHS, strict=True):
        evaluator.update({"anomaly_map": scores, "gt_mask": mask, "image_path": [path]})
    found = evaluator.compute()
    assert [row.value for row in found.result.rows] == [1.0, 1.0]
    assert told(found) == DATA


@pytest.mark.parametrize("given", [255, 255.0, np.uint8(255), np.array(255), [255], {255}, (255,)])
def test_a_value_may_be_given_as_any_whole_number_or_several(given: object) -> None:
    assert PreparationRules(ignore_value=given).ignore_value == (255,)  # type: ignore[arg-type]


def test_parts_that_ignore_other_values_are_not_merged(tmp_path: Path) -> None:
    """And it is told in the words of the command line."""
    states = [tmp_path / f"{name}.state" for name in "ab"]
    for state, values in zip(states, ((), (-1, 254)), strict=True):
        path = write(state.with_suffix(".h5"), TRUTH.clip(0).astype(np.uint8))
        anomeval.score([path], save_to=state, ignore_value=values)
    told = r"with --ignore-value -1 --ignore-value 254, but .* without --ignore-value"
    with pytest.raises(CannotJudgeError, match=told):
        anomeval.merge(states)


def test_an_evaluator_refuses_the_batch_that_makes_255_ambiguous() -> None:
    """And so does merging; what was seen before stays as it was."""
    one, other = (Evaluator(["auroc"], name=name) for name in "ab")
    first, second = TRUTH.clip(0), TRUTH.clip(0) * 255
    one.update({"anomaly_map": MAPS, "gt_mask": first, "image_path": PATHS})
    batch = {"anomaly_map": MAPS, "gt_mask": second, "image_path": ["c", "d"]}
    with pytest.raises(InvalidInputError, match="--ignore-value 255"):
        one.update(batch)
    assert one.compute().result.data.images == 2
    other.update(batch)
    with pytest.raises(InvalidInputError, match="--ignore-value 255"):
        one.merge(other)


def test_255_is_ambiguous_across_files_parts_and_threads(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.h5", TRUTH.clip(0).astype(np.uint8))
    white = tmp_path / "white.h5"
    with h5py.File(white, "w") as file:
        file["anomaly_map"], file["gt_mask"] = MAPS, TRUTH.clip(0).astype(np.uint8) * 255
        file["image_path"] = ["c.png", "d.png"]
    for jobs in (1, 2):
        with pytest.raises(InvalidInputError, match="--ignore-value 255"):
            anomeval.score([plain, white], jobs=jobs)
    states = [path.with_suffix(".state") for path in (plain, white)]
    for path, state in zip((plain, white), states, strict=True):
        anomeval.score([path], save_to=state)
    with pytest.raises(InvalidInputError, match="--ignore-value 255"):
        anomeval.merge(states, save_to=tmp_path / "both.state")
    assert not (tmp_path / "both.state").exists()
    with pytest.raises(InvalidInputError, match="--ignore-value 255"):
        anomeval.apply([plain, white], fit_at(5), tmp_path / "out.h5")
    codes = {one.code for one in inspect_predictions([plain, white]).findings}
    assert "ambiguous_mask" in codes


def test_every_command_takes_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", with_void(255, "uint8"))
    with h5py.File(path, "a") as file:
        file["anomaly_map"][1, 0, 0] = 12  # no detector is perfect
    fit, ignoring = tmp_path / "a.fit.json", ("--ignore-value", "255")
    commands = (
        ("fit", path, "-o", fit),
        ("score", path, "--fit", fit, "--allow-overlap"),
        ("explain", path),
        ("report", path, "-o", tmp_path / "a.html"),
        ("apply", fit, path, "-o", tmp_path / "a.npz"),
        ("inspect", path),
        ("convert", path, tmp_path / "b.h5"),
    )
    for command in commands:
        done = run_here(*command, *ignoring)
        assert done.status == 0, (command[0], done.stderr)
        if command[0] != "convert":  # which keeps masks as they are
            refused = run_here(*command)
            assert refused.status == 3, command[0]
    assert "4 pixels ignored" in run_here("score", path, *ignoring).stdout
    assert "4 pixels ignored" in run_here("fit", path, "-o", fit, *ignoring).stdout


def test_an_anomalous_image_without_a_mask_where_others_have_one(tmp_path: Path) -> None:
    """Its label is true; of its pixels nothing is known."""
    (tmp_path / "maps").mkdir()
    for name, scores in zip("abc", [*MAPS, MAPS[0] + 9], strict=True):
        np.save(tmp_path / f"maps/{name}.npy", scores)
    Picture.fromarray(TRUTH[0].clip(0).astype(np.uint8)).save(tmp_path / "a.png")
    table = tmp_path / "truth.csv"
    table.write_text("image,label,mask\na,1,a.png\nb,0,\nc,1,\n", "utf-8")
    options = {"truth": table, "confidence": None, "metrics": ["auroc"]}
    data = anomeval.score([tmp_path / "maps"], **options).result.data
    assert (data.images, data.anomalous_images, data.pixels) == (3, 2, 12)
    data = anomeval.score([tmp_path / "maps"], **options, empty_masks="normal").result.data
    assert (data.anomalous_images, data.pixels) == (2, 18)
    with pytest.raises(InvalidInputError, match="--empty-masks"):
        anomeval.score([tmp_path / "maps"], **options, empty_masks="error")
