"""What arrays must be like. Every problem of a file is told at once."""

import numpy as np
import pytest

from anomeval.predictions import open_predictions

from .conftest import Make, both_formats, flat, maps, problems, samples

MAP_TYPES = ["float16", "float32", "float64", "uint8", "uint16"]


@both_formats
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", MAP_TYPES)
def test_map_types_and_byte_orders(make: Make, suffix: str, kind: str, order: str) -> None:
    """Maps of every documented type keep their type and values; they come in our byte order."""
    stored = maps(2).astype(np.dtype(kind).newbyteorder(order))
    opened = open_predictions(make(f"f.{suffix}", {"anomaly_map": stored}))
    for row, image in enumerate(opened):
        assert image.anomaly_map.dtype == kind
        assert np.array_equal(image.anomaly_map, maps(2)[row])


@both_formats
@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("int8", "int8"),
        ("int32", "int32"),
        ("int64", "int64"),
        ("uint32", "uint32"),
        ("bool", "bool"),
        ("complex64", "complex"),
        ("longdouble", "float128"),
        ([("a", "f4"), ("b", "f4")], "structured"),
        ("S3", "text"),
    ],
)
def test_other_map_types_are_refused(make: Make, suffix: str, kind, word: str) -> None:
    """The message says what it is, what it may be, and how to save it."""
    if kind == "longdouble" and np.dtype(kind).itemsize == 8:
        pytest.skip("long double is float64 here")
    path = make(f"f.{suffix}", {"anomaly_map": np.zeros((2, 2, 3), kind)})
    [text] = problems(path)
    assert text.startswith(f"f.{suffix}, anomaly_map: is {word}, must be one of float16, float32")
    assert "array.astype(np.float32)" in text


@both_formats
def test_lengths_must_agree(make: Make, suffix: str) -> None:
    """All fields of a table describe the same images; all lengths are told."""
    columns = {"anomaly_map": maps(3), "gt_label": [0, 1], "pred_score": [1.0, 2.0, 3.0]}
    [text] = problems(make(f"f.{suffix}", columns))
    assert "differ in the number of images: anomaly_map 3, pred_score 3, gt_label 2" in text


@both_formats
@pytest.mark.parametrize(
    ("shape", "remedy"), [((4,), "reshape it"), ((2, 3), "array[None]"), ((2, 3, 4, 4), "channel")]
)
def test_maps_have_three_axes(make: Make, suffix: str, shape, remedy: str) -> None:
    """(N, H, W), or (N, 1, H, W); other shapes are told with a remedy."""
    columns = {"anomaly_map": np.zeros(shape, np.float32)}
    [text] = problems(make(f"f.{suffix}", columns))
    assert f"must be N x H x W, is {' x '.join(map(str, shape))}" in text
    assert remedy in text


@both_formats
def test_scores_have_one_axis(make: Make, suffix: str) -> None:
    """One score for each image."""
    [text] = problems(make(f"f.{suffix}", {"pred_score": np.zeros((2, 5))}))
    assert "pred_score: must be N, is 2 x 5" in text


@both_formats
def test_images_have_pixels(make: Make, suffix: str) -> None:
    """A map of no width is refused."""
    [text] = problems(make(f"f.{suffix}", {"anomaly_map": np.zeros((2, 4, 0), np.float32)}))
    assert "has images without pixels (2 x 4 x 0)" in text


@both_formats
@pytest.mark.parametrize(
    "stored", [[False, True], np.array([0, 1], np.int64), np.array([0.0, 1.0]), [0, 1]], ids=str
)
def test_labels_are_zero_or_one_in_any_type(make: Make, suffix: str, stored) -> None:
    """bool, integers, and floats that are exactly 0 or 1."""
    opened = open_predictions(make(f"f.{suffix}", {"score": [1.0, 2.0], "label": stored}))
    assert [entry.label for entry in opened.entries] == [False, True]


@both_formats
@pytest.mark.parametrize("wrong", [255, 2, -1, 0.5, np.nan])
def test_other_labels_name_the_image(make: Make, suffix: str, wrong: float) -> None:
    """The first wrong label is told with its position, the others are counted."""
    columns = {"score": np.arange(4.0), "label": np.array([0, wrong, 1, wrong])}
    [text] = problems(make(f"f.{suffix}", columns))
    assert text.startswith(f"f.{suffix}, gt_label (stored as 'label'), image 1: ")
    assert f"{wrong} is neither 0 (normal) nor 1 (anomalous) (and 1 more)" in text


@both_formats
def test_labels_are_no_words(make: Make, suffix: str) -> None:
    """A canonical gt_label of texts is refused."""
    columns = {"score": [1.0], "gt_label": np.array(["good"])}
    [text] = problems(make(f"f.{suffix}", columns))
    assert "gt_label: is text, must be 0 (normal) or 1 (anomalous)" in text


@both_formats
@pytest.mark.parametrize("kind", ["bool", "uint8", "int64", "float16", ">f8", ">u2"])
def test_masks_are_numbers_of_any_type(make: Make, suffix: str, kind: str) -> None:
    """Masks come as stored, whatever their type, in our byte order."""
    mask = np.array([[[0, 1, 0], [1, 0, 0]]], kind)
    [image] = open_predictions(make(f"f.{suffix}", {"anomaly_map": maps(1), "gt_mask": mask}))
    assert image.gt_mask.dtype == mask.dtype.newbyteorder("=")
    assert np.array_equal(image.gt_mask, mask[0])


@both_formats
def test_a_mask_may_have_its_own_size(make: Make, suffix: str) -> None:
    """Sizes are brought together later, by a rule that the user chooses."""
    columns = {"anomaly_map": maps(2), "gt_mask": np.zeros((2, 8, 12), np.uint8)}
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert [image.gt_mask.shape for image in opened] == [(8, 12), (8, 12)]


@both_formats
def test_scores_keep_their_exact_value(make: Make, suffix: str) -> None:
    """float32 widens exactly, integers up to 2**53 too; NaN and infinities pass on."""
    stored = np.array([0.1, np.nan, np.inf, -np.inf], np.float32)
    opened = open_predictions(make(f"f.{suffix}", {"score": stored}))
    first, missing, high, low = (entry.score for entry in opened.entries)
    assert first == float(np.float32(0.1))
    assert missing is not None
    assert np.isnan(missing)
    assert (high, low) == (np.inf, -np.inf)
    [text] = problems(make(f"g.{suffix}", {"score": np.array([1, 2**53 + 1])}))
    assert "image 1: 9007199254740993 is no exact float64" in text


@both_formats
def test_names_are_utf8(make: Make, suffix: str) -> None:
    """Bytes are decoded as UTF-8; what does not decode names the image."""
    good = np.array(["bad/Ä.png".encode(), b"good/1.png"])
    opened = open_predictions(make(f"f.{suffix}", {"score": [1.0, 2.0], "path": good}))
    assert [entry.identity for entry in opened.entries] == ["bad/Ä.png", "good/1.png"]
    bad = np.array([b"good", b"\xff\xfe"])
    [text] = problems(make(f"g.{suffix}", {"score": [1.0, 2.0], "path": bad}))
    assert "image_path (stored as 'path'), image 1: is not UTF-8 text" in text


@both_formats
def test_an_empty_image_path_is_a_problem(make: Make, suffix: str) -> None:
    """An image without a name cannot be paired."""
    columns = {"score": np.zeros(4), "path": np.array(["a", "", "b", ""])}
    [text] = problems(make(f"f.{suffix}", columns))
    assert "image 1: is empty (and 1 more)" in text


@both_formats
def test_an_empty_optional_text_means_that_the_file_does_not_say(make: Make, suffix: str) -> None:
    """No category is called the empty string."""
    columns = {**flat(2), "defect_type": np.array(["", "hole"]), "group_id": np.array(["", "p"])}
    opened = open_predictions(make(f"f.{suffix}", columns))
    assert [(e.defect_type, e.group_id) for e in opened.entries] == [(None, None), ("hole", "p")]


@both_formats
def test_all_problems_of_a_file_at_once(make: Make, suffix: str) -> None:
    """Shapes, types, lengths and values are told together."""
    columns = {
        "anomaly_map": np.zeros((3, 2, 2), np.int32),
        "gt_mask": np.zeros((3, 2)),
        "gt_label": [0, 255],
        "pred_score": np.zeros(3, np.complex64),
        "path": np.array(["a", "", "c"]),
        "targets": [1, 2, 3],
        "clsname": np.array(["a", "b", "c"]),
        "object": np.array(["a", "b", "c"]),
    }
    text = "\n".join(problems(make(f"f.{suffix}", columns)))
    assert "anomaly_map: is int32" in text
    assert "gt_mask: must be N x H x W, is 3 x 2" in text
    assert "gt_label, image 1: 255 is neither" in text
    assert "pred_score: is complex" in text
    assert "image 1: is empty" in text
    assert "'clsname' and 'object' could each be category" in text
    assert "differ in the number of images" in text


@both_formats
def test_the_same_problem_of_many_samples_is_told_once(make: Make, suffix: str) -> None:
    """Ten thousand samples of a wrong type are one message with a count."""
    wrong = {"anomaly_map": np.zeros((2, 2), np.int64)}
    [text] = problems(make(f"f.{suffix}", samples(a=wrong, b=wrong, c=wrong)))
    assert text.startswith(f"f.{suffix}, anomaly_map, a: is int64, must be one of")
    assert "(and in 2 more images)" in text
