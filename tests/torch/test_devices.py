"""Tensors on other devices give what arrays give, to the last bit.

Each test runs with a stand-in for a GPU, and on a machine that has one on that.
"""

import numpy as np
import pytest
import torch
from torch.export.passes import move_to_device_pass

import anomeval
from anomeval.evaluator import BoundMetric, Evaluator
from anomeval.judging.batch import RawBatch
from anomeval.metrics import AUPRO
from anomeval.torch import PostProcessingModule, write_predictions
from tests.evaluator.loops import arrays, as_object, batches, with_defects, written
from tests.torch.edges import SCALES, fitted, scores_around
from tests.torch.elsewhere import everywhere, no_gpu, placed

METRICS = ["auroc", "ap", "f1max", "aupro", "aupimo", "pro(threshold=1)", "auspro"]
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@everywhere
def test_it_is_a_device_of_its_own(place):
    """What the other tests rest on: nothing reads these tensors as if they were on the CPU."""
    tensor = place(torch.ones(2, 3))
    assert tensor.device.type == tensor[0].float().detach().device.type == "cuda"
    for read in (np.asarray, torch.Tensor.numpy, lambda one: one[0].numpy()):
        with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
            read(tensor)
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        tensor + torch.ones(3)
    for brought in (tensor.cpu(), tensor.to("cpu"), tensor.to(device="cpu")):
        assert (brought + torch.ones(3)).numpy().tolist() == [[2.0] * 3] * 2


@everywhere
@pytest.mark.parametrize("size", [1, 7])
def test_an_evaluator_takes_them(place, size):
    """With the axis of channels and on a graph, as models give them."""
    whole = with_defects(arrays())
    ours, theirs = Evaluator(METRICS, by="category"), Evaluator(METRICS, by="category")
    for batch in batches(whole, size):
        ours.update(batch)
        there = placed(batch, place)
        there["anomaly_map"] = there["anomaly_map"][:, None].requires_grad_() * 1
        theirs.update(as_object(there))
    assert repr(theirs.compute().result) == repr(ours.compute().result)
    assert theirs.fit(stage="test") == ours.fit(stage="test")


@everywhere
@pytest.mark.parametrize("dtype", DTYPES)
def test_narrow_types_keep_their_values(place, dtype, tmp_path):
    """Half precision is evaluated and written as the numbers it stands for."""
    whole = arrays()
    maps = torch.tensor(whole["anomaly_map"]).to(dtype)
    wide = {**whole, "anomaly_map": maps.double().numpy()}
    ours, theirs = Evaluator(METRICS[:5]), Evaluator(METRICS[:5])
    ours.update(wide)
    theirs.update({**placed(whole, place), "anomaly_map": place(maps)})
    assert repr(theirs.values()) == repr(ours.values())
    path = tmp_path / "test.h5"
    write_predictions(path, [{**placed(whole, place), "anomaly_map": place(maps)}])
    with anomeval.open_predictions([path]) as predictions:
        stored = np.stack([image.anomaly_map for image in predictions])
    assert np.array_equal(stored.astype(np.float64), wide["anomaly_map"])
    assert stored.dtype.itemsize <= 4 or dtype == torch.float64


@everywhere
def test_bound_metrics_and_lists_of_tensors_are_read(place):
    """Scores may also come as a list with a tensor for each image."""
    whole = arrays()
    metric = BoundMetric(AUPRO(fpr_limit=0.05), ("heat", "truth"))
    evaluator = Evaluator(["aupro@0.05", "image_auroc"])
    for batch in batches(whole, 5):
        there = placed(batch, place)
        metric.update(there | {"heat": there["anomaly_map"], "truth": there["gt_mask"]})
        evaluator.update(there | {"pred_score": list(there["pred_score"])})
    values = evaluator.values()
    plain = Evaluator(["aupro@0.05", "image_auroc"])
    plain.update(whole)
    assert repr(values) == repr(plain.values())
    assert metric.compute() == values["pixel_aupro(fpr_limit=0.05)"]


@everywhere
@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_a_writer_stores_what_it_stores_of_arrays(place, suffix, tmp_path):
    """The same bytes in every column."""
    whole = with_defects(arrays())
    plain, theirs = written(tmp_path / f"plain{suffix}", whole), tmp_path / f"theirs{suffix}"
    with anomeval.Writer(theirs) as writer:
        for batch in batches(whole, 7):
            writer.add(**placed(batch, place))
    ours, found = (list(anomeval.open_predictions([path])) for path in (plain, theirs))
    for expected, image in zip(ours, found, strict=True):
        assert image.anomaly_map.dtype == expected.anomaly_map.dtype
        assert np.array_equal(image.anomaly_map, expected.anomaly_map)
        assert np.array_equal(image.gt_mask, expected.gt_mask)
        assert image.saturation == expected.saturation
        assert image.entry.score == expected.entry.score
        assert image.entry.label == expected.entry.label


@everywhere
@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_module_decides_as_numpy_where_its_input_is(place, scale, dtype):
    """Ties at the cut included; nothing is moved."""
    scores = torch.from_numpy(scores_around(scale)).to(dtype)
    judged = PostProcessingModule(fitted(scale))(place(scores), place(scores[:, None, None]))
    expected = fitted(scale).post_process(RawBatch(scores.double().numpy())).pred_label
    assert all(value.device.type == "cuda" for value in judged)
    assert np.array_equal(judged.labels.cpu().numpy(), expected)
    assert np.array_equal(judged.masks.cpu().numpy()[:, 0, 0], expected)


def test_the_module_holds_nothing_that_could_be_elsewhere():
    """Neither parameters nor buffers; on the device that has no memory it computes all the same."""
    module = PostProcessingModule(fitted(SCALES["sensitive"])).to("meta")
    assert not [*module.parameters(), *module.buffers()]
    judged = module(maps=torch.empty(2, 1, 3, 4, device="meta", dtype=torch.float16))
    assert {value.device.type for value in judged} == {"meta"}
    assert [tuple(value.shape) for value in judged] == [(2,), (2, 1, 3, 4), (2,), (2, 1, 3, 4)]


def exported(scale, maps):
    """The module as a program, exported on the device of these maps."""
    return torch.export.export(PostProcessingModule(fitted(scale)), (), {"maps": maps})


def named_devices(program):
    """Those that a program names, which are the only ones on which it runs."""
    return {str(node.kwargs["device"]) for node in program.graph.nodes if "device" in node.kwargs}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_an_exported_program_is_bound_to_no_device(scale, dtype):
    """What was fitted enters it as numbers, so a program exported on the CPU serves on a GPU."""
    program = exported(scale, torch.zeros(2, 3, 4, dtype=dtype))
    assert not program.state_dict
    assert not program.constants
    assert named_devices(program) == set()


def test_an_exported_program_for_half_precision_can_be_moved():
    """Conversions name their device; torch's own pass moves them, as it moves the model."""
    program = exported(SCALES["sensitive"], torch.zeros(2, 3, 4).half())
    assert named_devices(program) == {"cpu"}
    moved = move_to_device_pass(program, "meta")
    assert named_devices(moved) == {"meta"}
    judged = moved.module()(maps=torch.zeros(2, 3, 4, device="meta").half())
    assert {value.device.type for value in judged} == {"meta"}


@no_gpu
@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_programs_decide_on_a_gpu_as_numpy_does(scale):
    """Exported here or there, and scripted."""
    scores = torch.from_numpy(scores_around(scale))
    maps = torch.stack([scores, scores.flip(0)])[:, None]
    programs = [
        exported(scale, maps).module(),
        exported(scale, maps.cuda()).module(),
        torch.jit.script(PostProcessingModule(fitted(scale)).cuda()),
    ]
    expected = fitted(scale).post_process(RawBatch(anomaly_map=maps.numpy()))
    for program in programs:
        judged = program(maps=maps.cuda())
        assert np.array_equal(judged[2].cpu().numpy(), expected.pred_label)
        assert np.array_equal(judged[3].cpu().numpy(), expected.pred_mask)
