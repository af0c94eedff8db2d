"""The three ways to divide a file: flat, a group for each category, a sample for each image."""

from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.predictions import FIELDS, open_predictions

from .conftest import Make, both_formats, flat, maps, problems, samples


def grouped(**groups: dict) -> dict:
    """The categories layout."""
    return {
        f"{g}/{field}": value for g, fields in groups.items() for field, value in fields.items()
    }


@both_formats
def test_a_flat_file_gives_every_field_of_every_image(make: Make, suffix: str) -> None:
    """Values come as they were stored, in storage order."""
    stored = flat(3)
    opened = open_predictions(make(f"f.{suffix}", stored))
    assert len(opened) == 3
    assert opened.fields == frozenset(FIELDS)
    assert opened.files[0].fields == {field: field for field in FIELDS}
    entry = opened.entries[2]
    assert (entry.index, entry.identity, entry.named) == (2, "image/2.png", True)
    assert (entry.score, entry.label) == (2.0, True)
    assert (entry.category, entry.defect_type, entry.group_id) == ("bottle", "scratch", "part 1")
    for row, image in enumerate(opened):
        assert image.entry == opened.entries[row]
        assert image.anomaly_map.dtype == np.float32
        assert np.array_equal(image.anomaly_map, stored["anomaly_map"][row])
        assert np.array_equal(image.gt_mask, stored["gt_mask"][row])
        assert np.array_equal(image.saturation, stored["gt_saturation"][row])


@both_formats
def test_a_group_for_each_category(make: Make, suffix: str) -> None:
    """The group's name is the category; images are counted through the groups in name order."""
    columns = grouped(
        cable={"anomaly_map": maps(1, 4, 5, first=50), "label": [1]},
        bottle={"anomaly_map": maps(2), "label": [0, 1]},
    )
    opened = open_predictions(make(f"test.{suffix}", columns))
    assert [entry.category for entry in opened.entries] == ["bottle", "bottle", "cable"]
    assert [entry.identity for entry in opened.entries] == ["test#0", "test#1", "test#2"]
    assert [entry.label for entry in opened.entries] == [False, True, True]
    assert [float(image.anomaly_map[0, 0]) for image in opened] == [0, 6, 50]
    assert opened.files[0].fields == {
        "anomaly_map": "anomaly_map",
        "gt_label": "label",
        "category": "<group name>",
    }


@both_formats
def test_a_category_column_wins_over_the_group_name(make: Make, suffix: str) -> None:
    """Only an image whose own category is empty takes the group's name."""
    columns = grouped(a={"anomaly_map": maps(2), "category": np.array(["bottle", ""])})
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert [entry.category for entry in opened.entries] == ["bottle", "a"]


@both_formats
def test_a_field_that_a_category_lacks_is_no_field_of_the_file(make: Make, suffix: str) -> None:
    """`fields` promises a field for every image; each image still gives what it has."""
    columns = grouped(
        a={"anomaly_map": maps(1), "gt_mask": np.ones((1, 2, 3), np.uint8)},
        b={"anomaly_map": maps(1), "pred_score": [3.0]},
    )
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert opened.fields == {"anomaly_map", "category"}
    first, second = opened
    assert (first.gt_mask is not None, first.entry.score) == (True, None)
    assert (second.gt_mask, second.entry.score) == (None, 3.0)


@both_formats
def test_a_sample_for_each_image_of_its_own_size(make: Make, suffix: str) -> None:
    """The key is the identity unless `image_path` is there; sizes and types may differ."""
    columns = samples(
        b={"anomaly_map": maps(1, 3, 4)[0], "gt_mask": np.ones((3, 4), np.uint8), "gt_label": 1},
        a={"anomaly_map": maps(1, 2, 2)[0], "gt_mask": np.zeros((2, 2), bool), "gt_label": 0},
    )
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert [(e.identity, e.named, e.label) for e in opened.entries] == [
        ("a", True, False),
        ("b", True, True),
    ]
    assert [image.anomaly_map.shape for image in opened] == [(2, 2), (3, 4)]
    assert [int(image.gt_mask.sum()) for image in opened] == [0, 12]
    assert opened.files[0].fields["image_path"] == "<sample name>"


@both_formats
def test_the_scalars_of_a_sample(make: Make, suffix: str) -> None:
    """Every field but the pixels may be a scalar beside them."""
    image = {
        "anomaly_map": maps(1)[0],
        "pred_score": 2.5,
        "gt_label": True,
        "image_path": "bad/Ä.png",
        "category": "bottle",
        "defect_type": "scratch",
        "group_id": 7,
    }
    [entry] = open_predictions(make(f"f.{suffix}", samples(k=image))).entries
    assert (entry.score, entry.label, entry.identity) == (2.5, True, "bad/Ä.png")
    assert (entry.category, entry.defect_type, entry.group_id) == ("bottle", "scratch", "7")


@both_formats
def test_samples_need_no_map(make: Make, suffix: str) -> None:
    """A sample with a score alone serves image metrics."""
    columns = samples(a={"score": 1.0, "label": 0}, b={"score": 2.0, "label": 1})
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert [entry.score for entry in opened.entries] == [1.0, 2.0]
    assert [image.anomaly_map for image in opened] == [None, None]


@both_formats
@pytest.mark.parametrize("field", ["gt_mask", "gt_label", "pred_score"])
def test_a_field_that_some_samples_lack_is_a_problem(make: Make, suffix: str, field: str) -> None:
    """Samples are the rows of one table: all have a value or none has."""
    whole = {"anomaly_map": maps(1)[0], "gt_mask": maps(1)[0], "gt_label": 1, "pred_score": 1.0}
    part = {name: value for name, value in whole.items() if name != field}
    found = problems(make(f"f.{suffix}", samples(a=whole, b=part, c=part)))
    assert len(found) == 1
    assert f"{field}, b: is missing in 2 of 3 samples" in found[0]


@both_formats
def test_two_layouts_in_one_file_are_a_problem(make: Make, suffix: str) -> None:
    """Nobody can tell which one is meant; the message says where both are."""
    columns = {"anomaly_map": maps(1), "bottle/anomaly_map": maps(1)}
    [text] = problems(make(f"f.{suffix}", columns))
    assert "both at the root (anomaly_map) and in group 'bottle' (anomaly_map)" in text
    assert "--field anomaly_map=GROUP/NAME" in text


@both_formats
def test_groups_without_predictions_are_left_aside(make: Make, suffix: str) -> None:
    """Other data in the file does no harm."""
    columns = {**flat(2), "weights/layer1": np.zeros((3, 3)), "notes": np.zeros(5)}
    assert len(open_predictions(make(f"f.{suffix}", columns))) == 2


@both_formats
def test_a_category_without_predictions_is_a_problem(make: Make, suffix: str) -> None:
    """A category that has masks but neither map nor score is not dropped in silence."""
    columns = grouped(a={"anomaly_map": maps(1)}, b={"gt_mask": np.zeros((1, 2, 3), np.uint8)})
    [text] = problems(make(f"f.{suffix}", columns))
    assert text.startswith(f"f.{suffix}, b: has neither anomaly_map nor pred_score, only gt_mask")


@both_formats
def test_problems_in_groups_name_the_group(make: Make, suffix: str) -> None:
    """A wrong array is named with the path that it has in the file."""
    columns = grouped(a={"amap": maps(1).astype(np.int32)}, b={"anomaly_map": maps(1)})
    [text] = problems(make(f"f.{suffix}", columns))
    assert text.startswith(f"f.{suffix}, a/anomaly_map (stored as 'amap'): is int32")


@both_formats
def test_a_singleton_channel_is_taken_off(make: Make, suffix: str) -> None:
    """(N, 1, H, W) maps and masks, (N, 1) scores and (1, H, W) samples are what torch hands out."""
    columns = {
        "anomaly_map": maps(2)[:, None],
        "gt_mask": np.zeros((2, 1, 2, 3), np.uint8),
        "pred_score": np.array([[1.0], [2.0]]),
        "gt_label": np.array([[0], [1]]),
    }
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert [image.anomaly_map.shape for image in opened] == [(2, 3), (2, 3)]
    assert [image.gt_mask.shape for image in opened] == [(2, 3), (2, 3)]
    assert [(e.score, e.label) for e in opened.entries] == [(1.0, False), (2.0, True)]
    single = open_predictions(make(f"g.{suffix}", samples(a={"anomaly_map": maps(1)})))
    assert [image.anomaly_map.shape for image in single] == [(2, 3)]


@both_formats
def test_any_range_of_images_can_be_read(make: Make, suffix: str) -> None:
    """`images(start, stop)` equals that part of a whole pass, across categories as well."""
    columns = grouped(a={"anomaly_map": maps(3)}, b={"anomaly_map": maps(2, 4, 4)})
    for name, stored in {"f": columns, "g": flat(5)}.items():
        file = open_predictions(make(f"{name}.{suffix}", stored)).files[0]
        whole = list(file.images())
        for start in range(6):
            for stop in (*range(6), None):
                part = list(file.images(start, stop))
                assert [image.entry for image in part] == [i.entry for i in whole[start:stop]]
                for image, wanted in zip(part, whole[start:stop], strict=True):
                    assert np.array_equal(image.anomaly_map, wanted.anomaly_map)


@both_formats
def test_every_image_is_an_array_of_its_own(make: Make, suffix: str) -> None:
    """Whoever keeps an image, or writes into it, changes no other."""
    opened = open_predictions(make(f"f.{suffix}", flat(3)))
    kept = list(opened)
    for image in kept:
        image.anomaly_map[:] += 1
    for image, later in pairwise(kept):
        assert not np.shares_memory(image.anomaly_map, later.anomaly_map)
    assert [float(image.anomaly_map[0, 0]) for image in opened] == [0, 6, 12]


@both_formats
def test_a_newer_schema_is_refused(make: Make, suffix: str) -> None:
    """A file that says it follows other rules is not read by these."""
    path = make(f"f.{suffix}", flat(1))
    if suffix == "h5":
        import h5py

        with h5py.File(path, "a") as file:
            file.attrs["anomeval_schema"] = "anomeval.predictions/2"
    else:
        np.savez(path, anomeval_schema="anomeval.predictions/2", **flat(1))
    [text] = problems(path)
    assert "is written in schema 'anomeval.predictions/2'" in text
    assert "use a newer anomeval" in text


@both_formats
def test_a_file_without_anything_known_lists_what_it_has(make: Make, suffix: str) -> None:
    """The remedy names --field and the arrays that there are."""
    [text] = problems(make(f"f.{suffix}", {"weights": np.zeros((2, 2)), "a/b": np.zeros(3)}))
    assert text.startswith(f"f.{suffix}: holds neither anomaly_map nor pred_score")
    assert "weights 2 x 2 float64" in text
    assert "a/b 3 float64" in text


@both_formats
def test_what_lies_deep_is_named_and_read(make: Make, suffix: str) -> None:
    """With what stands beside it; a slash in front is how HDF5 shows paths."""
    path = make(f"f.{suffix}", {f"model/preds/{name}": array for name, array in flat(3).items()})
    [text] = problems(path)
    assert "it is empty" not in text
    assert "name the right array: --field anomaly_map=model/preds/anomaly_map" in text
    assert "model/preds/gt_mask 3 x 2 x 3 uint8" in text
    expected = list(open_predictions(make(f"g.{suffix}", flat(3))))
    for name in ("model/preds/anomaly_map", "/model/preds/anomaly_map"):
        opened = open_predictions(path, fields={"anomaly_map": name})
        assert [entry.identity for entry in opened.entries] == [i.entry.identity for i in expected]
        assert [image.anomaly_map.tolist() for image in opened] == maps(3).tolist()
        assert [i.gt_mask.tolist() for i in opened] == [i.gt_mask.tolist() for i in expected]


@both_formats
def test_a_hint_that_would_lose_images_is_not_given(make: Make, suffix: str) -> None:
    """Two groups of predictions: to name one of them is no way to read both."""
    columns = {f"run/{name}/anomaly_map": maps(2) for name in ("bottle", "cable")}
    [text] = problems(make(f"f.{suffix}", columns))
    assert "name the right array with --field, of one group; it has: run/bottle/anomaly_map" in text


def test_groups_in_circles(tmp_path: Path) -> None:
    """A group that holds itself is looked through once."""
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["a/b/c/anomaly_map"] = maps(2)
        file["a/b/c/again"] = file["a/b"]
    [text] = problems(str(tmp_path / "f.h5"))
    assert "it has: a/b/c/anomaly_map 2 x 2 x 3 float32" in text
    assert "again" not in text
