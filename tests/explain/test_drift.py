"""With a fit it is seen whether ranking or threshold has failed, without the validation split."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import anomeval
from anomeval.errors import InvalidInputError
from anomeval.evaluator import Evaluator
from anomeval.reporting.as_json import result_from_json, result_to_json
from anomeval.reporting.as_table import result_table
from anomeval.reporting.fit_file import fit_from_json, fit_to_json
from anomeval.workflows.explaining import explain
from tests.evaluator.loops import arrays, batches, written
from tests.reporting.samples import printed
from tests.support import Picture, run_here, write_h5

QUICK = {"confidence": None}


@pytest.fixture
def splits(tmp_path):
    """A validation split, and a test split whose normal pixels have moved by a third."""
    val, moved = arrays(1), arrays(2)
    moved["anomaly_map"] = np.round(moved["anomaly_map"] + 0.3, 1).astype(np.float32)
    return written(tmp_path / "val.h5", val), written(tmp_path / "test.h5", moved)


def normals(columns, level, category):
    chosen = np.array(columns["category"]) == category
    if level == "pixel":  # an anomalous image whose mask is empty has no pixel truth
        chosen &= (columns["gt_label"] == 0) | columns["gt_mask"].any(axis=(1, 2))
        return columns["anomaly_map"][chosen][columns["gt_mask"][chosen] == 0].astype(np.float64)
    return columns["pred_score"][chosen & (columns["gt_label"] == 0)]


def test_the_fit_alone_bounds_what_both_splits_together_tell(splits):
    val, test = splits
    fit = anomeval.fit([val])
    exact = explain([test], fit=fit, validation=[val]).drift
    bounded = anomeval.score([test], fit=fit, **QUICK).result.drift
    assert [(one.level, one.category) for one in bounded] == [
        (level, category) for level in ("image", "pixel") for category in ("brick", "grass")
    ]
    before, now = arrays(1), arrays(2)
    now["anomaly_map"] = np.round(now["anomaly_map"] + 0.3, 1).astype(np.float32)
    for one, known in zip(bounded, exact, strict=True):
        samples = (normals(columns, one.level, one.category) for columns in (before, now))
        truth = stats.ks_2samp(*samples, method="asymp").statistic
        assert known.ks_low == known.ks_high == pytest.approx(truth, abs=1e-14)
        assert one.ks_low - 1e-14 <= truth <= one.ks_high + 1e-14
        if one.level == "image":
            assert one.ks_low == one.ks_high, "so few scores are all in the fit"
        assert (one.moved, known.moved) == ((one.level == "pixel"),) * 2
        assert replace(one, ks_low=0, ks_high=0, verdict="") == replace(
            known, ks_low=0, ks_high=0, verdict=""
        )


def test_explain_says_the_same_as_score(splits):
    val, test = splits
    fit = anomeval.fit([val])
    score = anomeval.score([test], fit=fit, **QUICK).result
    assert explain([test], fit=fit).drift == score.drift
    rows = {(row.metric, row.group["category"]): row.value for row in by_category(test, fit)}
    for one in score.drift:
        assert one.f1 == rows[f"{one.level}_f1", one.category]
        assert one.f1max == rows[f"{one.level}_f1max", one.category]


def by_category(test, fit):
    result = anomeval.score([test], fit=fit, metrics=["f1,f1max"], by="category", **QUICK).result
    return [row for row in result.rows if row.group]


def test_it_goes_through_json(splits):
    val, test = splits
    result = anomeval.score([test], fit=anomeval.fit([val]), **QUICK).result
    text = result_to_json(result)
    assert result_from_json(text, "here").drift == result.drift
    infinite = replace(result, drift=[replace(result.drift[0], best_cut=float("inf"), f1=None)])
    assert result_from_json(result_to_json(infinite), "here").drift == tuple(infinite.drift)
    assert "drift" not in json.loads(result_to_json(anomeval.score([test], **QUICK).result))


def test_a_loop_finds_the_same(splits, tmp_path):
    val, test = splits
    fit = anomeval.fit([val])
    evaluator = Evaluator(fit=fit)
    now = arrays(2)
    now["anomaly_map"] = np.round(now["anomaly_map"] + 0.3, 1).astype(np.float32)
    for batch in batches(now, 5):
        evaluator.update(batch)
    assert evaluator.compute().result.drift == anomeval.score([test], fit=fit, **QUICK).result.drift


def test_only_levels_that_were_asked_of_are_looked_at(splits):
    val, test = splits
    fit = anomeval.fit([val])
    result = anomeval.score([test], fit=fit, metrics=["image_auroc"], **QUICK).result
    assert {one.level for one in result.drift} == {"image"}


def test_the_table_tells_what_is_wrong(splits):
    val, test = splits
    shown = run_here("fit", val, "-o", val.parent / "fit.json")
    shown = run_here("score", test, "--fit", val.parent / "fit.json", "--no-confidence")
    assert "Ranking or threshold?" in shown.stdout
    assert "normal scores have moved since validation (KS" in " ".join(shown.stdout.split())
    result = anomeval.score([test], fit=anomeval.fit([val]), **QUICK).result
    fine = [replace(one, serves=True, moved=False) for one in result.drift]
    assert "Ranking" not in printed(result_table(replace(result, drift=fine)))
    assert "Ranking" not in printed(result_table(replace(result, drift=())))


def test_a_fit_of_an_older_version_tells_no_distance(splits):
    val, test = splits
    document = json.loads(fit_to_json(anomeval.fit([val])))
    del document["normals"]
    old = fit_from_json(json.dumps(document), "old.json")
    assert old.digest == anomeval.fit([val]).digest, "the table decides nothing"
    drift = explain([test], fit=old).drift
    assert {(one.ks_low, one.moved) for one in drift} == {(None, None)}
    assert all("KS" not in one.verdict for one in drift)


def few(folder, name, scores, anomalous_maps=0):
    """Normal images whose map is their score, and maps of which one corner is anomalous."""
    pictures = [Picture(score, 0, [[score, score]], [[0, 0]]) for score in scores]
    pictures += [Picture(9, 1, [[9, scores[0]]], [[1, 0]])] * anomalous_maps
    return write_h5(folder / name, pictures)


def test_where_no_shift_is_seen_it_is_said_how_many_images_could_show_one(tmp_path):
    """None of 2 and 3 normals alike: KS 1, yet chance goes as far as 1.358 sqrt(1/2 + 1/3) = 1.24.

    Of pixels it is the images that count, those with defects among them.
    """
    val = few(tmp_path, "val.h5", [1, 2], anomalous_maps=2)
    test = few(tmp_path, "test.h5", [5, 6, 7], anomalous_maps=1)
    fit = anomeval.fit([val])
    explained = explain([test], fit=fit, validation=[val])
    for drift in (anomeval.score([test], fit=fit, **QUICK).result.drift, explained.drift):
        image, pixel = drift
        assert (image.ks_low, image.moved) == (1, False)
        assert image.verdict.endswith(
            "normal scores: no shift that 2 and 3 images could show (KS 1.000)"
        )
        assert pixel.moved
    same, other = few(tmp_path, "a.h5", [1, 2, 1, 2], 4), few(tmp_path, "b.h5", [1, 2, 2], 2)
    assert pixel_words(other, fit) == "normal scores have moved since validation (KS 0.167)"
    shown = "normal scores: no shift that 4 and 8 images could show (KS 0.000)"
    assert pixel_words(same, fit) == shown
    document = json.loads(fit_to_json(fit))
    del document["pixel"]["false_positives"]
    old = fit_from_json(json.dumps(document), "old.json")
    assert pixel_words(same, old) == shown.replace("4 and 8", "8")


def pixel_words(test, fit):
    """What is said of the normal pixels; of 2 in 3 that are 1, and 1 in 2, the distance is 1/6."""
    result = anomeval.score([test], fit=fit, allow_overlap=True, **QUICK).result
    return result.drift[1].verdict.rpartition("; ")[2]


@pytest.mark.parametrize(
    "change",
    [
        {"count": 3},
        {"scores": [2.0, 1.0], "below": [0, 1], "at_or_below": [1, 2]},
        {"scores": [1.0, 2.0], "below": [0, 0], "at_or_below": [1, 2]},
        {"scores": [1.0]},
    ],
)
def test_a_table_that_no_scores_can_have_is_refused(splits, change):
    document = json.loads(fit_to_json(anomeval.fit([splits[0]])))
    document["normals"][1] |= change
    with pytest.raises(InvalidInputError, match=r"normals\[1\].*no distribution"):
        fit_from_json(json.dumps(document), "fit.json")


def test_the_fit_comes_back_from_its_file(splits):
    fit = anomeval.fit([splits[0]])
    again = fit_from_json(fit_to_json(fit), "fit.json")
    assert again == fit
    assert again.shared.image.normals.count == 12
