"""For each row of docs/anomalib.md a check of its counterpart, by numbers worked out by hand."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import anomeval
from anomeval.judging.batch import PostProcessed, RawBatch
from anomeval.judging.mebin import Mebin
from anomeval.judging.post_processor import match_thresholds
from anomeval.judging.rules import ThresholdRule, parse_rule
from anomeval.metrics import AP, AUPIMO, AUPR, AUPRO, AUROC, F1, PB, PG, PRO, F1Max, Metric
from anomeval.ranking.sample import Sample
from anomeval.workflows.distributions import score_levels
from tests.facts.mebin import CASES as MEBIN_CASES
from tests.support import Picture, pictures_of, run_here, write_h5

Check = Callable[[Path], None]

SQUARE = [[1, 1, 0, 0], [1, 1, 0, 0], [0] * 4, [0] * 4]
STEPS = [[9, 7, 8, 0], [6, 5, 4, 0], [3, 2, 1, 0], [0] * 4]
NO_MASK = [[0] * 4] * 4
CUP = ([[1, 0, 0, 1]] * 3 + [[1] * 4], [[9, 1, 1, 8]] * 3 + [[7] * 4])
VAL = pictures_of([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
FITTED = [0.1, 0.2, 0.8, 0.9, 1.5, -3.0]


def fit_here(folder: Path, pictures: Sequence[Picture] = VAL, *options: str) -> Path:
    """FIT.json that the command line wrote."""
    val, fit = write_h5(folder / "val.h5", pictures), folder / "fit.json"
    assert run_here("fit", val, "-o", fit, *options).status == 0
    return fit


def agreed(
    folder: Path, metric: Metric, typed: str, pictures: Sequence[Picture], fit: Path | None = None
) -> float | None:
    """The value that both the command line and Python give."""
    test = write_h5(folder / "test.h5", pictures)
    options = ["--fit", fit] if fit else []
    done = run_here("score", test, "-m", typed, "--no-confidence", "--json", "-", *options)
    assert done.status == 0, done.stderr
    told = {row["name"]: row["value"] for row in json.loads(done.stdout)["metrics"]}
    judge = anomeval.read_fit(fit) if fit else None
    evaluation = anomeval.score([test], metrics=[metric], fit=judge, confidence=None)
    assert evaluation.result.rows[0].value == told[str(metric)]
    return told[str(metric)]


def applied(folder: Path, fit: Path, pictures: Sequence[Picture], *options: str) -> dict[str, Any]:
    """The arrays that `anomeval apply` wrote."""
    raw, out = write_h5(folder / "raw.h5", pictures), folder / "applied.h5"
    done = run_here("apply", fit, raw, "-o", out, *options)
    assert done.status == 0, done.stderr
    with h5py.File(out) as file:
        return {name: file[name][()] for name in file}


def post_processor(folder: Path) -> None:
    class Halves:
        def post_process(self, batch: RawBatch) -> PostProcessed:
            scores = batch.image_scores / 2
            return PostProcessed(scores, None, scores >= 1, None)

    raw, out = write_h5(folder / "raw.h5", pictures_of([1, 2, 3], [0, 1, 1])), folder / "out.h5"
    anomeval.apply([raw], Halves(), out)
    with h5py.File(out) as file:
        assert file["pred_score"][()].tolist() == [0.5, 1, 1.5]
        assert file["pred_label"][()].tolist() == [0, 1, 1]


def one_class_post_processor(folder: Path) -> None:
    fit = fit_here(folder)
    judge = anomeval.read_fit(fit).shared
    assert isinstance(judge, anomeval.OneClassPostProcessor)
    fitted = anomeval.fit([folder / "val.h5"])
    assert judge == fitted.shared
    anomeval.write_fit(folder / "again.json", fitted)
    told, again = (json.loads(path.read_text()) for path in (fit, folder / "again.json"))
    assert {**told, "source": None} == {**again, "source": None}
    found = judge.post_process(RawBatch(np.array(FITTED)))
    assert found.pred_label.tolist() == [False, False, True, True, True, False]
    assert found.pred_score.tolist() == pytest.approx([0, 0, 1 / 2, 5 / 8, 1, 0])
    with pytest.raises(ValueError, match="neither"):
        RawBatch()


def thresholds(folder: Path) -> None:
    fit = fit_here(folder, VAL, "--threshold", "f1")
    judge = anomeval.read_fit(fit).shared
    assert (judge.image_threshold, judge.pixel_threshold) == (0.8, None)
    maps = [Picture(map=STEPS, mask=SQUARE), Picture(map=SQUARE, mask=NO_MASK)]
    fit = fit_here(folder, maps, "--pixel-threshold", "f1", "--threshold", "max")
    judge = anomeval.read_fit(fit).shared
    assert (judge.image_threshold, judge.pixel_threshold) == (1, 5)


def normalized_thresholds(folder: Path) -> None:
    fit = fit_here(folder, VAL, "--image-sensitivity", "0.8")
    judge = anomeval.read_fit(fit).shared
    assert judge.normalized_image_threshold == pytest.approx(0.2)
    assert judge.normalized_pixel_threshold is None
    found = applied(folder, fit, pictures_of([judge.image_cut, 0.8], [1, 1]))
    assert found["pred_score"].tolist() == pytest.approx([0.2, 0.5])


def sensitivities(folder: Path) -> None:
    fit = fit_here(folder, VAL, "--image-sensitivity", "0.8")
    judge = anomeval.read_fit(fit).shared
    assert (judge.image_sensitivity, judge.pixel_sensitivity) == (0.8, None)
    assert judge.image_cut == pytest.approx(0.56)
    found = applied(folder, fit, pictures_of([0.2, 0.5, 0.57, 0.8], [0] * 4))
    assert found["pred_label"].tolist() == [0, 0, 1, 1]
    assert run_here("fit", folder / "val.h5", "--pixel-sensitivity", "1.1").status == 2


def ends(folder: Path) -> None:
    fit = fit_here(folder, [Picture(1, 0, STEPS, NO_MASK), Picture(8, 1, STEPS, SQUARE)])
    judge = anomeval.read_fit(fit).shared
    assert (judge.image_min, judge.image_max) == (1, 8)
    assert (judge.pixel_min, judge.pixel_max) == (0, 9)
    infinite = write_h5(folder / "inf.h5", pictures_of([1, float("inf")], [0, 1]))
    assert run_here("fit", infinite, "-o", folder / "none.json").status == 3


def batches(folder: Path) -> None:
    fit = fit_here(folder)
    maps = np.array([[[0.7, 0.1]], [[0.95, 0.2]]])
    judge = anomeval.read_fit(fit).shared
    both = RawBatch(anomaly_map=maps)
    assert judge.normalize(both).pred_score.tolist() == pytest.approx([3 / 8, 11 / 16])
    assert judge.threshold(both).pred_label.tolist() == [False, True]
    zero = RawBatch(np.zeros(2), maps)
    assert judge.post_process(zero).pred_label.tolist() == [False, False], "0 is a score"
    assert maps.max() == 0.95, "the batch stays as it is"
    found = applied(folder, fit, [Picture(map=one.tolist()) for one in maps])
    assert found["pred_label"].tolist() == [0, 1]
    assert found["pred_score"].tolist() == pytest.approx([3 / 8, 11 / 16])


def forward(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from anomeval.torch import PostProcessingModule

    module = PostProcessingModule.from_fit(fit_here(folder))
    found = module(torch.tensor(FITTED, dtype=torch.float64))
    assert found.labels.tolist() == [False, False, True, True, True, False]
    assert found.scores.tolist() == pytest.approx([0, 0, 1 / 2, 5 / 8, 1, 0])


def validation_hooks(folder: Path) -> None:
    evaluator = anomeval.Evaluator()
    for scores, truth in (([0.1, 0.2], [0, 0]), ([0.8, 0.9], [1, 1])):
        evaluator.update({"pred_score": scores, "gt_label": truth}, stage="val")
    judge = anomeval.read_fit(fit_here(folder)).shared
    assert evaluator.fit().shared == judge
    assert evaluator.fit("max").shared.image_threshold == 0.2, "of the same run of the model"


def batch_hooks(folder: Path) -> None:
    judge = anomeval.read_fit(fit_here(folder)).shared
    raw = np.array(FITTED)
    batch = RawBatch(raw)
    assert judge.post_process(batch).pred_label.tolist() == [False, False, True, True, True, False]
    assert (batch.image_scores is raw, raw.tolist()) == (True, FITTED)


def switches(folder: Path) -> None:
    judge = anomeval.read_fit(fit_here(folder, pictures_of([10, 20, 80, 90], [0, 0, 1, 1]))).shared
    raw = RawBatch(np.array([20.0, 80.0]))
    assert judge.threshold(raw).pred_label.tolist() == [False, True], "0.5 would flag both"
    assert judge.normalize(raw).pred_score.tolist() == [0, 1 / 2]


def kept_settings(folder: Path) -> None:
    fit = fit_here(folder, VAL, "--image-sensitivity", "0.8")
    anomeval.write_fit(folder / "copy.json", anomeval.read_fit(fit))
    assert (folder / "copy.json").read_bytes() == fit.read_bytes()
    assert anomeval.read_fit(folder / "copy.json").shared.image_sensitivity == 0.8


def matching(folder: Path) -> None:
    fit = fit_here(folder)
    raw = [Picture(map=[[0.1, 0.8]], score=0.8)]
    assert "pred_mask" not in applied(folder, fit, raw)
    assert applied(folder, fit, raw, "--match-thresholds")["pred_mask"].tolist() == [[[0, 1]]]
    judge = match_thresholds(anomeval.read_fit(fit).shared)
    assert judge.pixel_threshold == judge.image_threshold == 0.8


def mebin(folder: Path) -> None:
    case = MEBIN_CASES[0]
    maps = [np.array(rows, np.float64) for rows in case.maps]
    whole = Mebin.over(maps)
    found = [Mebin(whole.low, whole.high, erosion=None).binarize(one) for one in maps]
    assert [one.threshold for one in found] == [float(value) for value in case.thresholds]
    block = np.zeros((16, 16))
    block[3:13, 3:13] = 9
    raw = [Picture(1, map=block.tolist()), Picture(0, map=np.ones((16, 16)).tolist())]
    masks = applied(folder, fit_here(folder), raw, "--mebin")["pred_mask"]
    assert masks[0].tolist() == (block > 0).astype(int).tolist()
    assert not masks[1].any()


def prediction_writers(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("lightning.pytorch")
    from anomeval.torch import PredictionWriter, write_predictions
    from tests.torch.test_callback import Clamped, data, trainer_with, written_maps

    model, writer = Clamped(), PredictionWriter(folder)
    trainer_with(writer).test(model, data("test"), verbose=False)
    raw = torch.cat(model.raw).squeeze(1).numpy()
    np.testing.assert_array_equal(written_maps(folder / "test.h5"), raw)
    write_predictions(folder / "plain.h5", [{"anomaly_map": torch.from_numpy(raw)}])
    np.testing.assert_array_equal(written_maps(folder / "plain.h5"), raw)


def auroc(folder: Path) -> None:
    tied = pictures_of([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1])
    assert agreed(folder, AUROC("image"), "auroc", tied) == 7 / 8
    assert agreed(folder, AUROC("pixel"), "auroc", [Picture(map=STEPS, mask=SQUARE)]) == 15 / 16
    saturating = pictures_of([10, 20, 80, 90], [0, 0, 1, 1])
    assert agreed(folder, AUROC("image"), "auroc", saturating) == 1, "no sigmoid"
    assert agreed(folder, AUROC("image"), "auroc", pictures_of([1, 2], [0, 0])) is None


def aupr(folder: Path) -> None:
    perfect = pictures_of([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert agreed(folder, AUPR("image"), "aupr", perfect) == 1
    crossed = pictures_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    assert agreed(folder, AUPR("image"), "aupr,ap", crossed) == pytest.approx(19 / 24)
    assert agreed(folder, AP("image"), "aupr,ap", crossed) == pytest.approx(5 / 6)
    explained = anomeval.explain([write_h5(folder / "perfect.h5", perfect)]).definitions
    values = {one.name: one.value for one in explained if one.measure == "precision-recall"}
    assert list(values.values()) == [1, 1, 7 / 8]
    assert list(values)[2] == "trapezoids after sorting by recall"


def aupro(folder: Path) -> None:
    steps = [Picture(map=STEPS, mask=SQUARE)]
    assert agreed(folder, AUPRO(fpr_limit=0.3), "aupro@0.3", steps) == pytest.approx(19 / 24)
    assert agreed(folder, AUPRO(fpr_limit=0.05), "aupro@0.05", steps) == pytest.approx(1 / 4)


def pro(folder: Path) -> None:
    cup = [Picture(map=CUP[1], mask=CUP[0])]
    assert agreed(folder, PRO(threshold=8.0), "pro(threshold=8)", cup) == pytest.approx(3 / 5)
    fit = fit_here(folder, [Picture(map=STEPS, mask=SQUARE)], "--threshold", "manual@8.5")
    assert agreed(folder, PRO(), "pro", cup, fit) == pytest.approx(3 / 10)


def curve_arrays(folder: Path, pictures: Sequence[Picture]) -> dict[str, Any]:
    test, out = write_h5(folder / "test.h5", pictures), folder / "curves.npz"
    assert run_here("score", test, "--no-confidence", "--curves", out).status == 0
    computed = anomeval.score([test], confidence=None).curves()
    with np.load(out) as file:
        found = {name: file[name] for name in file}
    assert {name: array.tolist() for name, array in computed.items()} == {
        name: array.tolist() for name, array in found.items()
    }
    return found


def shared_rates() -> list[Picture]:
    """A normal image with each of 0..15 once, and a defect of four pixels."""
    defect = [[20, 12.5, 0, 0], [12.5, 3.5, 0, 0], [0] * 4, [0] * 4]
    return [
        Picture(map=np.arange(16).reshape(4, 4).tolist(), mask=NO_MASK),
        Picture(map=defect, mask=SQUARE),
    ]


def pimo(folder: Path) -> None:
    found = curve_arrays(folder, shared_rates())
    points = zip(found["pixel_pimo_fpr"], found["pixel_pimo_recall"][0], strict=True)
    first, second = [(3 / 16, 1 / 4), (3 / 16, 3 / 4)], [(12 / 16, 3 / 4), (12 / 16, 1)]
    bounds = [(1e-5, 1 / 4), (1e-4, 1 / 4)]  # of AUPIMO, on the first level stretch
    assert list(points) == [(0, 0), (0, 1 / 4), *bounds, *first, *second, (1, 1)]


def aupimo(folder: Path) -> None:
    metric = AUPIMO(fpr_low=1 / 8, fpr_high=1 / 2)
    value = agreed(folder, metric, "aupimo(fpr_low=0.125,fpr_high=0.5)", shared_rates())
    assert value == pytest.approx(0.60375937481971, rel=1e-13)


def f1_score(folder: Path) -> None:
    fit = fit_here(folder)
    test = pictures_of([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1])
    assert agreed(folder, F1("image"), "f1", test, fit) == pytest.approx(4 / 5)
    nothing = pictures_of([0.1, 0.2], [0, 0])
    assert agreed(folder, F1("image"), "f1", nothing, fit) is None
    decided = anomeval.BoundMetric(F1("pixel"), fields=["pred_mask", "gt_mask"])
    found = np.array([[[True, True, False]]])
    decided.update({"pred_mask": found, "gt_mask": np.array([[[0, 1, 1]]])})
    assert decided.compute() == 1 / 2


def f1_max(folder: Path) -> None:
    crossed = pictures_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    assert agreed(folder, F1Max("image"), "f1max", crossed) == pytest.approx(4 / 5)


def f1_adaptive_threshold(folder: Path) -> None:
    sample = Sample.of(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1], np.bool_))
    assert ThresholdRule("f1").choose(sample).threshold == 0.8
    normals = pictures_of([0.1, 0.2, 0.3], [0, 0, 0])
    fit = json.loads(fit_here(folder, normals).read_text())
    assert (fit["image"]["threshold"], fit["image"]["rule"]) == (0.3, "max")
    assert "threshold_fallback" in [caution["code"] for caution in fit["cautions"]]


def manual_threshold(folder: Path) -> None:
    fit = fit_here(folder, VAL, "--threshold", "manual@0.5")
    assert anomeval.read_fit(fit).shared.image_threshold == 0.5
    sample = Sample.of(np.array([3.0]), np.array([False]))
    assert parse_rule("manual@0.5").choose(sample).threshold == 0.5


def own_threshold(folder: Path) -> None:
    rule = folder / "half_rule.py"
    rule.write_text(
        "from anomeval.judging.rules import RuleKind\n"
        "THRESHOLDS = {'middle_of_row': RuleKind(lambda sample, _: sum(sample.range()) / 2, None,"
        " lambda _: True, 'middle of the range')}\n"
    )
    from anomeval import plugins

    before = list(plugins._files)
    try:
        fit = fit_here(folder, VAL, "--plugin", str(rule), "--threshold", "middle_of_row")
        assert anomeval.read_fit(fit).shared.image_threshold == pytest.approx(0.5)
    finally:
        plugins._files[:] = before


def ignored(folder: Path) -> None:
    """The pixel that would spoil the ranking is left out, in the mask as in the map."""
    hole = float("nan")
    in_map = [Picture(map=[[9, hole, 1]], mask=[[1, 0, 0]])]
    in_mask = [Picture(map=[[9, 10, 1]], mask=[[1, 255, 0]])]
    for pictures, option in ((in_map, ("--nan", "drop")), (in_mask, ("--ignore-value", "255"))):
        test = write_h5(folder / "test.h5", pictures)
        done = run_here("score", test, *option, "-m", "pixel_auroc,aupro", "--json", "-")
        assert [row["value"] for row in json.loads(done.stdout)["metrics"]] == [1, 1]
    result = anomeval.score(folder / "test.h5", ignore_value=255, confidence=None).result
    assert {row.metric: row.value for row in result.rows}["pixel_auroc"] == 1


def figures(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    test = write_h5(folder / "test.h5", pictures_of([1, 2, 3, 4], [0, 1, 0, 1]))
    assert run_here("plot", test, "-o", folder / "a.svg").status == 0
    anomeval.plot([test], folder / "b.svg", curve="hist")
    assert all((folder / name).read_text().startswith("<?xml") for name in ("a.svg", "b.svg"))


def score_distribution(folder: Path) -> None:
    test = write_h5(folder / "test.h5", pictures_of([1, 4, 2, 8], [0, 0, 1, 1]))
    told = json.loads(run_here("explain", test, "--json", "-").stdout)["scores"][0]
    assert (told["normal"]["mean"], told["anomalous"]["mean"]) == (2.5, 5)
    assert told["normal"]["std"] == pytest.approx(4.5**0.5)
    assert told["normal"]["log_mean"] == pytest.approx(np.log(2))
    assert (sum(told["normal"]["counts"]), sum(told["normal"]["log_counts"])) == (2, 2)
    assert told["normal"]["quantiles"][0] == [0.0, 1.0]
    (level,) = score_levels(anomeval.score([test], confidence=None).categories)
    assert (level.normal.mean, level.anomalous.log_mean) == (2.5, told["anomalous"]["log_mean"])


def precision_recall_curve(folder: Path) -> None:
    found = curve_arrays(folder, pictures_of([1, 2, 3, 4], [0, 1, 0, 1]))
    assert found["image_pr_threshold"].tolist() == [np.inf, 4, 3, 2, 1]
    assert found["image_pr_recall"].tolist() == [0, 1 / 2, 1 / 2, 1, 1]
    assert found["image_pr_precision"].tolist() == [1, 1, 1 / 2, 2 / 3, 1 / 2]


def pgn(folder: Path) -> None:
    pictures = pictures_of([1, 2, 3, 4, 3, 5, 6, 7], [0] * 4 + [1] * 4)
    assert agreed(folder, PG("image", fnr=0.05), "pg@0.05", pictures) == 1 / 2
    assert str(PG("image", fnr=0.29)) == "image_pg(fnr=0.29)"


def pbn(folder: Path) -> None:
    pictures = pictures_of([1, 2, 3, 4, 3, 5, 6, 7], [0] * 4 + [1] * 4)
    assert agreed(folder, PB("image", fpr=0.05), "pb@0.05", pictures) == 3 / 4


def evaluator(folder: Path) -> None:
    from tests.evaluator.loops import arrays, batches, written

    whole = arrays()
    path = written(folder / "test.h5", whole)
    told = json.loads(run_here("score", path, "--no-confidence", "--json", "-").stdout)
    first, second = anomeval.Evaluator(), anomeval.Evaluator(name="others")
    for number, batch in enumerate(batches(whole, 5)):
        (first, second)[number % 2].update(batch)
    first.merge(second)
    assert {row["name"]: row["value"] for row in told["metrics"]} == first.values()
    first.reset()
    with pytest.raises(anomeval.AnomevalError, match="no image was seen"):
        first.compute()


def end_of_test(folder: Path) -> None:
    evaluator = anomeval.Evaluator("image_auroc", confidence=0.95)
    evaluator.update({"pred_score": [0.1, 0.2, 0.8, 0.9], "gt_label": [0, 1, 0, 1]})
    evaluation = evaluator.compute()
    assert [row.value for row in evaluation.result.rows] == [3 / 4]
    assert (len(evaluation.images()), "image_roc_tpr" in evaluation.curves()) == (4, True)


def checked_metrics(folder: Path) -> None:
    one, several = anomeval.Evaluator(AUROC("image")), anomeval.Evaluator("image_auroc,image_ap")
    for evaluator in (one, several):
        evaluator.update({"pred_score": [0, 1], "gt_label": [0, 1]})
    assert (one.values(), len(several.values())) == ({"image_auroc": 1}, 2)
    for wrong in (AUROC, [AUROC], 3, "aurok"):
        with pytest.raises(anomeval.AnomevalError, match="metric"):
            anomeval.Evaluator(wrong)


def any_device(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    plain, tensors = anomeval.Evaluator(), anomeval.Evaluator()
    scores, truth = [0.25, 0.75, 0.5], [0, 1, 1]
    plain.update({"pred_score": scores, "gt_label": truth})
    on_device = torch.tensor(scores, requires_grad=True).bfloat16()
    tensors.update({"pred_score": on_device, "gt_label": torch.tensor(truth)})
    assert plain.values() == tensors.values()


def bound_metric(folder: Path) -> None:
    metric = anomeval.BoundMetric(AUROC("image"), ("mine", "truth"), "image_", strict=False)
    assert (metric.name, metric.compute()) == ("image_AUROC", None)
    metric.update({"mine": np.array([0.9]), "truth": np.array([0])})
    metric.update({"mine": np.array([1.2]), "truth": np.array([1])})
    assert metric.compute() == 1, "batches do not matter"


def torchmetrics(folder: Path) -> None:
    pytest.importorskip("torchmetrics")
    from tests.plugins.test_docs import EXAMPLES

    code = next(example["code"] for example in EXAMPLES if example["name"] == "mcc.py")
    (folder / "row_mcc.py").write_text(code)
    test = write_h5(folder / "test.h5", pictures_of([0.1, 0.7, 0.8, 0.9], [0, 0, 1, 1]))
    from anomeval import plugins

    before = list(plugins._files)
    try:
        options = ("--plugin", folder / "row_mcc.py", "-m", "image_mcc@0.5", "--json", "-")
        told = json.loads(run_here("score", test, *options).stdout)
    finally:
        plugins._files[:] = before
    assert told["metrics"][0]["value"] == pytest.approx(2 / 12**0.5)


def binning(folder: Path) -> None:
    hot = [
        Picture(map=STEPS, mask=SQUARE),
        Picture(map=[[1000] + [0] * 3] + [[0] * 4] * 3, mask=NO_MASK),
    ]
    test = write_h5(folder / "test.h5", hot)
    told = {
        one["name"]: one["value"]
        for one in json.loads(run_here("explain", test, "--json", "-").stdout)["definitions"]
        if one["measure"] == "AUPRO"
    }
    assert told["50 bins of equal width"] != told["limit 0.3, exact"]
    own = anomeval.explain([test]).definitions[0]
    assert own.value == told["limit 0.3, exact"] == agreed(folder, AUPRO(), "aupro", hot)


CHECKS: dict[str, Check] = {
    "PostProcessor": post_processor,
    "OneClassPostProcessor": one_class_post_processor,
    "image_threshold": thresholds,
    "normalized_image_threshold": normalized_thresholds,
    "image_sensitivity": sensitivities,
    "image_min": ends,
    "post_process_batch": batches,
    "forward": forward,
    "on_validation_batch_end": validation_hooks,
    "on_test_batch_end": batch_hooks,
    "enable_normalization": switches,
    "checkpoint_config": kept_settings,
    "threshold matching": matching,
    "MEBinPostProcessor": mebin,
    "callbacks that predict": prediction_writers,
    "AUROC": auroc,
    "AUPR": aupr,
    "AUPRO": aupro,
    "PRO": pro,
    "PIMO": pimo,
    "AUPIMO": aupimo,
    "F1Score": f1_score,
    "F1Max": f1_max,
    "F1AdaptiveThreshold": f1_adaptive_threshold,
    "ManualThreshold": manual_threshold,
    "Threshold": own_threshold,
    "AnomalyScoreDistribution": score_distribution,
    "BinaryPrecisionRecallCurve": precision_recall_curve,
    "ignore_index": ignored,
    "generate_figure": figures,
    "MinMax": ends,
    "PGn": pgn,
    "PBn": pbn,
    "Evaluator": evaluator,
    "on_test_epoch_end": end_of_test,
    "setup": checked_metrics,
    "compute_on_cpu": any_device,
    "AnomalibMetric": bound_metric,
    "create_anomalib_metric": torchmetrics,
    "binning helpers": binning,
}
"""The first name of each row, and what fails if its counterpart breaks."""
