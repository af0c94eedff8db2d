"""Reading the fields of batches, and the plain function that writes them."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import anomeval
from anomeval.errors import UsageError
from anomeval.torch import prediction_fields, write_predictions


@dataclass
class ImageBatch:
    """As anomalib's: everything an attribute, what is unknown is None."""

    image: torch.Tensor
    gt_label: torch.Tensor | None = None
    gt_mask: torch.Tensor | None = None
    image_path: list[str] | None = None
    pred_score: torch.Tensor | None = None
    anomaly_map: torch.Tensor | None = None
    pred_label: torch.Tensor | None = None
    pred_mask: torch.Tensor | None = None


def batches(count: int = 3, size: int = 2) -> list[ImageBatch]:
    """Batches with every field, maps with a channel as most models have them."""
    torch.manual_seed(0)
    return [
        ImageBatch(
            image=torch.rand(size, 3, 8, 8),
            gt_label=torch.tensor([False, True]),
            gt_mask=torch.eye(8).repeat(size, 1, 1) * torch.tensor([0.0, 1.0])[:, None, None],
            image_path=[f"{number}-{row}.png" for row in range(size)],
            pred_score=torch.rand(size, 1) * 50,
            anomaly_map=torch.rand(size, 1, 8, 8) * 50,
        )
        for number in range(count)
    ]


def test_fields_are_found_as_attributes_and_keys_first_source_first():
    """An output wins over the batch it belongs to, and None counts as missing."""
    output = {"pred_score": torch.ones(2), "image_path": None, "other": 1}
    batch = SimpleNamespace(pred_score=torch.zeros(2), image_path=["a", "b"], image="pixels")
    found = prediction_fields(output, batch)
    assert set(found) == {"pred_score", "image_path"}
    assert found["pred_score"] is output["pred_score"]


def test_fields_can_have_other_names():
    """As with --field."""
    found = prediction_fields({"amap": 1, "anomaly_map": 2}, field={"anomaly_map": "amap"})
    assert found == {"anomaly_map": 1}


@pytest.mark.parametrize("sources", [(), (None, [torch.zeros(1), torch.zeros(1)]), ({"loss": 1},)])
def test_a_batch_without_predictions_is_refused(sources):
    """The message says what to return."""
    with pytest.raises(UsageError, match=r"neither pred_score nor anomaly_map is found .*my_maps"):
        prediction_fields(*sources)


def test_one_category_for_all_or_those_of_the_batches(tmp_path):
    batch = {"pred_score": [1.0, 2.0], "gt_label": [0, 1]}
    write_predictions(tmp_path / "a.h5", [batch, batch], category="bottle")
    with anomeval.open_predictions(tmp_path / "a.h5") as predictions:
        assert [entry.category for entry in predictions.entries] == ["bottle"] * 4
    told = {**batch, "category": ["cable", "cable"]}
    with pytest.raises(UsageError, match="the batch tells the category of each image"):
        write_predictions(tmp_path / "b.h5", [told], category="bottle")


def test_an_unknown_field_is_refused():
    """With the name that was probably meant."""
    with pytest.raises(UsageError, match="did you mean 'anomaly_map'"):
        prediction_fields({"pred_score": 1}, field={"anomaly_maps": "amap"})


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_batches_are_written_raw_and_squeezed(tmp_path, suffix):
    """Values as they are, one image after the other, without the channel."""
    path, source = tmp_path / f"test{suffix}", batches()
    assert write_predictions(path, iter(source)) == 6
    with anomeval.open_predictions([path]) as predictions:
        images = list(predictions)
    maps = torch.cat([batch.anomaly_map for batch in source]).squeeze(1).numpy()
    scores = torch.cat([batch.pred_score for batch in source]).flatten().double().tolist()
    assert np.array_equal(np.stack([image.anomaly_map for image in images]), maps)
    assert [image.entry.score for image in images] == scores
    assert [image.entry.identity for image in images[:3]] == ["0-0.png", "0-1.png", "1-0.png"]
    assert [image.entry.label for image in images] == [False, True] * 3
    assert [int(image.gt_mask.sum()) for image in images] == [0, 8] * 3


def test_outputs_may_come_apart_from_their_batches(tmp_path):
    """A tuple is several places to look in."""
    pairs = [({"pred_score": b.pred_score}, {"image_path": b.image_path}) for b in batches()]
    assert write_predictions(tmp_path / "test.h5", pairs) == 6


@pytest.mark.parametrize("decided", ["pred_label", "pred_mask"])
def test_batches_that_were_decided_upon_are_refused(tmp_path, decided):
    """What anomalib's predict returns is normalized and clamped; ranking it would mislead."""
    source = batches()
    setattr(source[1], decided, torch.ones(2))
    with pytest.raises(UsageError, match=rf"has {decided}, so its scores were normalized"):
        write_predictions(tmp_path / "test.h5", source)
    assert list(tmp_path.iterdir()) == []


def test_bfloat16_on_a_graph_is_written(tmp_path):
    """Mixed precision, and tensors that still require gradients."""
    maps = torch.rand(2, 4, 4, requires_grad=True).bfloat16()
    write_predictions(tmp_path / "test.h5", [{"anomaly_map": maps}])
    with anomeval.open_predictions([tmp_path / "test.h5"]) as predictions:
        written = np.stack([image.anomaly_map for image in predictions])
    assert np.array_equal(written, maps.detach().float().numpy())


def test_the_package_itself_needs_no_torch():
    """`import anomeval` and the field functions work where torch is not installed."""
    code = (
        "import sys; sys.modules['torch'] = sys.modules['lightning'] = None\n"
        "import anomeval, anomeval.torch\n"
        "anomeval.Writer, anomeval.torch.write_predictions\n"
        "assert 'anomeval.torch.callback' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_names_of_the_package_can_be_listed():
    """For completion and `help`."""
    import anomeval.torch as package

    assert "PostProcessingModule" in dir(package)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = package.Nothing
