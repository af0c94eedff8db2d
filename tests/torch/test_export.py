"""Exported programs give what the module gives: run on the same input, and on other sizes."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from anomeval.judging.batch import RawBatch
from anomeval.torch import PostProcessingModule
from tests.torch.edges import SCALES, error_bound, fitted, scores_around

BATCH, HEIGHT, WIDTH = (torch.export.Dim(name) for name in ("batch", "height", "width"))
EXAMPLE = torch.zeros(2, 3, 4)
FREE = {0: BATCH, 1: HEIGHT, 2: WIDTH}


class AllJudges(nn.Module):
    """A module for each scale, so that one export serves for all."""

    def __init__(self) -> None:
        super().__init__()
        self.judges = nn.ModuleList(PostProcessingModule(fitted(s)) for s in SCALES.values())

    def forward(self, maps: torch.Tensor):
        return [judge(maps=maps) for judge in self.judges]


class Deployed(nn.Module):
    """A model with its judge at the end: image in, decisions out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.model = nn.Conv2d(3, 1, 3, padding=1)
        self.judge = PostProcessingModule(fitted(SCALES["zero"]))

    def forward(self, image: torch.Tensor):
        return self.judge(maps=self.model(image))


@pytest.fixture(scope="module")
def maps() -> torch.Tensor:
    """(3, 1, n) maps with the edges of every scale in two of them."""
    edges = np.concatenate([scores_around(scale) for scale in SCALES.values()])
    return torch.from_numpy(np.stack([np.zeros_like(edges), edges, edges[::-1]])[:, np.newaxis])


def assert_judged(found, scale, maps: torch.Tensor) -> None:
    """Decisions are those of NumPy bit for bit, normalized scores and maps within the bound."""
    scores, normalized, labels, masks = (np.asarray(value) for value in found)
    expected = fitted(scale).post_process(RawBatch(anomaly_map=maps.numpy()))
    assert np.array_equal(labels, expected.pred_label)
    assert np.array_equal(masks, expected.pred_mask)
    bound = error_bound(scale)
    np.testing.assert_allclose(scores, expected.pred_score, rtol=0, atol=bound)
    np.testing.assert_allclose(normalized, expected.anomaly_map, rtol=0, atol=bound)


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_scripted_modules_judge_alike(scale, maps):
    """TorchScript, with scores, maps or both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces the end of TorchScript
        scripted = torch.jit.script(PostProcessingModule(fitted(scale)))
    scores = maps.flatten(1).amax(1)
    assert_judged(scripted(maps=maps), scale, maps)
    assert_judged(scripted(scores, maps), scale, maps)
    assert torch.equal(scripted(scores).labels, scripted(maps=maps).labels)
    assert scripted(scores).maps is None


def test_exported_programs_judge_alike(maps):
    """torch.export with free sizes; outputs keep their names."""
    inputs, free = {"maps": EXAMPLE}, {"maps": FREE}
    program = torch.export.export(AllJudges().eval(), (), inputs, dynamic_shapes=free)
    for scale, judged in zip(SCALES.values(), program.module()(maps=maps), strict=True):
        assert judged._fields == ("scores", "maps", "labels", "masks")
        assert_judged(judged, scale, maps)


def test_scores_alone_are_exported_as_well():
    """An image level model has no maps."""
    scale = SCALES["just-above-a-float32"]
    module = PostProcessingModule(fitted(scale)).eval()
    free = {"scores": {0: BATCH}}
    program = torch.export.export(module, (), {"scores": torch.zeros(3)}, dynamic_shapes=free)
    scores = scores_around(scale)
    judged = program.module()(scores=torch.from_numpy(scores))
    assert np.array_equal(judged.labels.numpy(), scale.is_anomalous(scores))
    assert judged.masks is None


def test_onnx_programs_judge_alike(maps):
    """ONNX Runtime, with free sizes."""
    found = run_onnx(AllJudges().eval(), {"maps": EXAMPLE}, {"maps": FREE}, {"maps": maps})
    for number, scale in enumerate(SCALES.values()):
        assert_judged(found[4 * number : 4 * number + 4], scale, maps)


def test_a_whole_model_is_exported_with_its_judge():
    """The outputs of a network with the module behind it."""
    model, image = Deployed().eval(), {"image": torch.rand(2, 3, 8, 8)}
    found = run_onnx(model, image, {"image": {0: BATCH}}, image)
    with torch.no_grad():
        maps = model.model(image["image"])
    expected = fitted(SCALES["zero"]).post_process(RawBatch(anomaly_map=maps.numpy()))
    np.testing.assert_allclose(found[0], expected.pred_score, atol=1e-5)
    np.testing.assert_allclose(found[1], expected.anomaly_map, atol=1e-5)
    assert found[3].shape == (2, 1, 8, 8)
    assert 0 < found[3].sum() < found[3].size


def run_onnx(module: nn.Module, example: dict, free: dict, inputs: dict) -> list[np.ndarray]:
    """Export to ONNX and run the program."""
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about its own parts
        program = torch.onnx.export(
            module, (), kwargs=example, dynamic_shapes=free, dynamo=True, verbose=False
        )
    session = runtime.InferenceSession(program.model_proto.SerializeToString())
    return session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
