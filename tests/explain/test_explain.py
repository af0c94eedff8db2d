"""One command sets definitions side by side, and tells ranking from threshold."""

import json

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.reporting.explanation_text import explanation_text
from anomeval.workflows.explaining import explain
from tests.evaluator.loops import arrays, written
from tests.reporting.samples import printed, widest
from tests.support import run_here


@pytest.fixture
def path(tmp_path):
    return written(tmp_path / "test.h5", arrays())


def values(explanation, measure, level="pixel"):
    return {
        one.name: one.value
        for one in explanation.definitions
        if (one.level, one.measure) == (level, measure)
    }


def test_our_own_values_are_those_of_score(path):
    metrics = ["aupro@0.3", "aupro@0.05", "aupro@1", "ap", "aupr", "pixel_f1max"]
    rows = {r.metric: r.value for r in anomeval.score([path], metrics=metrics).result.rows}
    explained = explain([path])
    overlap = values(explained, "AUPRO")
    assert [overlap[f"limit {limit}, exact"] for limit in ("0.3", "0.05")] == [
        rows["pixel_aupro(fpr_limit=0.3)"],
        rows["pixel_aupro(fpr_limit=0.05)"],
    ]
    assert overlap["no limit, exact"] == rows["pixel_aupro(fpr_limit=1.0)"]
    for level in ("image", "pixel"):
        found = values(explained, "precision-recall", level)
        assert found["average precision, stepwise"] == rows[f"{level}_ap"]
        assert found["trapezoids in threshold order"] == rows[f"{level}_aupr"]
    assert values(explained, "best F1")["all thresholds, exact"] == rows["pixel_f1max"]


def test_the_first_of_a_measure_is_ours_and_the_others_differ_for_a_cause(path):
    seen = {}
    for one in explain([path]).definitions:
        first = seen.setdefault((one.level, one.measure), one)
        if one is first:
            assert (one.difference, one.cause) == (None, None)
        else:
            assert one.difference == one.value - first.value
            assert one.cause
            assert "{" not in one.cause


def test_anomalous_images_only_and_images_alone_are_score_on_part_of_the_data(tmp_path):
    whole = arrays()
    whole["gt_mask"][1, 3:5, 3:5] = 1
    explained = values(explain([written(tmp_path / "all.h5", whole)], pool=True), "AUPRO")

    def aupro(chosen):
        part = {name: np.asarray(column)[chosen] for name, column in whole.items()}
        file = written(tmp_path / "part.h5", part)
        options = {"metrics": ["aupro@0.3"], "pool": True, "confidence": None}
        return anomeval.score([file], **options).result.rows[0].value

    anomalous = np.flatnonzero(whole["gt_label"])
    alone = [aupro([image]) for image in anomalous]
    assert explained["anomalous images only"] == aupro(anomalous)
    assert explained["mean of per-image values"] == pytest.approx(np.mean(alone), rel=1e-14)


def test_fine_bins_come_near_the_exact_value(path):
    found = values(explain([path], pool=True), "AUPRO")
    assert found["1000 bins of equal width"] == pytest.approx(found["limit 0.3, exact"], abs=0.01)


def test_several_categories_are_their_mean(tmp_path, path):
    whole = arrays()
    singles = []
    for name in ("brick", "grass"):
        chosen = np.array(whole["category"]) == name
        part = {field: np.asarray(column)[chosen] for field, column in whole.items()}
        singles.append(explain([written(tmp_path / f"{name}.h5", part)]))
    for both, brick, grass in zip(
        explain([path]).definitions, *(one.definitions for one in singles), strict=True
    ):
        assert both.value == pytest.approx((brick.value + grass.value) / 2)


def test_what_is_undefined_says_why(tmp_path):
    normal = {name: np.asarray(column)[::2] for name, column in arrays().items()}
    reasons = {one.reason for one in explain([written(tmp_path / "n.h5", normal)]).definitions}
    assert reasons == {
        "no region in any ground-truth mask",
        "no anomalous pixels",
        "no anomalous images",
    }


def test_infinite_scores_cannot_be_divided_evenly(tmp_path):
    whole = arrays()
    whole["anomaly_map"][0, 0, 0] = np.inf
    explained = explain([written(tmp_path / "i.h5", whole)], pool=True)
    undefined = {one.name for one in explained.definitions if one.value is None}
    assert undefined == {
        "100 ranks of normal scores",
        "1000 bins of equal width",
        "50 bins of equal width",
        "200 linear thresholds, FPR stretched",
        "21 thresholds",
    }
    assert json.loads(json.dumps(explained.as_dict(), allow_nan=False))


def test_without_pixels_image_measures_are_left(tmp_path):
    path = written(tmp_path / "s.h5", {"pred_score": [1.0, 2.0], "gt_label": [0, 1]})
    assert {one.level for one in explain([path]).definitions} == {"image"}


def test_threads_change_nothing(path):
    assert explain([path], jobs=1) == explain([path], jobs=4)


def test_a_moved_threshold_is_told_from_a_failed_ranking(tmp_path):
    val = written(tmp_path / "val.h5", arrays(1))
    moved = arrays(2)
    moved["pred_score"] = moved["pred_score"] + 5
    test = written(tmp_path / "moved.h5", moved)
    fit = anomeval.fit([val], pool=True)
    (image, _) = explain([test], fit=fit, validation=[val], pool=True).drift
    assert (image.ks_low, image.ks_high, image.moved, image.serves) == (1.0, 1.0, True, False)
    assert "the threshold is too low" in image.verdict
    assert "normal scores have moved since validation (KS 1.000)" in image.verdict
    (image, _) = explain([written(tmp_path / "same.h5", arrays(3))], fit=fit, pool=True).drift
    assert not image.moved
    assert image.f1 <= image.f1max


def test_val_without_fit_is_refused(path):
    with pytest.raises(UsageError, match="give both"):
        explain([path], validation=[path])


def test_the_command_prints_a_text_and_json(path, tmp_path):
    shown = run_here("explain", path)
    assert shown.status == 0
    for words in ("pixel AUPRO", "200 linear thresholds", "best F1", "image scores", "logarithms"):
        assert words in shown.stdout
    document = json.loads(run_here("explain", path, "--json", "-").stdout)
    assert document["schema"] == "anomeval.explanation/1"
    assert document["definitions"][0]["name"] == "limit 0.3, exact"
    fit = tmp_path / "fit.json"
    assert run_here("fit", path, "-o", fit).status == 0
    assert (
        "Ranking or threshold?"
        in run_here("explain", path, "--fit", fit, "--validation", path).stdout
    )


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_text_stays_within_the_terminal(path, width):
    fit = anomeval.fit([path])
    shown = printed(explanation_text(explain([path], fit=fit)), width=width)
    assert widest(shown) <= width
