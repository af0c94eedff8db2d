"""An evaluator in a loop gives what the command line gives on the saved file, to the last bit."""

import json
from dataclasses import replace

import numpy as np
import pytest

import anomeval
from anomeval.errors import CannotJudgeError, InvalidInputError, UsageError
from anomeval.evaluator import Evaluator
from anomeval.metrics import AUPRO, AUROC, F1, METRICS, PixelAUPRO
from tests.evaluator.loops import IMAGES, arrays, as_object, batches, with_defects, written
from tests.support import run_here

EVERY = [str(f(level=level)) for f in METRICS.values() for level in f.levels if level != "sample"]


def fed(evaluator, whole, size=5, stage="test"):
    """The evaluator after a loop over these images."""
    for batch in batches(whole, size):
        evaluator.update(batch, stage=stage)
    return evaluator


def comparable(result):
    """A result without what names the files, and without intervals."""
    bare = {"confidence": None, "confidence_reason": None, "replicates": None}
    rows, parts = (
        [replace(row, **bare) for row in several] for several in (result.rows, result.parts)
    )
    return replace(result, rows=rows, parts=parts, data=replace(result.data, files=()))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    return anomeval.fit([written(tmp_path_factory.mktemp("val") / "val.h5", arrays(1))])


@pytest.mark.parametrize("size", [1, 5, IMAGES])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_result_is_that_of_the_saved_file(tmp_path, fitted, size, dtype):
    whole = with_defects(arrays(dtype=dtype))
    path = written(tmp_path / "test.h5", whole)
    saved = anomeval.score([path], metrics=EVERY, fit=fitted, by="category")
    evaluator = Evaluator(EVERY, fit=fitted, by="category")
    assert comparable(fed(evaluator, whole, size).compute().result) == comparable(saved.result)


def test_the_values_are_those_that_the_command_line_prints(tmp_path):
    whole = arrays()
    path = written(tmp_path / "test.npz", whole)
    document = json.loads(run_here("score", path, "--json", "-").stdout)
    printed = {row["name"]: row["value"] for row in document["metrics"] if row["group"] is None}
    assert fed(Evaluator(), whole).values() == printed


@pytest.mark.parametrize(
    "stored",
    [
        np.asfortranarray,
        lambda maps: np.repeat(maps, 2, axis=-1)[..., ::2],
        lambda m: m[::-1][::-1],
    ],
)
def test_how_an_array_lies_in_memory_does_not_matter(stored):
    whole = arrays()
    evaluator = Evaluator(["auroc", "aupro", "aupimo"])
    for batch in batches(whole, 7):
        evaluator.update(batch | {n: stored(batch[n]) for n in ("anomaly_map", "gt_mask")})
    plain = fed(Evaluator(["auroc", "aupro", "aupimo"]), whole)
    assert evaluator.compute().result == plain.compute().result


def test_tensors_give_the_same_bits():
    torch = pytest.importorskip("torch")
    whole = arrays()
    evaluator = Evaluator(["auroc", "aupro", "aupimo"])
    for batch in batches(whole, 7):
        tensors = {
            name: torch.tensor(value)
            for name, value in batch.items()
            if isinstance(value, np.ndarray)
        }
        tensors["anomaly_map"] = tensors["anomaly_map"][:, None].requires_grad_()
        evaluator.update(as_object(batch | tensors))
    arrays_only = fed(Evaluator(["auroc", "aupro", "aupimo"]), whole)
    assert evaluator.compute().result == arrays_only.compute().result


def test_fields_are_looked_for_in_outputs_and_inputs_under_their_names():
    whole = arrays()
    evaluator = Evaluator(["auroc"], field={"anomaly_map": "heat"})
    for batch in batches(whole, 8):
        heat = batch.pop("anomaly_map")
        evaluator.update({"heat": heat}, as_object(batch))
    assert evaluator.values() == fed(Evaluator(["auroc"]), whole).values()


def test_metrics_are_values_whose_text_means_the_same():
    whole = arrays()
    by_value = fed(Evaluator([PixelAUPRO(fpr_limit=0.05), AUROC("image")]), whole)
    by_text = fed(Evaluator(["aupro@0.05", "image_auroc"]), whole)
    assert by_value.values() == by_text.values()
    assert PixelAUPRO(fpr_limit=0.05) == AUPRO(fpr_limit=0.05)
    by_value.merge(Evaluator(["pixel_aupro(fpr_limit=0.05)", "image_auroc"]))


@pytest.mark.parametrize("named", [True, False])
def test_merging_is_the_same_as_seeing_all(named):
    whole = arrays()
    if not named:
        del whole["image_path"]
    ranks = [Evaluator(EVERY[:4], name=f"rank{rank}") for rank in range(3)]
    for number, batch in enumerate(batches(whole, 4)):
        ranks[number % 3].update(batch)
    first, *others = ranks
    for other in others:
        first.merge(other)
    assert first.values() == fed(Evaluator(EVERY[:4]), whole).values()


def test_an_image_seen_twice_is_refused_and_nothing_is_taken_in():
    whole = arrays()
    evaluator, other = fed(Evaluator(), whole), fed(Evaluator(), whole)
    before = evaluator.compute().result
    more = arrays(7)
    more["image_path"][3] = "0/000.png"
    for refused in (lambda: evaluator.update(more), lambda: evaluator.merge(other)):
        with pytest.raises(InvalidInputError, match=r"0/000\.png.*was given before"):
            refused()
    assert evaluator.compute().result == before


def test_every_problem_of_a_batch_is_told_and_nothing_is_taken_in():
    evaluator = fed(Evaluator(), arrays())
    before = evaluator.compute().result
    more = arrays(8)
    more["gt_mask"][0] = 1
    more["gt_mask"][2] = 1
    with pytest.raises(InvalidInputError) as caught:
        evaluator.update(more)
    assert [problem.image for problem in caught.value.problems] == ["8/000.png", "8/002.png"]
    assert evaluator.compute().result == before


def test_nan_is_refused_with_its_place():
    whole = arrays()
    whole["anomaly_map"][4, 2, 1] = np.nan
    evaluator = Evaluator()
    batch = dict(list(enumerate(batches(whole, 3)))[1][1])
    evaluator.update(next(batches(whole, 3)))
    with pytest.raises(InvalidInputError, match=r"image 4 \(0/004\.png\).*NaN"):
        evaluator.update(batch)


def test_batches_have_the_same_fields():
    whole = arrays()
    evaluator = fed(Evaluator(), whole)
    with pytest.raises(UsageError, match=r"the fields were .* and now are pred_score"):
        evaluator.update({"pred_score": [1.0]})


def test_a_batch_without_predictions_is_refused():
    with pytest.raises(UsageError, match="neither pred_score nor anomaly_map"):
        Evaluator().update({"gt_label": [0]})


def test_computing_before_any_image_is_refused():
    with pytest.raises(UsageError, match="no image was seen"):
        Evaluator().compute()


def test_reset_forgets_a_stage_or_both():
    evaluator = fed(fed(Evaluator(["auroc"]), arrays()), arrays(1), stage="val")
    evaluator.reset("test")
    assert fed(evaluator, arrays(2)).values() == fed(Evaluator(["auroc"]), arrays(2)).values()
    assert evaluator.values("val") == fed(Evaluator(), arrays(1), stage="val").values("val") | (
        evaluator.values("val")
    )
    evaluator.reset()
    with pytest.raises(UsageError, match="no image was seen"):
        evaluator.compute("val")


def test_thresholds_fitted_in_the_loop_are_those_of_fit(tmp_path):
    path = written(tmp_path / "val.h5", arrays(1))
    evaluator = fed(Evaluator(["f1", "pro"]), arrays(1), stage="val")
    options = {"threshold": "quantile@0.9", "image_sensitivity": 0.6}
    in_loop, saved = evaluator.fit(**options), anomeval.fit([path], **options)
    assert (in_loop.shared, in_loop.categories) == (saved.shared, saved.categories)
    assert in_loop.digest == saved.digest
    values = fed(evaluator, arrays()).values()
    assert values == fed(Evaluator(["f1", "pro"], fit=saved), arrays()).values()
    assert None not in values.values()


def test_a_fit_that_has_seen_the_test_stage_stops_it():
    evaluator = fed(fed(Evaluator(["f1"]), arrays()), arrays(), stage="val")
    evaluator.fit()
    with pytest.raises(CannotJudgeError):
        evaluator.compute()


def test_metrics_at_a_threshold_are_no_val_metrics():
    with pytest.raises(UsageError, match="image_f1 judges at a threshold that the val stage"):
        Evaluator(val_metrics=[F1("image")])


@pytest.mark.parametrize("wrong", [{"by": "colour"}, {"test_metrics": ["aurok", "auroc"]}])
def test_options_that_cannot_be_are_refused_before_the_loop(wrong):
    with pytest.raises(UsageError, match=r"colour|did you mean 'auroc'"):
        Evaluator(**wrong)


def test_an_unknown_stage_is_refused():
    with pytest.raises(UsageError, match="unknown stage 'train'"):
        Evaluator().reset("train")  # type: ignore[arg-type]


def test_evaluators_of_other_metrics_do_not_merge():
    with pytest.raises(UsageError, match="metrics and options are equal"):
        Evaluator(["auroc"]).merge(Evaluator(["ap"]))


def test_normal_images_without_masks_have_a_pixel_level_until_one_is_anomalous(tmp_path):
    whole = {name: value for name, value in arrays().items() if name != "gt_mask"}
    normal = {name: np.asarray(value)[::2].tolist() for name, value in whole.items()}
    normal["anomaly_map"] = whole["anomaly_map"][::2]
    evaluator = Evaluator()
    evaluator.update(normal)
    assert evaluator.compute().result.data.pixels > 0
    mixed = Evaluator()
    mixed.update(whole)
    path = written(tmp_path / "test.h5", whole)
    result, saved = mixed.compute().result, anomeval.score([path]).result
    assert comparable(result) == comparable(saved)
    assert result.data.pixels == 0


def test_samples_are_judged_by_group():
    evaluator = fed(Evaluator(["sample_auroc"], by="group_id"), arrays())
    assert set(evaluator.values()) == {"sample_auroc"}


def test_raw_scores_outside_the_unit_interval_rank_as_they_are():
    evaluator = Evaluator(["image_auroc"])
    for score, label in ((0.9, 0), (1.2, 1)):  # a sigmoid on the second alone would invert this
        evaluator.update({"pred_score": [score], "gt_label": [label]})
    assert evaluator.values() == {"image_auroc": 1.0}
