"""What a fitted post-processor makes of batches of raw predictions."""

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.judging.batch import BatchError, PostProcessed, RawBatch
from anomeval.judging.post_processor import (
    FittedLevel,
    OneClassPostProcessor,
    PostProcessor,
    match_thresholds,
)
from anomeval.judging.scale import Scale
from anomeval.reporting.fit_file import fit_from_json, fit_to_json
from tests.facts.fitting import FITS, FitCase
from tests.hand_checked.expecting import by_id
from tests.support import fit_at

IMAGE = FittedLevel(Scale(0.8, 0.1, 0.9), "f1", 2, 2)
PIXEL = FittedLevel(Scale(2.0, 1.0, 5.0, 0.75), "max", 20, 0)
BOTH = OneClassPostProcessor(IMAGE, PIXEL)


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_batches_of_scores_or_maps_meet_the_facts(case: FitCase):
    """Normalized values and labels of every hand-checked fit, also where maps stand for scores."""
    scale = Scale(*map(float, (case.threshold, case.low, case.high, case.sensitivity)))
    fitted = OneClassPostProcessor(FittedLevel(scale, case.rule, 0, 0), None)
    if case.maps:
        batch = RawBatch(anomaly_map=np.array(case.maps, np.float64))
    else:
        batch = RawBatch(np.array(case.applied, np.float64))
    processed = fitted.post_process(batch)
    assert processed.pred_score.tolist() == pytest.approx([float(x) for x in case.normalized])
    assert processed.pred_label.tolist() == [bool(flag) for flag in case.flagged]


def test_the_numbers_of_both_levels_are_named_as_people_know_them():
    """Minimum, maximum, thresholds raw and normalized, sensitivity, for images and pixels."""
    assert (BOTH.image_min, BOTH.image_max, BOTH.image_threshold) == (0.1, 0.9, 0.8)
    assert (BOTH.image_cut, BOTH.image_sensitivity) == (0.8, 0.5)
    assert BOTH.normalized_image_threshold == 0.5
    assert (BOTH.pixel_min, BOTH.pixel_max, BOTH.pixel_threshold) == (1.0, 5.0, 2.0)
    assert (BOTH.pixel_cut, BOTH.pixel_sensitivity) == (1.0, 0.75)
    assert BOTH.normalized_pixel_threshold == 0.25


def test_a_level_that_was_not_fitted_has_no_numbers_and_decides_nothing():
    """B10: without a pixel threshold there are no masks, whatever the image threshold is."""
    image_only = OneClassPostProcessor(IMAGE, None)
    names = ("min", "max", "threshold", "cut", "sensitivity")
    assert [getattr(image_only, f"pixel_{name}") for name in names] == [None] * 5
    assert image_only.normalized_pixel_threshold is None
    processed = image_only.post_process(RawBatch(anomaly_map=np.ones((2, 3, 3))))
    assert processed.pred_label.tolist() == [True, True]
    assert processed.anomaly_map is None
    assert processed.pred_mask is None


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 1, 3, 4)])
def test_maps_keep_their_shape_and_scores_are_one_for_each_image(shape):
    """(B, H, W) and (B, 1, H, W); a missing score is the maximum of each map, not of the batch."""
    maps = np.linspace(0, 1, 24).reshape(shape)
    processed = BOTH.post_process(RawBatch(anomaly_map=maps))
    assert processed.anomaly_map.shape == processed.pred_mask.shape == shape
    assert processed.pred_label.tolist() == [False, True]
    assert (
        processed.pred_score.tolist()
        == IMAGE.scale.normalize(maps.max(axis=(-2, -1))).ravel().tolist()
    )


def test_a_score_of_zero_is_a_score():
    """It is not replaced by the maximum of the map."""
    batch = RawBatch(np.array([0.0, 0.0]), np.ones((2, 2, 2)))
    assert BOTH.threshold(batch).pred_label.tolist() == [False, False]


def test_post_processing_is_normalizing_and_thresholding():
    """The three ways agree, and decisions rest on raw values."""
    batch = RawBatch(np.array([0.79, 5.0]), np.array([[[0.5, 1.0]], [[9.0, 2.0]]]))
    processed, normalized = BOTH.post_process(batch), BOTH.normalize(batch)
    decisions = BOTH.threshold(batch)
    for part in (normalized, decisions):
        for field in fields(part):
            assert np.array_equal(getattr(processed, field.name), getattr(part, field.name))
    assert processed.pred_mask.tolist() == [[[False, True]], [[True, True]]]


def test_inputs_are_left_alone():
    """Neither scores nor maps are altered, and results share no memory with them."""
    scores, maps = np.array([0.5, 3.0]), np.full((2, 2, 2), 7.0)
    before = scores.copy(), maps.copy()
    processed = BOTH.post_process(RawBatch(scores, maps))
    processed.pred_score[:] = processed.anomaly_map[:] = -1
    assert np.array_equal(scores, before[0])
    assert np.array_equal(maps, before[1])


def test_a_batch_of_nothing_is_refused():
    """As anomalib does, with a ValueError; it is one of ours, too."""
    with pytest.raises(ValueError, match="neither pred_score nor anomaly_map is given") as caught:
        RawBatch()
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    ("scores", "maps", "message"),
    [
        (np.zeros((2, 1)), None, r"pred_score has shape \(2, 1\), must be \(B,\)"),
        (None, np.zeros((3, 3)), r"anomaly_map has shape \(3, 3\), must be"),
        (None, np.zeros((2, 3, 4, 4)), r"anomaly_map has shape \(2, 3, 4, 4\), must be"),
        (None, np.zeros((2, 0, 4)), r"anomaly_map has shape \(2, 0, 4\), must be"),
        (np.zeros(3), np.zeros((2, 4, 4)), "3 pred_score do not belong to 2 anomaly_map"),
    ],
)
def test_batches_of_other_shapes_are_refused(scores, maps, message):
    """Before anything is computed."""
    with pytest.raises(BatchError, match=message):
        RawBatch(scores, maps)


def test_a_fit_is_frozen():
    """Nobody can shift a threshold by accident."""
    with pytest.raises(FrozenInstanceError):
        BOTH.image = None  # type: ignore[misc]


def test_a_post_processor_survives_the_file(tmp_path):
    """Written as FIT.json and read back it judges alike; categories have their own."""
    fit = fit_at(0.3, 0.7)
    fit = type(fit)(fit.shared, fit.source, {"bottle": BOTH})
    path = tmp_path / "val.fit.json"
    path.write_text(fit_to_json(fit))
    assert anomeval.read_fit(path).for_category("bottle") == BOTH
    assert anomeval.read_fit(path).for_category("cable") == fit.shared
    assert fit_from_json(fit_to_json(fit), "again").digest == fit.digest


def test_matching_lends_a_fit_to_the_level_that_has_none():
    """Threshold, range and sensitivity; with both or none fitted nothing changes."""
    assert match_thresholds(OneClassPostProcessor(IMAGE, None)) == OneClassPostProcessor(
        IMAGE, IMAGE
    )
    assert match_thresholds(OneClassPostProcessor(None, PIXEL)) == OneClassPostProcessor(
        PIXEL, PIXEL
    )
    assert match_thresholds(BOTH) == BOTH
    assert match_thresholds(OneClassPostProcessor(None, None)) == OneClassPostProcessor(None, None)


def test_others_can_implement_the_protocol():
    """One method is all it takes."""

    class Nothing:
        def post_process(self, batch: RawBatch) -> PostProcessed:
            return PostProcessed(None, None, np.zeros(len(batch.image_scores), np.bool_), None)

    judges: list[PostProcessor] = [BOTH, Nothing()]
    batch = RawBatch(np.array([9.0]))
    assert [judge.post_process(batch).pred_label.tolist() for judge in judges] == [[True], [False]]
