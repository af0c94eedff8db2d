"""What `inspect` finds: every finding, and silence on sound data."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import UsageError
from anomeval.predictions import Inspection, Writer, inspect_predictions
from anomeval.predictions.inspection import Finding, headers
from anomeval.predictions.inspection.predicted import area_under_roc
from tests.layouts.samples import samples as trees
from tests.layouts.samples import write_masks, write_tree

from .conftest import Make, both_formats, flat, maps, samples, write_hdf5


def sound(count: int = 20, name: str = "image") -> dict[str, Any]:
    """Predictions without anything to complain about: half normal, half anomalous."""
    rng = np.random.default_rng(len(name))
    anomalous = np.arange(count) >= count // 2
    masks = np.zeros((count, 6, 7), np.uint8)
    masks[anomalous, 2:4, 2:4] = 1
    return {
        "anomaly_map": rng.normal(size=masks.shape).astype(np.float32) + 3 * masks,
        "pred_score": rng.normal(size=count) + 4 * anomalous,
        "gt_label": anomalous,
        "gt_mask": masks,
        "image_path": np.array([f"{name}/{i}.png" for i in range(count)]),
    }


def inspected(make: Make, columns: dict[str, Any], suffix: str = "h5") -> Inspection:
    return inspect_predictions(make(f"f.{suffix}", columns))


def found(inspection: Inspection, code: str) -> Finding:
    """The one finding of a kind."""
    [finding] = [finding for finding in inspection.findings if finding.code == code]
    return finding


def codes(inspection: Inspection) -> list[str]:
    return [finding.code for finding in inspection.findings]


@both_formats
def test_sound_data_raise_no_finding(make: Make, suffix: str) -> None:
    """And both levels can be computed."""
    inspection = inspected(make, sound(), suffix)
    assert inspection.findings == ()
    assert [(level.name, level.possible) for level in inspection.levels] == [
        ("image", True),
        ("pixel", True),
    ]


def test_what_is_in_a_file(make: Make, tmp_path: Path) -> None:
    """Layout, roles, shapes, types, storage, and what plays no role."""
    columns = {**sound(), "category": np.array(["b"] * 15 + ["a"] * 5), "weights": np.zeros(9)}
    columns["heatmaps"] = columns.pop("anomaly_map")
    path = tmp_path / "f.h5"
    write_hdf5(path, {name: value for name, value in columns.items() if name != "gt_mask"})
    with h5py.File(path, "a") as file:
        options = {"chunks": (1, 6, 7), "compression": "gzip", "shuffle": True}
        file.create_dataset("gt_mask", data=columns["gt_mask"], **options)
        file.attrs["model"] = "knn"
        file.attrs["nan"] = np.nan
    inspection = inspect_predictions(path)
    [report] = inspection.files
    assert (report.format, report.layout, report.images) == ("HDF5", "flat", 20)
    assert report.ignored == ("weights 9 float64",)
    assert report.attributes == {"model": "knn", "nan": "nan"}
    seen = {field.field: field for field in report.fields}
    assert list(seen) == [
        *("anomaly_map", "pred_score", "gt_label", "gt_mask", "image_path", "category")
    ]
    assert seen["anomaly_map"].stored_as == "heatmaps"
    assert (seen["anomaly_map"].shape, seen["anomaly_map"].dtype) == ((20, 6, 7), "float32")
    assert (seen["anomaly_map"].compression, seen["anomaly_map"].chunks) == (None, None)
    assert seen["anomaly_map"].stored_bytes == 20 * 6 * 7 * 4
    assert (seen["gt_mask"].compression, seen["gt_mask"].chunks) == ("shuffle + gzip-4", (1, 6, 7))
    assert seen["image_path"].dtype == "text"
    counts = inspection.counts
    assert (counts.images, counts.normal, counts.anomalous, counts.unlabelled) == (20, 10, 10, 0)
    assert counts.categories == {"a": 5, "b": 15}
    assert counts.sizes == {"6 x 7": 20}


@both_formats
def test_fields_of_many_tables_are_summed_up(make: Make, suffix: str) -> None:
    """Lengths that differ between images are left open."""
    groups = {"a/amap": maps(2, 4, 4), "b/anomaly_map": maps(3, 4, 5).astype(np.float16)}
    [report] = inspected(make, groups, suffix).files
    assert (report.layout, report.images) == ("categories", 5)
    [field] = report.fields
    assert (field.stored_as, field.shape) == ("amap, anomaly_map", (5, 4, None))
    assert field.dtype == "float32, float16"
    images = samples(a={"anomaly_map": maps(1)[0]}, b={"anomaly_map": maps(1)[0]})
    [report] = inspect_predictions(make(f"g.{suffix}", images)).files
    assert (report.layout, report.fields[0].shape) == ("samples", (2, 2, 3))


def test_the_answer_is_strict_json(make: Make) -> None:
    """No NaN, no tuples that JSON does not know, the same after a round trip."""
    columns = {**sound(), "pred_score": np.full(20, np.nan)}
    inspection = inspected(make, columns)
    text = json.dumps(inspection.as_dict(), allow_nan=False)
    assert [f["code"] for f in json.loads(text)["findings"]] == codes(inspection)


def test_inverted_scores(make: Make) -> None:
    """Image AUROC below one half, each category by itself."""
    columns = {**sound(40), "category": np.array((["a"] * 10 + ["b"] * 10) * 2)}
    wrong = columns["category"] == "b"
    columns["pred_score"] = np.where(wrong, -columns["pred_score"], columns["pred_score"])
    finding = found(inspected(make, columns), "inverted_scores")
    assert finding.severity == "warning"
    assert "normal images score higher than anomalous ones in b (image AUROC 0.0" in finding.message
    assert "10 and 10 images" in finding.message


def test_inverted_scores_from_maps(make: Make) -> None:
    """Without pred_score the maximum of the map is judged, and a note says so."""
    columns = {name: value for name, value in sound().items() if name != "pred_score"}
    shift = np.float32(9) * columns["gt_label"][:, None, None]
    columns["anomaly_map"] = (-columns["anomaly_map"] - shift).astype(np.float32)
    inspection = inspected(make, columns)
    assert codes(inspection) == ["inverted_scores", "score_from_map"]


def test_the_area_under_the_curve_counts_ties_half() -> None:
    """(1 + 1/2) * 2 + 2 of 6 pairs; undefined with one class."""
    assert area_under_roc([1, 2], [2, 2, 3]) == 5 / 6
    assert area_under_roc([1], []) is None


@pytest.mark.parametrize("low", [True, False])
def test_clamped_scores(make: Make, low: bool) -> None:
    """All in [0, 1] with ties exactly at an end."""
    columns = sound()
    columns["pred_score"] = np.linspace(0.1, 0.9, 20)
    columns["pred_score"][:3] = 0 if low else 0.05
    columns["pred_score"][-4:] = 0.95 if low else 1
    finding = found(inspected(make, columns), "clamped_scores")
    assert (
        f"exactly 0 in {3 if low else 0} images, exactly 1 in {0 if low else 4}" in finding.message
    )
    assert finding.count == (3 if low else 4)
    assert "save raw scores" in (finding.remedy or "")


def test_normalized_scores(make: Make) -> None:
    """From exactly 0 to exactly 1 without ties is a note, and so is what the file says itself."""
    columns = {**sound(), "pred_score": np.linspace(0, 1, 20)}
    assert found(inspected(make, columns), "normalized_scores").severity == "note"
    path = make("g.h5", sound())
    with h5py.File(path, "a") as file:
        file.attrs["score_space"] = "normalized"
    assert found(inspect_predictions(path), "normalized_scores").severity == "warning"


def test_clamped_maps(make: Make) -> None:
    """Pixels tied at exactly 1 are a warning, at exactly 0 alone a note."""
    columns = sound()
    columns["anomaly_map"] = np.clip(columns["anomaly_map"] / 3, 0, 1)
    finding = found(inspected(make, columns), "clamped_map")
    tops = int((columns["anomaly_map"] == 1).sum())
    assert finding.severity == "warning"
    assert f"exactly 1 in {tops}" in finding.message
    columns["anomaly_map"] *= 0.9
    assert found(inspect_predictions(make("g.h5", columns)), "clamped_map").severity == "note"


def test_saturated_integer_maps(make: Make) -> None:
    """uint8 maps that reach 255 more than once were cut off."""
    columns = sound()
    columns["anomaly_map"] = np.clip(columns["anomaly_map"] * 60 + 60, 1, 255).astype(np.uint8)
    finding = found(inspected(make, columns), "clamped_map")
    assert "is at the largest value of uint8 in" in finding.message


def test_constant_maps(make: Make) -> None:
    """Counted, with the first places."""
    columns = sound()
    columns["anomaly_map"][[3, 5]] = 0.25
    finding = found(inspected(make, columns), "constant_map")
    assert (finding.severity, finding.count) == ("warning", 2)
    assert finding.places[0].endswith("f.h5, image 3 (image/3.png)")


def test_a_blank_border(make: Make) -> None:
    """The widths on each side, where all maps have one value and the inside has others."""
    columns = sound()
    columns["anomaly_map"][:, :2] = columns["anomaly_map"][:, :, -1:] = 0.5
    finding = found(inspected(make, columns), "blank_border")
    assert "is 0.5 along its border (top 2, bottom 0, left 0, right 1 pixels)" in finding.message


@pytest.mark.parametrize("change", ["one image differs", "another value", "mostly that value"])
def test_no_blank_border(make: Make, change: str) -> None:
    """A map that is mostly zero is no map with a blank border."""
    columns = sound()
    stored = columns["anomaly_map"]
    stored[:, 0] = stored[:, -1] = stored[:, :, 0] = stored[:, :, -1] = 0.0
    if change == "one image differs":
        stored[7, 0, 0] = stored[7, -1, 0] = stored[7, 0, -1] = stored[7, -1, -1] = 1
    elif change == "another value":
        stored[7][stored[7] == 0] = 1
    else:
        stored[:, 2:4, 1:6] = stored[:, 1:5, 2:5] = 0.0
    assert "blank_border" not in codes(inspected(make, columns))


def test_odd_mask_values(make: Make) -> None:
    """Values other than 0, 1, 255 with the first of them."""
    columns = sound()
    columns["gt_mask"][12] *= 100
    columns["gt_mask"][13] *= 255
    finding = found(inspected(make, columns), "gray_mask")
    assert finding.message == "gt_mask holds values other than 0, 1 and 255: 100"
    assert (finding.severity, finding.count) == ("warning", 1)
    assert "--mask-above" in (finding.remedy or "")


def test_labels_and_masks_that_contradict(make: Make) -> None:
    """A mask on a normal image is an error, an empty one on an anomalous image a warning."""
    columns = sound()
    columns["gt_mask"][2, 0, 0] = 1
    columns["gt_mask"][15] = 0
    inspection = inspected(make, columns)
    marked, empty = found(inspection, "mask_on_normal"), found(inspection, "empty_mask")
    assert (marked.severity, marked.count, empty.severity, empty.count) == (
        "error",
        1,
        "warning",
        1,
    )
    assert marked.places[0].endswith("image 2 (image/2.png)")
    assert [level.possible for level in inspection.levels] == [False, False]


def test_labels_from_masks_and_images_without_truth(make: Make) -> None:
    """Masks stand in for labels; with neither, nothing can be computed."""
    columns = {name: value for name, value in sound().items() if name != "gt_label"}
    inspection = inspected(make, columns)
    assert (inspection.counts.normal, inspection.counts.anomalous) == (10, 10)
    del columns["gt_mask"]
    inspection = inspect_predictions(make("g.h5", columns))
    assert codes(inspection) == ["unlabelled"]
    assert found(inspection, "unlabelled").count == 20
    assert inspection.counts.unlabelled == 20
    assert "there is no anomalous image" in inspection.levels[0].reasons


def test_one_class_and_few_images(make: Make) -> None:
    """Each category by itself."""
    columns = {**sound(), "category": np.array(["a"] * 12 + ["b"] * 8)}
    inspection = inspected(make, columns)
    assert found(inspection, "one_class").message == "no normal image in b"
    messages = [f.message for f in inspection.findings if f.code == "few_images"]
    assert messages == ["only 2 anomalous images in a; 8 anomalous images in b"]


def test_a_split_of_normal_images_only(make: Make) -> None:
    """Image and pixel metrics are told to be out of reach, with the reason."""
    columns = {name: value[:10] for name, value in sound().items()}
    inspection = inspected(make, columns)
    assert "one_class" in codes(inspection)
    image, pixel = inspection.levels
    assert image.reasons == ("there is no anomalous image",)
    assert pixel.reasons == ("no gt_mask marks an anomalous pixel",)


def test_not_a_number(make: Make) -> None:
    """NaN in scores, maps and masks with counts and the first place."""
    columns = sound()
    columns["anomaly_map"][4, 1, 2] = columns["anomaly_map"][4, 5, 5] = np.nan
    columns["pred_score"][6] = np.nan
    columns["gt_mask"] = columns["gt_mask"].astype(np.float32)
    columns["gt_mask"][8, 0, 0] = np.nan
    inspection = inspected(make, columns)
    in_map = found(inspection, "nan_in_map")
    assert "holds 2 NaN, first at row 1, column 2 of the first image" in in_map.message
    assert in_map.places[0].endswith("image 4 (image/4.png)")
    assert found(inspection, "nan_in_score").places[0].endswith("image 6 (image/6.png)")
    assert found(inspection, "nan_in_mask").count == 1
    assert all(f.severity == "error" for f in inspection.findings if f.code.startswith("nan"))


def test_infinities(make: Make) -> None:
    """Legal, with a warning."""
    columns = sound()
    columns["anomaly_map"][4, 1, 2] = -np.inf
    columns["pred_score"][15] = np.inf
    inspection = inspected(make, columns)
    assert found(inspection, "infinite_map").count == found(inspection, "infinite_score").count == 1
    assert all(level.possible for level in inspection.levels)


def test_maps_of_nothing_but_nan(make: Make) -> None:
    """No minimum, no maximum, no crash."""
    columns = {**sound(), "anomaly_map": np.full((20, 6, 7), np.nan, np.float32)}
    inspection = inspected(make, columns)
    assert found(inspection, "nan_in_map").count == 20
    assert "constant_map" not in codes(inspection)


def test_sizes_that_differ(make: Make) -> None:
    """An error that names the option which mends it."""
    columns = {**sound(), "anomaly_map": sound()["anomaly_map"][:, :3]}
    inspection = inspected(make, columns)
    finding = found(inspection, "size_mismatch")
    assert finding.message == "maps and masks differ in size, 3 x 7 and 6 x 7"
    assert "--resize mask" in (finding.remedy or "")
    assert [level.possible for level in inspection.levels] == [True, False]


def test_duplicates(make: Make) -> None:
    """The same name is an error, the same map under another name a warning."""
    first, second = make("a.h5", sound()), make("b.h5", {**sound(), "pred_score": np.arange(20.0)})
    inspection = inspect_predictions([first, second])
    assert found(inspection, "duplicate_image").severity == "error"
    assert found(inspection, "repeated_map").count == 20
    assert inspection.levels[0].possible is False


def test_images_known_by_position(make: Make) -> None:
    """A note: pairing will be by position."""
    columns = {name: value for name, value in sound().items() if name != "image_path"}
    finding = found(inspected(make, columns), "named_by_position")
    assert finding.severity == "note"


def test_advice_on_storage(make: Make, tmp_path: Path, monkeypatch) -> None:
    """float64, no compression, chunks across images; a file of our Writer needs no advice."""
    monkeypatch.setattr(headers, "_WORTH_COMPRESSING", 1000)
    columns = {**sound(), "anomaly_map": sound()["anomaly_map"].astype(np.float64)}
    inspection = inspected(make, columns)
    assert codes(inspection) == ["float64_storage", "uncompressed"]
    assert {finding.severity for finding in inspection.findings} == {"note"}
    with h5py.File(tmp_path / "g.h5", "w") as file:
        for name, value in sound().items():
            options = {"chunks": (5, 6, 7), "compression": "lzf"} if name == "gt_mask" else {}
            file[name] = value if name != "gt_mask" and name != "image_path" else 0
            if name in ("gt_mask", "image_path"):
                del file[name]
                data = value.astype(object) if name == "image_path" else value
                file.create_dataset(name, data=data, **options)
    chunks = found(inspect_predictions(tmp_path / "g.h5"), "chunks")
    assert chunks.message == "gt_mask is stored in chunks of 5 x 6 x 7, across images"
    with Writer(tmp_path / "h.h5") as writer:
        writer.add(**sound())
    assert inspect_predictions(tmp_path / "h.h5").findings == ()


def test_levels_name_missing_fields(make: Make) -> None:
    """Over several files: how many images lack what."""
    without = {name: value for name, value in sound(name="b").items() if name != "gt_mask"}
    paths = [make("a.h5", sound()), make("b.h5", without)]
    image, pixel = inspect_predictions(paths).levels
    assert image.possible
    assert pixel.reasons == ("20 of 40 images have no gt_mask",)
    columns = {"pred_score": np.arange(20.0), "gt_label": np.arange(20) > 9}
    _, pixel = inspect_predictions(make("c.h5", columns)).levels
    assert pixel.reasons == ("the images have no anomaly_map", "the images have no gt_mask")


def test_files_that_cannot_be_read_are_findings(make: Make, tmp_path: Path) -> None:
    """The others are inspected all the same, and nothing is raised."""
    (tmp_path / "text.h5").write_text("hello")
    good, wrong = make("a.h5", sound()), make("b.h5", {**flat(3), "gt_label": np.eye(3, 2)})
    inspection = inspect_predictions(
        [good, wrong, str(tmp_path / "text.h5"), str(tmp_path / "no.h5"), str(tmp_path / "*.npz")]
    )
    messages = [finding.message for finding in inspection.findings if finding.severity == "error"]
    assert {finding.code for finding in inspection.findings} == {"invalid_file"}
    assert len(messages) == 4
    assert any("gt_label: must be N, is 3 x 2" in message for message in messages)
    assert [report.images for report in inspection.files] == [20, None, None]
    assert inspection.files[1].fields[0].field == "anomaly_map"
    assert inspection.counts.images == 20


@both_formats
def test_images_are_counted_whatever_their_values(make: Make, suffix: str) -> None:
    """A wrong label is one finding; the pixels of all images are looked at all the same."""
    columns = {**flat(5), "gt_label": np.array([0, 1, 2, 1, np.nan])}
    columns["anomaly_map"][2, 0, 0] = np.nan
    inspection = inspect_predictions(make(f"b.{suffix}", columns))
    assert [report.images for report in inspection.files] == [5]
    assert inspection.counts.images == 5
    assert inspection.counts.anomalous == 4  # as the masks of the two say
    told = "gt_label, image 2 (image/2.png): 2 is neither 0 (normal) nor 1 (anomalous) (and 1 more)"
    assert found(inspection, "invalid_file").message == told
    assert found(inspection, "nan_in_map").count == 1
    assert [level.possible for level in inspection.levels] == [False, False]
    del columns["gt_mask"], columns["gt_saturation"]
    inspection = inspect_predictions(make(f"c.{suffix}", columns))
    assert inspection.counts.unlabelled == found(inspection, "unlabelled").count == 2


def test_images_that_are_too_large_are_not_looked_at(make: Make) -> None:
    """Even if it is their labels that are wrong, too."""
    path = make("b.h5", {**flat(3), "gt_label": [0, 1, 2]})
    inspection = inspect_predictions(path, max_image_pixels=5)
    assert [finding.code for finding in inspection.findings].count("invalid_file") == 3
    assert inspection.files[0].images == 3
    assert inspection.counts.images == 0


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A tree of 18 images: of one the map is cut off, of one the mask, of one there is no mask."""
    tree = write_masks(write_tree(tmp_path / "tree", made := trees()), made)
    for name in ("bottle/test/bent/001.tiff", "cable/ground_truth/bent/001_mask.png"):
        (tree / name).write_bytes((tree / name).read_bytes()[:-9])
    (tree / "cable/ground_truth/bent/002_mask.png").unlink()
    return tree


def test_what_is_wrong_with_some_images_hides_no_other(torn: Path) -> None:
    """They are told, and the others are looked at."""
    inspection = inspect_predictions(torn)
    assert inspection.files[0].images == 18
    assert (inspection.counts.images, inspection.counts.anomalous) == (15, 9)
    errors = [finding for finding in inspection.findings if finding.severity == "error"]
    assert [finding.code for finding in errors] == ["invalid_truth", "unreadable", "unreadable"]
    for finding, image in zip(errors, ("cable/test/bent/002", "bent/001", "bent/001"), strict=True):
        assert image in finding.message
    assert [level.possible for level in inspection.levels] == [False, False]
    assert "has no mask" in inspection.levels[0].reasons[0]


def test_a_file_that_breaks_off_in_the_middle(tmp_path: Path) -> None:
    """Images before the damage are still counted."""
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as file:
        file["gt_label"] = [0, 1, 1]
        data = file.create_dataset(
            "anomaly_map", data=maps(3, 20, 20), chunks=(1, 20, 20), compression="gzip"
        )
        place = data.id.get_chunk_info(2)
    with open(path, "r+b") as raw:
        raw.seek(place.byte_offset + 2)
        raw.write(b"\xff" * 20)
    inspection = inspect_predictions(path)
    assert "anomaly_map, image 2: cannot be read" in found(inspection, "unreadable").message
    assert inspection.counts.images == 2


def test_wrong_usage_is_raised(make: Make) -> None:
    """Unknown fields and no files are mistakes of the caller."""
    with pytest.raises(UsageError, match="unknown field 'map'"):
        inspect_predictions(make("f.h5", sound()), fields={"map": "x"})
    with pytest.raises(UsageError, match="no prediction file"):
        inspect_predictions([])


def test_overrides_count(make: Make) -> None:
    """The report shows what was taken for what."""
    path = make("f.h5", {**sound(), "student": sound()["anomaly_map"]})
    inspection = inspect_predictions(path, fields={"anomaly_map": "student"})
    assert inspection.files[0].fields[0].stored_as == "student"
    assert inspection.files[0].ignored == ("anomaly_map 20 x 6 x 7 float32",)
