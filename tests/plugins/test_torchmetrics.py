"""Any torchmetrics metric can be used, and then no longer depends on batches and threads."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.metrics import Doc
from anomeval.metrics.torchmetrics_adapter import TorchMetric
from tests.evaluator.loops import arrays, written
from tests.plugins.offers import DOC
from tests.support import overall

torch = pytest.importorskip("torch")
torchmetrics = pytest.importorskip("torchmetrics")
classification = pytest.importorskip("torchmetrics.classification")


@dataclass(frozen=True)
class Adapted(TorchMetric):
    """A metric of the torchmetrics class of this name."""

    name: ClassVar[str] = "adapted"
    doc: ClassVar[Doc] = DOC
    factory: ClassVar[Any] = None

    def make(self):
        return type(self).factory()


def adapted(factory, **members):
    """A family around something that makes torchmetrics metrics."""
    return type("Adapted", (Adapted,), {"factory": staticmethod(factory), **members})


def unit(whole):
    """The same data with scores in [0, 1]."""
    scaled = {name: (whole[name] + 10) / 20 for name in ("anomaly_map", "pred_score")}
    return whole | scaled


def with_pixel_truth(whole):
    """Without the images labelled anomalous of which no mask tells where."""
    marked = np.asarray(whole["gt_mask"]).any(axis=(1, 2))
    kept = marked | (np.asarray(whole["gt_label"]) == 0)
    assert not kept.all()
    return {name: np.asarray(values)[kept] for name, values in whole.items()}


def value(path, metric, **options):
    (row,) = overall(anomeval.score([path], metrics=[metric], pool=True, **options)).values()
    return row


@pytest.mark.parametrize("factory", ["BinaryF1Score", "BinaryAUROC", "BinaryMatthewsCorrCoef"])
@pytest.mark.parametrize("level", ["image", "pixel"])
def test_it_is_what_torchmetrics_gives_on_everything_at_once(tmp_path, factory, level):
    whole = unit(arrays())
    make = getattr(classification, factory)
    fields = ("pred_score", "gt_label") if level == "image" else ("anomaly_map", "gt_mask")
    counted = whole if level == "image" else with_pixel_truth(whole)
    scores, truth = (torch.from_numpy(np.asarray(counted[name])).flatten() for name in fields)
    path = written(tmp_path / "t.h5", whole)
    expected = float(make()(scores, truth.long()))
    for jobs in (1, 3):
        assert value(path, adapted(make)(level), jobs=jobs).value == pytest.approx(expected, 1e-6)
    assert value(path, adapted(make)(level)) == value(path, adapted(make)(level), jobs=5)


def test_it_agrees_with_ours_where_both_are_exact(tmp_path):
    path = written(tmp_path / "t.h5", unit(arrays()))
    theirs = value(path, adapted(classification.BinaryAUROC)("pixel")).value
    assert theirs == pytest.approx(value(path, "pixel_auroc").value, abs=1e-6)


@pytest.mark.parametrize("level", ["image", "pixel"])
def test_raw_scores_that_a_sigmoid_would_squash_have_no_value(tmp_path, level):
    row = value(written(tmp_path / "t.h5", arrays()), adapted(classification.BinaryAUROC)(level))
    assert row.value is None
    assert "sigmoid" in row.reason


class OwnAUROC(classification.BinaryAUROC):
    """Somebody's own, with all that it inherits."""


@pytest.mark.parametrize(
    "make", [OwnAUROC, lambda: classification.BinaryAUROC() + 0.0], ids=["specialized", "composed"]
)
def test_the_sigmoid_is_found_behind_other_names(tmp_path, make):
    row = value(written(tmp_path / "t.h5", arrays()), adapted(make)("image"))
    assert (row.value, "sigmoid" in row.reason) == (None, True)
    fine = value(written(tmp_path / "unit.h5", unit(arrays())), adapted(make)("image"))
    assert fine.value is not None


class Range(torchmetrics.Metric):
    """One of its own, whose states are extremes: nothing is squashed and nothing kept."""

    full_state_update = False

    def __init__(self):
        super().__init__()
        self.add_state("high", torch.tensor(-torch.inf), dist_reduce_fx="max")
        self.add_state("low", torch.tensor(torch.inf), dist_reduce_fx="min")

    def update(self, scores, truth):
        assert scores.shape == truth.shape
        self.high = torch.maximum(self.high, scores.max())
        self.low = torch.minimum(self.low, scores.min())

    def compute(self):
        return self.high - self.low


def test_states_that_add_up_are_kept_instead_of_pixels(tmp_path):
    whole = arrays()
    metric = adapted(Range)("pixel")
    path = written(tmp_path / "t.h5", whole)
    counted = with_pixel_truth(whole)["anomaly_map"]
    spread = counted.max() - counted.min()
    assert value(path, metric).value == float(spread)


def test_arguments_can_be_given_in_another_order(tmp_path):
    def give(self, metric, scores, truth):
        metric.update(truth * 0.0)

    family = adapted(torchmetrics.MeanMetric, give=give)
    assert value(written(tmp_path / "t.h5", arrays()), family("pixel")).value == 0.0


def test_nan_has_no_value(tmp_path):
    def give(self, metric, scores, truth):
        metric.update(scores * torch.nan)

    family = adapted(lambda: torchmetrics.SumMetric(nan_strategy="disable"), give=give)
    assert value(written(tmp_path / "t.h5", arrays()), family("image")).reason == (
        "torchmetrics gave NaN"
    )


def test_more_than_a_number_is_refused(tmp_path):
    path = written(tmp_path / "t.h5", unit(arrays()))
    with pytest.raises(UsageError, match="torchmetrics gave tuple, must be one number"):
        value(path, adapted(classification.BinaryROC)("image"))


def test_dropped_nan_are_not_given(tmp_path):
    whole = unit(arrays())
    whole["anomaly_map"][0, 0, 0] = np.nan
    np.savez(tmp_path / "t.npz", **whole)
    row = value(tmp_path / "t.npz", adapted(Range)("pixel"), nan="drop")
    counted = with_pixel_truth(whole)["anomaly_map"]
    assert row.value == float(np.nanmax(counted) - np.nanmin(counted))
