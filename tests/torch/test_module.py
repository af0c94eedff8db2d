"""The torch module decides as the NumPy path does, bit for bit."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import anomeval
from anomeval.errors import UsageError
from anomeval.judging.batch import RawBatch
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.reporting.fit_file import fit_to_json
from anomeval.torch import Judged, PostProcessingModule
from tests.facts.fitting import FITS, FitCase
from tests.hand_checked.expecting import by_id
from tests.support import fit_at
from tests.torch.edges import SCALES, error_bound, fitted, scores_around

edges = pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)


@edges
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_decisions_are_those_of_numpy_at_every_edge(scale, dtype):
    """Ties at the cut and its neighbours included, whatever the type of the scores."""
    scores = torch.from_numpy(scores_around(scale)).to(dtype)
    labels = PostProcessingModule(fitted(scale))(scores=scores).labels
    expected = fitted(scale).post_process(RawBatch(scores.double().numpy())).pred_label
    assert labels.dtype == torch.bool
    assert np.array_equal(labels.numpy(), expected)


@given(
    st.floats(-1e6, 1e6),
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1),
    st.integers(-2, 2),
)
def test_decisions_are_those_of_numpy_for_any_cut(cut, scores, steps):
    """Also for the scores a few steps of float32 away from the cut."""
    near = np.float32(cut)
    for _ in range(abs(steps)):
        near = np.nextafter(near, np.float32(np.copysign(np.inf, steps)))
    array = np.array([*scores, near], np.float32)
    scale = Scale(cut, cut - 1, cut + 1)
    labels = PostProcessingModule(fitted(scale))(scores=torch.from_numpy(array)).labels
    assert np.array_equal(labels.numpy(), scale.is_anomalous(array))


@edges
def test_normalized_float32_scores_are_as_exact_as_documented(scale):
    """Within the stated bound of the float64 values, in order, and NaN where it was."""
    scores = np.sort(scores_around(scale))
    found = PostProcessingModule(fitted(scale))(scores=torch.from_numpy(scores)).scores
    assert found.dtype == torch.float32
    assert np.abs(found.numpy() - scale.normalize(scores)).max() <= error_bound(scale)
    assert (np.diff(found.numpy()) >= 0).all()


@edges
def test_normalized_float64_scores_are_those_of_numpy(scale):
    """To the last bit but one."""
    scores = scores_around(scale).astype(np.float64)
    found = PostProcessingModule(fitted(scale))(scores=torch.from_numpy(scores)).scores
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found.numpy(), scale.normalize(scores), rtol=0, atol=2**-52)


@edges
def test_nan_stays_nan_and_is_normal(scale):
    """Nothing hides it."""
    judged = PostProcessingModule(fitted(scale))(scores=torch.tensor([torch.nan]))
    assert judged.scores.isnan().all()
    assert not judged.labels.any()


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_the_module_meets_the_facts(case: FitCase):
    """Normalized values and labels of every hand-checked fit, in float64."""
    scale = Scale(*map(float, (case.threshold, case.low, case.high, case.sensitivity)))
    module = PostProcessingModule(fitted(scale))
    if case.maps:
        judged = module(maps=torch.tensor(np.array(case.maps, np.float64)))
    else:
        judged = module(scores=torch.tensor([float(x) for x in case.applied], dtype=torch.float64))
    assert judged.scores.tolist() == pytest.approx([float(x) for x in case.normalized])
    assert judged.labels.tolist() == [bool(flag) for flag in case.flagged]


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 1, 3, 4)])
def test_maps_keep_their_shape_and_lend_their_maximum_to_missing_scores(shape):
    """One score for each image, on the scale of images."""
    both = OneClassPostProcessor(
        FittedLevel(Scale(0.5, 0.0, 1.0), "f1", 1, 1), FittedLevel(Scale(0.2, 0.1, 0.4), "f1", 1, 1)
    )
    maps = torch.linspace(0, 0.7, 24).reshape(shape)
    judged = PostProcessingModule(both)(maps=maps)
    expected = both.post_process(RawBatch(anomaly_map=maps.numpy()))
    assert isinstance(judged, Judged)
    assert judged.maps.shape == judged.masks.shape == shape
    assert np.array_equal(judged.masks.numpy(), expected.pred_mask)
    assert np.array_equal(judged.labels.numpy(), expected.pred_label)
    np.testing.assert_allclose(judged.maps.numpy(), expected.anomaly_map, atol=1e-6)
    np.testing.assert_allclose(judged.scores.numpy(), expected.pred_score, atol=1e-6)


def test_a_score_of_zero_is_a_score():
    """It is not replaced by the maximum of the map."""
    judged = PostProcessingModule(fitted(Scale(0.5, 0.0, 1.0)))(torch.zeros(2), torch.ones(2, 4, 4))
    assert judged.labels.tolist() == [False, False]
    assert judged.masks.all()


@pytest.mark.parametrize(
    ("image", "pixel", "present"),
    [(True, False, {"scores", "labels"}), (False, True, {"maps", "masks"})],
)
def test_levels_that_were_not_fitted_are_none(image, pixel, present):
    """Nothing is invented."""
    level = FittedLevel(Scale(0.5, 0.0, 1.0), "f1", 1, 1)
    module = PostProcessingModule(
        OneClassPostProcessor(level if image else None, level if pixel else None)
    )
    judged = module(torch.zeros(1), torch.zeros(1, 2, 2))
    assert {name for name, value in judged._asdict().items() if value is not None} == present


def test_inputs_are_left_alone():
    """The model's own tensors keep their values."""
    maps = torch.rand(2, 4, 4)
    before = maps.clone()
    PostProcessingModule(fitted(Scale(0.5, 0.4, 0.6)))(maps=maps)
    assert torch.equal(maps, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "neither scores nor maps are given"),
        ({"maps": torch.zeros(3, 3)}, r"maps must be \(B, H, W\)"),
        ({"maps": torch.zeros(1, 2, 3, 3)}, "maps of several channels"),
    ],
)
def test_what_cannot_be_judged_is_refused(arguments, message):
    """With a ValueError, in eager mode as in TorchScript."""
    with pytest.raises(ValueError, match=message):
        PostProcessingModule(fitted(Scale(0.5, 0.0, 1.0)))(**arguments)


def test_a_fit_file_makes_a_module_for_each_category(tmp_path):
    """Thresholds of a category where it was fitted, the shared ones elsewhere."""
    bottle, shared = fitted(Scale(5.0, 0.0, 9.0)), fitted(Scale(1.0, 0.0, 9.0))
    path = tmp_path / "val.fit.json"
    path.write_text(fit_to_json(Fit(shared, Source((), "none", 0), {"bottle": bottle})))
    scores = torch.tensor([2.0])
    assert not PostProcessingModule.from_fit(path, "bottle")(scores).labels.item()
    assert PostProcessingModule.from_fit(path, "cable")(scores).labels.item()
    assert PostProcessingModule.from_fit(path)(scores).labels.item()
    with pytest.raises(anomeval.AnomevalError, match="missing"):
        PostProcessingModule.from_fit(tmp_path / "missing.json")


def test_half_precision_of_a_model_does_not_reach_the_thresholds():
    """`half()` on the whole model would round buffers; constants it leaves alone."""
    scale = Scale(0.7, 0.1, 0.9)
    module = PostProcessingModule(fitted(scale)).half()
    scores = torch.from_numpy(scores_around(scale))
    assert np.array_equal(module(scores).labels.numpy(), scale.is_anomalous(scores.numpy()))
    assert not module.state_dict()


@pytest.mark.parametrize(("threshold", "high"), [(0.0, 1e-39), (0.0, 1e39), (1e39, 1.0)])
def test_a_scale_that_float32_cannot_hold_is_refused(threshold, high):
    """Rather than to divide by zero or infinity."""
    with pytest.raises(UsageError, match="does not fit into float32"):
        PostProcessingModule(fitted(Scale(threshold, 0.0, high)))


@pytest.mark.parametrize("values", [np.array([0.1, 0.9]), [0.1, 0.9]], ids=["array", "list"])
def test_what_is_no_tensor_is_refused(values):
    """Its type would decide how the cut is rounded."""
    with pytest.raises(TypeError, match=r"are tensors, not (ndarray|list): give torch.as_tensor"):
        PostProcessingModule(fit_at(0.5).shared)(values)
