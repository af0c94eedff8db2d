"""apply: from raw prediction files to a file of normalized scores and decisions."""

from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import anomeval
from anomeval.errors import InvalidInputError, UsageError
from anomeval.judging.batch import PostProcessed, RawBatch
from anomeval.judging.mebin import Mebin
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.workflows.applying import apply
from tests.facts.fitting import B10_PIXELS, FITS, FitCase
from tests.hand_checked.expecting import by_id
from tests.support import Picture, fit_at, overall, write_h5, write_npz

IMAGE = FittedLevel(Scale(0.8, 0.1, 0.9), "f1", 2, 2)
PIXEL = FittedLevel(Scale(2.0, 0.0, 8.0), "f1", 20, 2)
MASK = [[0, 1], [0, 0]]


def fit_with(image=IMAGE, pixel=PIXEL, categories=()) -> Fit:
    """A fit that has seen no image."""
    return Fit(OneClassPostProcessor(image, pixel), Source((), "none", 0), dict(categories))


def read(path) -> dict[str, np.ndarray]:
    """Every array of an HDF5 or NPZ file."""
    if path.suffix == ".npz":
        return dict(np.load(path))
    with h5py.File(path) as file:
        return {name: item[()] for name, item in file.items() if isinstance(item, h5py.Dataset)}


def pictures() -> list[Picture]:
    """Two images with all there is to know of them."""
    common = {"category": "bottle", "defect_type": None, "group": "lot-1"}
    return [
        Picture(0.2, 0, [[0.5, 1.0], [2.0, 0.0]], [[0, 0], [0, 0]], "a.png", **common),
        Picture(0.9, 1, [[9.0, 4.0], [1.0, 0.0]], MASK, "b.png", **common | {"defect_type": "cut"}),
    ]


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_normalized_scores_and_labels_are_those_of_the_facts(case: FitCase, tmp_path):
    """B1-B19, through files."""
    scale = Scale(*map(float, (case.threshold, case.low, case.high, case.sensitivity)))
    if case.maps:
        images = [Picture(map=rows) for rows in case.maps]
    else:
        images = [Picture(score) for score in case.applied]
    source, output = write_h5(tmp_path / "test.h5", images), tmp_path / "out.h5"
    apply([source], fit_with(FittedLevel(scale, case.rule, 0, 0), None), output)
    found = read(output)
    assert found["pred_score"].tolist() == pytest.approx([float(x) for x in case.normalized])
    assert found["pred_label"].tolist() == list(case.flagged)
    assert "pred_mask" not in found


@pytest.mark.parametrize("write", [write_h5, write_npz])
@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_everything_that_is_known_is_written_along(write, suffix, tmp_path):
    """Predictions, decisions, ground truth and identity, whichever the formats."""
    source = write(tmp_path / f"test{'.h5' if write is write_h5 else '.npz'}", pictures())
    output = tmp_path / f"out{suffix}"
    applied = apply([source], fit_with(), output)
    found = read(output)
    assert found["anomaly_map"].tolist() == [
        [[0.3125, 0.375], [0.5, 0.25]],
        [[1.0, 0.75], [0.375, 0.25]],
    ]
    assert found["pred_mask"].tolist() == [[[0, 0], [1, 0]], [[1, 1], [0, 0]]]
    assert found["pred_score"].tolist() == pytest.approx([0.0, 0.625])
    assert found["pred_label"].tolist() == [0, 1]
    assert found["gt_label"].tolist() == [0, 1]
    assert found["gt_mask"].tolist() == [[[0, 0], [0, 0]], MASK]
    with anomeval.open_predictions([output]) as predictions:
        entries = predictions.entries
        attributes = predictions.files[0].attributes
    assert [entry.identity for entry in entries] == ["a.png", "b.png"]
    assert [entry.category for entry in entries] == ["bottle", "bottle"]
    assert [entry.defect_type for entry in entries] == [None, "cut"]
    assert [entry.group_id for entry in entries] == ["lot-1", "lot-1"]
    assert attributes["score_space"] == "normalized"
    assert attributes["fit"] == applied.fit == fit_with().digest


def test_what_became_of_the_scores_is_counted(tmp_path):
    """Decisions, clamped values, and scores that cannot be told apart any more."""
    source = write_h5(tmp_path / "test.h5", pictures())
    applied = apply([source], fit_with(), tmp_path / "out.h5")
    assert applied.images == 2
    assert (applied.image.values, applied.image.anomalous) == (2, 1)
    assert (applied.image.clamped_low, applied.image.clamped_high) == (1, 0)
    assert (applied.pixel.values, applied.pixel.anomalous) == (8, 3)
    assert (applied.pixel.clamped_low, applied.pixel.clamped_high) == (0, 1)
    assert (applied.pixel.distinct, applied.pixel.distinct_stored) == (6, 6)
    assert applied.cautions == []


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["float32", "float64"]))
def test_scoring_the_output_gives_the_same_ranking_where_no_scores_were_tied(seed, dtype):
    """All ranking metrics to the last bit, and the summary knows whether they will be."""
    random = np.random.default_rng(seed)
    images = [
        Picture(map=random.normal(size=(6, 7)), mask=random.random((6, 7)) < 0.1, path=str(i))
        for i in range(8)
    ]
    images.append(Picture(map=random.normal(size=(6, 7)), mask=np.zeros((6, 7)), path="normal"))
    wide = FittedLevel(Scale(0.3, -9.0, 9.0), "f1", 1, 1)
    with TemporaryDirectory() as folder:
        source = write_h5(Path(folder) / "test.h5", images, dtype=dtype)
        output = Path(folder) / "out.h5"
        applied = apply([source], fit_with(wide, wide), output)
        metrics = ["auroc", "ap", "f1max", "aupro", "aupimo(fpr_low=0.01,fpr_high=0.3)"]
        rows = [overall(anomeval.score([path], metrics=metrics)) for path in (source, output)]
    assert applied.pixel.clamped_low == applied.pixel.clamped_high == 0
    assume(applied.pixel.distinct == applied.pixel.distinct_stored)
    values = [{name: row.value for name, row in found.items()} for found in rows]
    assert values[0] == values[1]
    assert len(values[0]) == 8


def test_ties_are_told_with_their_numbers(tmp_path):
    """Clamping and narrow types make different scores equal."""
    images = [Picture(score) for score in (0.0, 0.3, 0.5, 2.0, 3.0, 4.0)]
    source = write_h5(tmp_path / "test.h5", images)
    applied = apply([source], fit_with(), tmp_path / "out.h5")
    (caution,) = [c for c in applied.cautions if c.code == "scores_tied"]
    assert caution.message.startswith(
        "image level: 5 of 6 scores lie at the ends of the scale and 3 different ones became equal"
    )
    source = write_h5(tmp_path / "maps.h5", [Picture(0.5, map=[[2.0, 2.0 + 1e-9]])])
    for map_type, stored in (("float16", 1), ("float32", 1), ("float64", 2)):
        applied = apply([source], fit_with(), tmp_path / "out.h5", map_dtype=map_type)
        assert (applied.pixel.distinct, applied.pixel.distinct_stored) == (2, stored)


def test_every_category_has_its_own_thresholds(tmp_path):
    """As they were fitted, and the shared ones for a category that was not seen, with a caution."""
    own = OneClassPostProcessor(FittedLevel(Scale(5.0, 0.0, 10.0), "f1", 1, 1), None)
    images = [Picture(2.0, path=name, category=name) for name in ("bottle", "cable")]
    source = write_h5(tmp_path / "test.h5", images)
    applied = apply([source], fit_with(categories={"bottle": own}), tmp_path / "out.h5")
    assert read(tmp_path / "out.h5")["pred_label"].tolist() == [0, 1]
    assert [caution.code for caution in applied.cautions] == ["category_not_fitted"]


def test_a_missing_score_is_the_maximum_of_the_map_and_said_to_be(tmp_path):
    """As in scoring."""
    source = write_h5(tmp_path / "test.h5", [Picture(map=[[0.1, 0.8]]), Picture(map=[[0.0, 0.7]])])
    applied = apply([source], fit_with(), tmp_path / "out.h5")
    assert read(tmp_path / "out.h5")["pred_label"].tolist() == [1, 0]
    assert "score_from_map" in {caution.code for caution in applied.cautions}


def test_unlabelled_images_are_judged_as_well(tmp_path):
    """Delivery needs no ground truth, and names by position stay positions."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5), Picture(1.0)])
    apply([source], fit_with(), tmp_path / "out.h5")
    assert set(read(tmp_path / "out.h5")) == {"pred_score", "pred_label"}


def test_a_level_that_was_not_fitted_is_left_out_with_a_caution(tmp_path):
    """B10: a pixel level without a threshold of its own is not given that of images."""
    source = write_h5(tmp_path / "test.h5", [Picture(8, 1, grid) for grid in B10_PIXELS.maps])
    applied = apply([source], fit_with(pixel=None), tmp_path / "out.h5")
    assert {"anomaly_map", "pred_mask"}.isdisjoint(read(tmp_path / "out.h5"))
    assert applied.pixel is None
    assert [caution.code for caution in applied.cautions] == ["level_not_fitted"]


def test_thresholds_are_matched_only_when_asked_for(tmp_path):
    """The other level's scale serves, with a caution where scores are no maxima of their maps."""
    images = [Picture(0.8, map=[[0.8, 0.1]]), Picture(5.0, map=[[0.9, 0.1]])]
    source = write_h5(tmp_path / "test.h5", images)
    applied = apply([source], fit_with(pixel=None), tmp_path / "out.h5", match=True)
    assert read(tmp_path / "out.h5")["pred_mask"].tolist() == [[[1, 0]], [[1, 0]]]
    (caution,) = [c for c in applied.cautions if c.code == "thresholds_matched"]
    assert "pixel level uses the fit of the other level, but 1 image have" in caution.message
    applied = apply([source], fit_with(), tmp_path / "out.h5", match=True)
    assert not [c for c in applied.cautions if c.code == "thresholds_matched"]


def test_mebin_masks_span_a_category_whatever_the_files(tmp_path):
    """Two passes: the range of all maps of a category first, then each mask by it."""
    blocks = np.kron(np.array([[9, 0, 0, 5], [0, 0, 0, 0]]), np.ones((8, 8)))
    maps = [blocks, blocks / 2, blocks * 3, blocks + 1]
    images = [Picture(0.5, map=m, path=str(i), category="ab"[i % 2]) for i, m in enumerate(maps)]
    sources = [write_h5(tmp_path / f"{i}.h5", [image]) for i, image in enumerate(images)]
    calls = []
    applied = apply(
        sources,
        fit_with(),
        tmp_path / "out.h5",
        mebin=True,
        progress=lambda done, total: calls.append((done, total)),
    )
    found = read(tmp_path / "out.h5")["pred_mask"]
    ranges = [Mebin.over(maps[0::2]), Mebin.over(maps[1::2])] * 2
    for mask, mebin, anomaly_map in zip(found, ranges, maps, strict=True):
        assert np.array_equal(mask, mebin.binarize(anomaly_map).mask)
    assert applied.pixel.anomalous == found.sum() > 0
    assert calls == [(done, 8) for done in range(1, 9)]


def test_mebin_needs_no_pixel_threshold(tmp_path):
    """It cuts maps without one; normalized maps are then left out."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5, map=np.eye(8))])
    applied = apply([source], fit_with(pixel=None), tmp_path / "out.h5", mebin=True)
    assert "pred_mask" in read(tmp_path / "out.h5")
    assert "anomaly_map" not in read(tmp_path / "out.h5")
    assert "level_not_fitted" in {caution.code for caution in applied.cautions}


def test_another_post_processor_can_serve(tmp_path):
    """Whatever implements the protocol, for the images of all categories."""

    class Inverted:
        def post_process(self, batch: RawBatch) -> PostProcessed:
            scores = 1 - batch.image_scores.astype(np.float64)
            return PostProcessed(scores, None, scores > 0.5, None)

    source = write_h5(tmp_path / "test.h5", [Picture(0.25, category="a"), Picture(1.0)])
    applied = apply([source], Inverted(), tmp_path / "out.h5")
    assert read(tmp_path / "out.h5")["pred_score"].tolist() == [0.75, 0.0]
    assert (applied.fit, applied.image.distinct, applied.pixel) == (None, None, None)
    for option in ({"match": True}, {"mebin": True}):
        with pytest.raises(UsageError):
            apply([source], Inverted(), tmp_path / "out.h5", **option)


@pytest.mark.parametrize(
    ("stored", "written"),
    [("float16", "float32"), ("uint8", "float32"), ("float32", "float32"), ("float64", "float64")],
)
def test_maps_keep_a_type_that_keeps_their_order(stored, written, tmp_path):
    """Narrow types are widened, for between 0 and 1 they have fewer values."""
    source = write_h5(tmp_path / "test.h5", [Picture(map=[[1, 2]])], dtype=stored)
    apply([source], fit_with(), tmp_path / "out.h5")
    assert read(tmp_path / "out.h5")["anomaly_map"].dtype == written
    apply([source], fit_with(), tmp_path / "out.h5", map_dtype="float16")
    assert read(tmp_path / "out.h5")["anomaly_map"].dtype == "float16"


@pytest.mark.parametrize("compressed", [True, False])
def test_compression_is_that_of_the_input_unless_chosen(compressed, tmp_path):
    """What was packed stays packed."""
    source = write_npz(tmp_path / "test.npz", [Picture(map=[[1, 2]])], compressed=compressed)
    output = tmp_path / "out.h5"
    choices = {None: compressed, "gzip": True, "none": False}
    for choice, packed in choices.items():
        apply([source], fit_with(), output, compression=choice)
        with h5py.File(output) as file:
            assert bool(file["anomaly_map"].compression) == packed
            assert bool(file["pred_mask"].compression) == packed


def test_images_of_different_sizes_become_samples(tmp_path):
    """Each with its own arrays."""
    images = [Picture(map=[[1.0, 3.0]]), Picture(map=[[1.0], [4.0], [0.0]])]
    source = write_npz(tmp_path / "test.npz", images)
    apply([source], fit_with(), tmp_path / "out.npz")
    found = read(tmp_path / "out.npz")
    masks = [found[f"samples/{index:08}/pred_mask"].tolist() for index in range(2)]
    assert masks == [[[0, 1]], [[0], [1], [0]]]


def test_fields_that_only_some_files_have_are_left_out_with_a_caution(tmp_path):
    """A file has every field for all of its images."""
    sources = [
        write_h5(tmp_path / "one.h5", [Picture(0.5, 1, [[1.0]], [[1]], "a")]),
        write_h5(tmp_path / "two.h5", [Picture(0.5, None, [[1.0]], None, "b")]),
    ]
    applied = apply(sources, fit_with(), tmp_path / "out.h5")
    assert {"gt_label", "gt_mask"}.isdisjoint(read(tmp_path / "out.h5"))
    messages = [c.message for c in applied.cautions if c.code == "field_left_out"]
    assert messages == [f"{f} is left out: {sources[1]} has none" for f in ("gt_label", "gt_mask")]


def test_gray_masks_stay_as_they_are_or_are_binarized(tmp_path):
    """What does not fit into a byte has to be binarized, and the message says how."""
    source = tmp_path / "test.h5"
    with h5py.File(source, "w") as file:
        file["pred_score"] = [0.5]
        file["gt_mask"] = np.array([[[0, 100, 254]]], np.uint8)
    apply([source], fit_with(), tmp_path / "out.h5")
    assert read(tmp_path / "out.h5")["gt_mask"].tolist() == [[[0, 100, 254]]]
    apply([source], fit_with(), tmp_path / "out.h5", mask_above=127)
    assert read(tmp_path / "out.h5")["gt_mask"].tolist() == [[[0, 0, 1]]]
    with h5py.File(source, "a") as file:
        del file["gt_mask"]
        file["gt_mask"] = np.array([[[0, 0.5, 1]]])
    with pytest.raises(InvalidInputError, match=r"test\.h5, gt_mask, image 0: .* --mask-above T"):
        apply([source], fit_with(), tmp_path / "out.h5")


def test_nan_is_refused_with_every_place(tmp_path):
    """And nothing is written."""
    nan = float("nan")
    images = [
        Picture(0.5, map=[[nan]], path="a"),
        Picture(nan, map=[[0.1]], path="b"),
        Picture(0.5, map=[[0.1]], path="c"),
    ]
    source = write_h5(tmp_path / "test.h5", images)
    with pytest.raises(InvalidInputError) as caught:
        apply([source], fit_with(), tmp_path / "out.h5")
    places = [(problem.field, problem.image) for problem in caught.value.problems]
    assert places == [("anomaly_map", "a"), ("pred_score", "b")]
    assert [path.name for path in tmp_path.iterdir()] == ["test.h5"]


def test_infinite_scores_are_clamped_but_have_no_mebin_range(tmp_path):
    """Normalization takes them to the ends of the scale."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5, map=[[np.inf, -np.inf]], path="a")])
    apply([source], fit_with(), tmp_path / "out.h5")
    assert read(tmp_path / "out.h5")["anomaly_map"].tolist() == [[[1.0, 0.0]]]
    with pytest.raises(InvalidInputError, match=r"image 0 \(a\): holds infinite scores"):
        apply([source], fit_with(), tmp_path / "out.h5", mebin=True)


def test_the_output_must_not_be_an_input(tmp_path):
    """Raw scores cannot be had back from normalized ones."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5)])
    before = source.read_bytes()
    with pytest.raises(UsageError, match="is one of the inputs"):
        apply([source], fit_with(), tmp_path / "." / "test.h5")
    assert source.read_bytes() == before


def test_normalized_scores_are_not_normalized_again(tmp_path):
    """The mark in the file is heeded."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5)])
    apply([source], fit_with(), tmp_path / "out.h5")
    with pytest.raises(InvalidInputError, match="holds normalized scores"):
        apply([tmp_path / "out.h5"], fit_with(), tmp_path / "again.h5")


@pytest.mark.parametrize(
    ("output", "options", "message"),
    [
        ("none/out.h5", {}, "create the directory"),
        ("out.txt", {}, "has no known suffix"),
        ("out.h5", {"mebin": True}, "MEBin needs an anomaly_map of every image"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(output, options, message, tmp_path):
    """No image is read for nothing."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5)])
    calls = []
    with pytest.raises(UsageError, match=message):
        apply(
            [source],
            fit_with(),
            tmp_path / output,
            progress=lambda done, total: calls.append(done),
            **options,
        )
    assert not calls
    assert [path.name for path in tmp_path.iterdir()] == ["test.h5"]


def test_a_fit_without_a_level_that_the_data_has_is_refused(tmp_path):
    """There would be nothing to write."""
    source = write_h5(tmp_path / "test.h5", [Picture(0.5)])
    with pytest.raises(UsageError, match="no level that the images have"):
        apply([source], fit_with(image=None), tmp_path / "out.h5")


def test_the_same_input_gives_the_same_bytes(tmp_path):
    """Nothing depends on time or chance."""
    source = write_h5(tmp_path / "test.h5", pictures())
    for suffix in (".h5", ".npz"):
        outputs = [tmp_path / f"{name}{suffix}" for name in ("one", "two")]
        for output in outputs:
            apply([source], fit_at(0.5, 1.5), output)
        assert outputs[0].read_bytes() == outputs[1].read_bytes()
