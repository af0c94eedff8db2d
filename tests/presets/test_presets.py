"""Presets name sets of metrics, with what is unsure about their definition."""

from dataclasses import replace

import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.metrics import AUPRO, LEVELS, METRICS
from anomeval.metrics.derived import MAD
from anomeval.metrics.grammar import parse_metric, parse_metrics
from anomeval.metrics.presets import PRESETS
from anomeval.metrics.selection import DataSupport, data_support, select_metrics
from anomeval.reporting.preset_list import preset_list
from tests.evaluator.loops import arrays, with_defects, written
from tests.reporting.samples import printed, widest
from tests.support import fit_at, overall, run_here

every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))


def test_the_presets_of_the_field_are_there():
    names = "anomalib mvtec mvtec3d mvtec2 loco visa real-iad muad pimo operator"
    assert list(PRESETS) == names.split()


@every_preset
def test_a_preset_computes(preset, tmp_path):
    path = written(tmp_path / "test.h5", with_defects(arrays()))
    by = "group_id" if preset.name == "real-iad" else None
    fit = fit_at(1.5)
    evaluation = anomeval.score([path], preset=preset.name, fit=fit, by=by, confidence=None)
    rows = overall(evaluation)
    asked = parse_metrics(preset.metrics, METRICS, LEVELS if by else ("image", "pixel"))
    assert list(rows) == [str(metric) for metric in asked]
    assert None not in [row.value for row in rows.values()]


@every_preset
def test_the_list_tells_what_a_preset_is(preset):
    shown = " ".join(printed(preset_list(PRESETS.values())).split())
    for text in (preset.title, ", ".join(preset.metrics), preset.basis):
        assert " ".join(text.split()) in shown
    assert (preset.unsure or preset.title) in shown
    assert (preset.left_out or preset.title) in shown


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_list_stays_within_the_terminal(width):
    assert widest(printed(preset_list(PRESETS.values()), width=width)) <= width


def test_the_command_lists_them():
    shown = run_here("metrics", "--presets")
    assert shown.status == 0
    assert "left out  missed regions, which" in shown.stdout


@every_preset
def test_the_command_explains_one(preset):
    shown = run_here("metrics", preset.name)
    assert shown.status == 0
    expected = printed(preset_list([preset]))
    assert shown.stdout == expected
    assert expected.startswith(f"{preset.name}\n")
    assert ("unsure" in expected) == (preset.unsure is not None)


def test_an_unknown_preset_is_refused():
    support = data_support({"pred_score"}, False, (), False)
    with pytest.raises(UsageError, match=r"unknown preset 'mvtec5'; known are anomalib, mvtec"):
        select_metrics([], "mvtec5", support)


def test_further_metrics_follow_a_preset_without_repeats():
    support = data_support({"anomaly_map", "gt_mask"}, True, (), False)
    metrics, left_out = select_metrics(["pixel_ap", "image_auroc"], "mvtec", support)
    assert [metric.name for metric in metrics] == ["auroc", "aupro", "auroc", "ap"]
    assert left_out == []


def test_mad_is_the_mean_of_seven(tmp_path):
    path = written(tmp_path / "test.h5", arrays())
    rows = overall(anomeval.score([path], preset="muad", pool=True, confidence=None))
    seven = [str(metric) for metric in MAD().members()]
    assert len(seven) == 7
    mad = rows["pixel_mad(fpr_limit=0.3)"]
    assert mad.value == pytest.approx(sum(rows[name].value for name in seven) / 7, rel=1e-15)
    assert mad.extra == {name: rows[name].value for name in seven}


def test_mad_is_undefined_where_one_of_the_seven_is(tmp_path):
    whole = {name: column[::2] for name, column in arrays().items()}
    path = written(tmp_path / "normal.h5", whole)
    (row,) = overall(anomeval.score([path], metrics=["mad"], pool=True)).values()
    assert (row.value, row.reason) == (None, "image_auroc is undefined: no anomalous images")


def test_published_numbers_have_their_published_mean():
    """ADer prints 40.9 for these seven; IoU-max, 3.5 there, does not enter."""
    from anomeval.evidence.findings import mean

    assert mean([54.5, 76.3, 83.6, 47.6, 3.2, 6.7, 14.3]) == pytest.approx(2862 / 70)


def test_mad_has_a_limit():
    assert str(parse_metric("mad@0.05", METRICS)) == "pixel_mad(fpr_limit=0.05)"
    with pytest.raises(UsageError, match="fpr_limit must be in"):
        MAD(fpr_limit=0.0)


def test_a_field_that_a_preset_needs_is_told_once_with_where_it_comes_from():
    support = data_support({"anomaly_map", "gt_mask"}, True, (), False)
    with pytest.raises(UsageError) as refusal:
        select_metrics([], "loco", support)
    told = [str(problem) for problem in refusal.value.problems]
    assert len(told) == 5
    assert all("auspro" in line and "the data has no gt_saturation" in line for line in told)
    assert ["--truth" in line for line in told] == [True, False, False, False, False]


WITH_FIT = DataSupport(["image", "pixel"], {"sample": "no"}, has_fit=True)


@pytest.mark.parametrize("wanted", [["+recall,+image_auroc"], ["+recall", " + image_auroc"]])
def test_a_sign_adds_to_the_default(wanted):
    usual, _ = select_metrics((), None, WITH_FIT)
    added, _ = select_metrics(wanted, None, WITH_FIT)
    assert list(map(str, added)) == [*map(str, usual), "image_recall", "pixel_recall"]


def test_a_sign_adds_to_a_preset_and_spares_metrics_themselves():
    preset, _ = select_metrics(["recall"], "mvtec", WITH_FIT)
    assert select_metrics(["+recall"], "mvtec", WITH_FIT)[0] == preset
    usual, _ = select_metrics((), None, WITH_FIT)
    own = AUPRO(fpr_limit=0.01)
    assert select_metrics([own, "+auroc"], None, WITH_FIT)[0] == [*usual, own]


@pytest.mark.parametrize("wanted", [["+recall,auroc"], ["auroc", "+recall"]])
def test_a_sign_before_some_metrics_alone_is_refused(wanted):
    with pytest.raises(UsageError, match=r"\+recall adds to the default metrics, auroc takes"):
        select_metrics(wanted, None, WITH_FIT)


def test_what_is_added_has_to_be_possible():
    with pytest.raises(UsageError, match="image_recall needs a fitted threshold"):
        select_metrics(["+image_recall"], None, replace(WITH_FIT, has_fit=False))
    with pytest.raises(UsageError, match="unknown metric 'recal'"):
        select_metrics(["+recal"], None, WITH_FIT)
