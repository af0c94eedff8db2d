"""Whatever people hand over from Python works like the array, list or object that it stands for."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anomeval
from anomeval.errors import AnomevalError, UsageError
from anomeval.gates.rules import Rule
from anomeval.judging.batch import BatchError, PostProcessed, RawBatch
from anomeval.metrics import AUPRO, AUROC, F1, IoU
from anomeval.predictions.conversion import Misfit, as_array
from tests.support import Picture, fit_at, pictures_of, write_h5

MAPS = [[[0.5, 3.0], [1.0, 2.0]], [[0.25, 0.5], [4.0, 1.0]]]
"""Maxima 3 and 4; as argmax indices they would be 1 and 0 or the like. All exact in bfloat16."""

MASKS = [[[0, 1], [0, 0]], [[0, 0], [1, 1]]]

torch = pytest.importorskip("torch")


def forms(values):
    """The same numbers as everything that holds numbers."""
    plain = torch.tensor(values, dtype=torch.float64)
    return {
        "array": np.array(values),
        "list": values,
        "tuple": tuple(map(tuple, values)) if isinstance(values[0], list) else tuple(values),
        "tensor": plain,
        "in a gradient": plain.clone().requires_grad_(),
        "bfloat16": plain.bfloat16(),
        "float16": plain.half(),
        "list of tensors": list(plain),
        "list of arrays": list(np.array(values)),
        "strided": torch.stack([plain, plain], -1)[..., 0],
    }


KINDS = tuple(forms([1.0]))


@pytest.mark.parametrize("kind", KINDS)
def test_one_conversion_takes_them_all(kind):
    for values in (MAPS, [0.5, 2.0, -1.0]):
        array = as_array(forms(values)[kind])
        assert type(array) is np.ndarray
        np.testing.assert_array_equal(array, np.array(values))


@pytest.mark.parametrize("kind", KINDS)
def test_a_raw_batch_without_scores_takes_the_maximum_of_each_map(kind):
    batch = RawBatch(anomaly_map=forms(MAPS)[kind])
    assert batch.image_scores.tolist() == [3, 4]
    judge = fit_at(3.5).shared
    assert judge.threshold(batch).pred_label.tolist() == [False, True]
    scores = RawBatch(pred_score=forms([3.25, 3.5])[kind])
    assert judge.threshold(scores).pred_label.tolist() == [False, True]
    assert judge.normalize(scores).pred_score.dtype == np.float64


@pytest.mark.parametrize("kind", KINDS)
def test_evaluator_bound_metric_and_writer_take_them(kind, tmp_path):
    given = {"anomaly_map": forms(MAPS)[kind], "gt_mask": torch.tensor(MASKS)}
    evaluator, bound = anomeval.Evaluator("pixel_auroc"), anomeval.BoundMetric(AUROC("pixel"))
    evaluator.update(given)
    bound.update(given)
    # positives 3, 4, 1 over .5, 1, 2, .25, .5: 5, 5, and 3 and a half of one
    assert evaluator.values() == {"pixel_auroc": 13.5 / 15}
    assert bound.compute() == 13.5 / 15
    with anomeval.Writer(tmp_path / "a.npz") as writer:
        writer.add(**given, image_path=["a", "b"])
    with np.load(tmp_path / "a.npz") as file:
        np.testing.assert_array_equal(file["anomaly_map"], np.array(MAPS))


def test_a_post_processor_of_others_may_answer_in_tensors(tmp_path):
    class Halves:
        def post_process(self, batch):
            scores = torch.from_numpy(batch.image_scores) / 2
            return PostProcessed(scores, None, scores >= 1, None)

    raw = write_h5(tmp_path / "raw.h5", pictures_of([1, 2, 3], [0, 1, 1]))
    anomeval.apply(raw, Halves(), tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as file:
        assert file["pred_score"].tolist() == [0.5, 1, 1.5]
        assert file["pred_label"].tolist() == [0, 1, 1]


def test_what_holds_no_numbers_is_refused():
    with pytest.raises(BatchError, match="pred_score does not hold numbers"):
        RawBatch(np.array(["a"]))
    with pytest.raises(BatchError, match="anomaly_map is a list of unlike parts"):
        RawBatch(anomaly_map=[[[1.0]], [[1.0, 2.0]]])
    with pytest.raises(Misfit, match="Tensor that NumPy cannot hold"):
        as_array(torch.ones(2).to_sparse())
    with pytest.raises(ValueError, match="must be"):
        RawBatch(anomaly_map=torch.ones(2, 2))


SCORES = {"pred_score": [0.1, 0.9], "gt_label": [0, 1]}


@pytest.mark.parametrize(
    "metrics", ["image_auroc", AUROC("image"), [AUROC("image")], iter(["image_auroc"])]
)
def test_one_metric_is_a_list_of_one(metrics, tmp_path):
    evaluator = anomeval.Evaluator(metrics)
    evaluator.update(SCORES)
    assert evaluator.values() == {"image_auroc": 1.0}
    anomeval.Evaluator().merge(anomeval.Evaluator())


def test_metrics_of_score_merge_and_report(tmp_path):
    test = write_h5(tmp_path / "test.h5", pictures_of([1, 2], [0, 1]))
    for metrics in ("image_auroc,image_ap", [AUROC("image"), "image_ap"]):
        result = anomeval.score(str(test), metrics=metrics, confidence=None).result
        assert [row.metric for row in result.rows] == ["image_auroc", "image_ap"]
    with pytest.raises(UsageError, match=r"AUROC.*is no metric.*write 'image_auroc'"):
        anomeval.score(test, metrics=AUROC)
    with pytest.raises(UsageError, match="is no metric"):
        anomeval.score(test, metrics=[None])


def test_numbers_of_numpy_name_the_same_metric():
    assert str(AUPRO(fpr_limit=np.float64(0.25))) == "pixel_aupro(fpr_limit=0.25)"
    assert AUPRO(fpr_limit=np.float32(0.25)) == AUPRO(fpr_limit=0.25)


def test_no_sensitivity_is_one_half(tmp_path):
    val = write_h5(tmp_path / "val.h5", pictures_of([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]))
    fitted = anomeval.fit(val, image_sensitivity=None, pixel_sensitivity=None)
    assert fitted == anomeval.fit([val])
    moved = anomeval.fit(Path(val), image_sensitivity=np.float32(0.75))
    assert anomeval.read_fit(written(tmp_path, moved)) == moved


def written(folder, fitted):
    anomeval.write_fit(folder / "fit.json", fitted)
    return folder / "fit.json"


@pytest.fixture
def split(tmp_path):
    """A test split, its fit and two results, as paths."""
    val = write_h5(tmp_path / "val.h5", named([0.1, 0.2, 0.8, 0.9], "v"))
    test = write_h5(tmp_path / "test.h5", named([0.1, 0.3, 0.7, 0.9], "t"))
    fit = written(tmp_path, anomeval.fit(val))
    for name in ("a", "b"):
        result = anomeval.score(test, fit=fit).result
        anomeval.write_result(tmp_path / f"{name}.json", result)
    return tmp_path


def named(scores, name):
    return [
        Picture(score, label, path=f"{name}{number}.png")
        for number, (score, label) in enumerate(zip(scores, [0, 0, 1, 1], strict=True))
    ]


@pytest.mark.parametrize("kind", [str, Path])
def test_paths_stand_for_fits_and_results(split, kind):
    fit, a, b = (kind(split / name) for name in ("fit.json", "a.json", "b.json"))
    loaded = anomeval.read_fit(fit)
    test = kind(split / "test.h5")
    assert anomeval.score(test, fit=fit).result == anomeval.score([test], fit=loaded).result
    assert anomeval.explain(test, fit=fit) == anomeval.explain([test], fit=loaded)
    assert anomeval.apply(test, fit, split / "o.h5") == anomeval.apply(
        [test], loaded, split / "o.h5"
    )
    results = anomeval.read_result(a), anomeval.read_result(b)
    verdict = anomeval.gate(a, baseline=b, test="point")
    assert (verdict.result, verdict.baseline) == (str(a), str(b))
    assert verdict.checks == anomeval.gate(results[0], baseline=results[1], test="point").checks
    assert anomeval.compare([a, b]) == anomeval.compare(results, ["a", "b"])


def test_figures_and_pages_take_paths_as_well(split):
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    test, fit, a = (str(split / name) for name in ("test.h5", "fit.json", "a.json"))
    loaded = anomeval.read_fit(fit)
    anomeval.plot(test, split / "a.svg", curve="hist", labels="knn", fits=fit)
    anomeval.plot([test], split / "b.svg", curve="hist", labels=["knn"], fits=[loaded])
    assert (split / "a.svg").read_bytes() == (split / "b.svg").read_bytes()
    anomeval.report(test, split / "a.html", fit=fit, baseline=a, metrics="image_auroc")
    baseline = anomeval.read_result(a)
    anomeval.report(
        [test], split / "b.html", fit=loaded, baseline=baseline, metrics=[AUROC("image")]
    )
    assert (split / "a.html").read_bytes() == (split / "b.html").read_bytes()


def test_what_stands_for_nothing_is_refused(split):
    test = split / "test.h5"
    evaluation = anomeval.score(test)
    with pytest.raises(UsageError, match=r"Evaluation is no result.*evaluation\.result"):
        anomeval.gate(evaluation, baseline=split / "a.json")
    with pytest.raises(UsageError, match="dict is no fit"):
        anomeval.score(test, fit=json.loads((split / "fit.json").read_text()))
    with pytest.raises(UsageError, match="at least two results"):
        anomeval.compare(split / "a.json")
    with pytest.raises(UsageError, match="one name for each of 2"):
        anomeval.compare([split / "a.json", split / "b.json"], "ab")


def test_a_bound_metric_names_what_is_missing():
    """Not the field that is there."""
    for there, missing in (("gt_label", "pred_score"), ("pred_score", "gt_label")):
        with pytest.raises(UsageError) as refusal:
            anomeval.BoundMetric("image_auroc").update({there: [1]})
        assert f"the batch has no {missing} " in f"{refusal.value} "
        assert there not in str(refusal.value)
    with pytest.raises(UsageError, match="there are 1 fields"):
        anomeval.BoundMetric(AUROC("image"), "pred_score")


FOUND = np.array([[[1, 1], [0, 0]], [[0, 0], [1, 0]]], bool)
"""Of MASKS one pixel of one is found, and one of two; one is a false alarm: 4 / (4 + 1 + 1)."""


@pytest.mark.parametrize(
    "masks",
    [
        FOUND,
        torch.from_numpy(FOUND),
        torch.from_numpy(FOUND)[:, None],
        FOUND.tolist(),
        FOUND.astype(np.uint8),
        255 * FOUND.astype(np.uint8),
        FOUND.astype(np.float32),
    ],
    ids=["bool", "tensor", "channel", "list", "uint8", "gray", "float"],
)
def test_masks_that_were_decided_are_judged_as_decided(masks):
    """Anomalib's own example; scores beside them play no part, and neither does a fit."""
    batch = {"pred_mask": masks, "gt_mask": MASKS, "anomaly_map": MAPS, "pred_score": [0, 0]}
    bound = anomeval.BoundMetric(F1("pixel"), fields=["pred_mask", "gt_mask"], prefix="pixel_")
    bound.update(batch)
    assert (bound.name, bound.compute()) == ("pixel_F1", 4 / 6)
    metrics, field = "pixel_f1,pixel_iou,pixel_pro", {"anomaly_map": "pred_mask"}
    evaluator = anomeval.Evaluator(metrics, field=field)
    evaluator.update({name: batch[name] for name in ("pred_mask", "gt_mask")})
    assert list(evaluator.values().values()) == [4 / 6, 1 / 2, (1 + 1 / 2) / 2]


def test_labels_that_were_decided_are_judged_as_decided():
    """Two found, one missed, one false alarm; batch by batch and merged."""
    whole = {"pred_label": [True, True, False, True, False], "gt_label": [1, 1, 1, 0, 0]}
    names = ["a", "b", "c", "d", "e"]
    first, second = (
        anomeval.BoundMetric(F1("image"), fields=("pred_label", "gt_label")) for _ in range(2)
    )
    first.update({name: values[:2] for name, values in whole.items()}, {"image_path": names[:2]})
    rest = {name: torch.tensor(values[2:]) for name, values in whole.items()}
    second.update(rest, {"image_path": names[2:]})
    first.merge(second)
    assert first.compute() == 4 / 6
    under_any_name = anomeval.BoundMetric(IoU("image"), fields=("mine", "gt_label"))
    under_any_name.update({"mine": np.array(whole["pred_label"]), "gt_label": whole["gt_label"]})
    assert under_any_name.compute() == 2 / 4


def test_decisions_and_scores_are_not_mixed():
    evaluator = anomeval.Evaluator("image_f1")
    evaluator.update({"pred_score": [True], "gt_label": [1]})
    with pytest.raises(UsageError, match="pred_score now hold scores, now decisions"):
        evaluator.update({"pred_score": [0.5], "gt_label": [1]})
    assert evaluator.values() == {"image_f1": 1.0}
    judged = anomeval.Evaluator("image_f1", fit=fit_at(0.5))
    judged.update({"pred_score": [True], "gt_label": [1]})
    with pytest.raises(UsageError, match="decisions, which no fitted threshold judges"):
        judged.values()
    with pytest.raises(AnomevalError, match="pred_label: holds scores, not decisions"):
        anomeval.BoundMetric(F1("image"), ("pred_label", "gt_label")).update(
            {"pred_label": [0.4, 0.6], "gt_label": [0, 1]}
        )


WRONG = [None, 3, 1.5, b"x", [None], [["t.npz"]], {1: 2}, np.float32(0.5)]
"""What is no path."""


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("function", ["fit", "score", "explain", "inspect_predictions", "merge"])
def test_what_is_no_path_is_refused(function: str, wrong: Any) -> None:
    """With what it is, and what to give."""
    with pytest.raises(UsageError, match="is no path of a prediction file — give a path, or a"):
        getattr(anomeval, function)(wrong)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"resize": "masks"}, "resize is one of None, mask, map, not 'masks'"),
        ({"nan": "dorp"}, "nan is one of error, drop, min, max, not 'dorp'"),
        ({"empty_masks": True}, "empty_masks is one of leave-out, normal, error, not True"),
        ({"mask_above": "1"}, "masks are cut at a finite number, got '1'"),
        ({"field": [1]}, "fields are read under other names by a mapping, not list"),
        ({"truth": 1}, "truth is not of the type int"),
        ({"layout": ["files"]}, "layout is not of the type list"),
        ({"max_image_pixels": "9"}, "max_image_pixels is not of the type str"),
        ({"jobs": -1}, "jobs is a whole number from 1 on, got -1"),
        ({"threshold": 0.5}, "unknown threshold rule 0.5"),
        ({"threshold": None}, "unknown threshold rule None"),
        ({"pixel_threshold": False}, "unknown threshold rule False"),
        ({"image_sensitivity": "0.5"}, r"a sensitivity lies in \[0, 1\], got '0.5'"),
    ],
)
def test_options_that_cannot_be_are_refused(words: Any, message: str, tmp_path: Path) -> None:
    """A word that is none of the known ones was taken for one of them in silence."""
    test = write_h5(tmp_path / "t.h5", [Picture(0, 0), Picture(1, 1)])
    with pytest.raises(UsageError, match=message):
        anomeval.fit(test, **words)


def test_what_is_written_is_a_fit_or_a_result(tmp_path: Path) -> None:
    """Arguments the wrong way round are told."""
    fit = anomeval.fit(write_h5(tmp_path / "t.h5", [Picture(0, 0), Picture(1, 1)]))
    with pytest.raises(UsageError, match="is no fit — give the path first"):
        anomeval.write_fit(fit, "fit.json")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is no result — give the path first"):
        anomeval.write_result(fit, "result.json")  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [None, 3, "image_auroc=0.9", [None], ["image_auroc=0.9"], {}])
def test_what_is_no_rule_is_refused(wrong: Any, tmp_path: Path) -> None:
    """And one rule by itself serves; results that are none are told, too."""
    test = write_h5(tmp_path / "t.h5", [Picture(0, 0), Picture(1, 1)])
    result = anomeval.score(test, confidence=None).result
    with pytest.raises(UsageError, match="rules are no "):
        anomeval.gate(result, rules=wrong)
    assert anomeval.gate(result, rules=Rule("image_auroc", minimum=0.9)).status == 0
    with pytest.raises(UsageError):
        anomeval.compare(wrong)
    with pytest.raises(UsageError, match="give one name for each of 2 results"):
        anomeval.compare([result, result], names=wrong or 5)
