"""What rules make of values: exact comparisons, directions, scopes, tests, and failing closed."""

from dataclasses import replace

import pytest

from anomeval.errors import ExitStatus, UsageError
from anomeval.gates.rules import Rule, Scope, parse_max_drop, parse_minimum
from anomeval.workflows.gating import gate
from tests.gates.samples import by_category, result, row


def judged(now, then=None, *rules, test=None):
    return gate(now, baseline=then, rules=rules, test=test)


def only(verdict):
    (check,) = verdict.checks
    return check


def drop(text):
    return parse_max_drop(text)


@pytest.mark.parametrize(
    ("metric", "value", "bound", "outcome"),
    [
        ("image_auroc", 0.9, "0.9", "passed"),
        ("image_auroc", 0.8999999999999999, "0.9", "failed"),
        ("image_auroc", 0.1 + 0.2, "0.3", "passed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.1, "0.1", "passed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.11, "0.1", "failed"),
    ],
)
def test_a_floor_is_compared_unrounded_and_knows_its_direction(metric, value, bound, outcome):
    verdict = judged(result(row(metric, value)), None, parse_minimum(f"{metric}={bound}"))
    assert only(verdict).outcome == outcome
    assert only(verdict).test == "point"
    assert verdict.status == (ExitStatus.DONE if outcome == "passed" else ExitStatus.GATE_FAILED)


@pytest.mark.parametrize(
    ("metric", "then", "now", "allowed", "outcome"),
    [
        ("image_auroc", 0.95, 0.94, "0.01", "passed"),  # in binary 0.95 - 0.94 > 0.01
        ("image_auroc", 0.95, 0.94, "0.0099", "failed"),
        ("image_auroc", 0.95, 0.96, "0", "passed"),
        ("image_auroc", 0.95, 0.9499999999999999, "0", "failed"),
        ("image_auroc", 0.9, 0.891, "1%", "passed"),
        ("image_auroc", 0.9, 0.8909, "1%", "failed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.1, 0.11, "0.01", "passed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.1, 0.12, "0.01", "failed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.1, 0.0, "0", "passed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.1, 0.101, "1%", "passed"),
        ("image_fpr_at_tpr(tpr=0.95)", 0.1, 0.102, "1%", "failed"),
    ],
)
def test_a_drop_is_compared_as_the_decimal_numbers_that_were_typed(
    metric, then, now, allowed, outcome
):
    rule = drop(f"{metric}={allowed}")
    check = only(judged(result(row(metric, now)), result(row(metric, then)), rule, test="point"))
    assert (check.outcome, check.test) == (outcome, "point")


def test_a_short_name_stands_for_every_level_there_is():
    rows = [row("image_auroc"), row("pixel_auroc", 0.8)]
    verdict = judged(result(*rows), None, parse_minimum("auroc=0.85"))
    assert [(c.metric, c.outcome) for c in verdict.checks] == [
        ("pixel_auroc", "failed"),
        ("image_auroc", "passed"),
    ]


def test_a_level_that_only_the_baseline_has_is_missed():
    rows = [row("image_auroc"), row("pixel_auroc", 0.8)]
    verdict = judged(result(rows[0]), result(*rows), drop("auroc=0"))
    assert [(c.metric, c.outcome) for c in verdict.checks] == [
        ("pixel_auroc", "unjudged"),
        ("image_auroc", "passed"),
    ]


def test_a_metric_of_a_plugin_is_known_by_its_row():
    verdict = judged(result(row("image_own(x=1)", 0.5)), None, parse_minimum("image_own(x=1)=0.6"))
    assert only(verdict).outcome == "failed"


def test_no_metric_is_wrong_usage():
    with pytest.raises(UsageError, match="unknown metric 'aurocc'"):
        judged(result(row()), None, parse_minimum("aurocc=0.85"))


NOW, THEN = {"nut": 0.9, "pill": 0.7, "screw": 0.8}, {"nut": 0.8, "pill": 0.7, "screw": 0.85}


@pytest.mark.parametrize(
    ("rule", "outcomes"),
    [
        (
            parse_minimum("each:image_auroc=0.75"),
            {"pill": "failed", "screw": "passed", "nut": "passed"},
        ),
        (parse_minimum("worst:image_auroc=0.75"), {"pill": "failed"}),
        (parse_minimum("worst:image_auroc=0.7"), {"pill": "passed"}),
        (parse_minimum("category:nut:image_auroc=0.75"), {"nut": "passed"}),
        (drop("each:image_auroc=0"), {"screw": "failed", "pill": "passed", "nut": "passed"}),
        (drop("worst:image_auroc=0.06"), {"screw": "passed"}),
        (drop("worst:image_auroc=1%"), {"screw": "failed"}),
        (parse_minimum("category:x:image_auroc=0"), {"x": "unjudged"}),
        (parse_minimum("defect:crack:image_auroc=0"), {"crack": "unjudged"}),
    ],
)
def test_scopes(rule, outcomes):
    rule = replace(rule, test="point" if rule.needs_baseline else None)
    verdict = judged(result(*by_category(NOW)), result(*by_category(THEN)), rule)
    assert {next(iter(c.group.values())): c.outcome for c in verdict.checks} == outcomes


def test_defects_are_found_in_all_categories():
    groups = [{"category": c, "defect_type": "cut"} for c in ("nut", "pill")]
    rows = [row(group=group) for group in groups]
    mean = row(group={"mean": "defect_type"})
    verdict = judged(result(*rows, mean), None, parse_minimum("defect:cut:image_auroc=0.95"))
    assert [c.group for c in verdict.checks] == groups


def test_means_are_no_groups():
    rows = [row(group={"mean": "defect_type"}), row()]
    check = only(judged(result(*rows), None, parse_minimum("each:image_auroc=0")))
    assert check.reason == "the result has no such value; score with --by category"


@pytest.mark.parametrize(
    ("now", "then", "reason"),
    [
        (row(value=None), row(), "undefined in the result: no anomalous images"),
        (row(), row(value=None), "undefined in the baseline: no anomalous images"),
        (row("image_ap"), row(), "the result has no image_auroc"),
        (row(), row("image_ap"), "the baseline has no image_auroc"),
        (
            row(groups=3, undefined=1),
            row(groups=3, undefined=0),
            "it is defined in other groups than in the baseline",
        ),
    ],
)
def test_what_is_undefined_or_missing_cannot_be_judged(now, then, reason):
    verdict = judged(result(now), result(then), drop("image_auroc=0.5"))
    assert only(verdict).reason == reason
    assert verdict.status == ExitStatus.CANNOT_JUDGE


def test_another_definition_is_named():
    now = result(row("pixel_aupro(fpr_limit=0.05)"))
    then = result(row("pixel_aupro(fpr_limit=0.3)"))
    check = only(judged(now, then))
    assert check.reason == (
        "the result has no pixel_aupro(fpr_limit=0.3), but pixel_aupro(fpr_limit=0.05)"
    )


def test_a_category_that_is_new_cannot_be_judged():
    then = {name: value for name, value in THEN.items() if name != "nut"}
    verdict = judged(
        result(*by_category(NOW)), result(*by_category(then)), drop("each:image_auroc=1")
    )
    assert verdict.status == ExitStatus.CANNOT_JUDGE
    assert verdict.checks[0].group == {"category": "nut"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_never_passes(value):
    """It cannot come from a file; a caller's own result may hold one."""
    verdict = judged(result(row(value=value)), None, Rule("image_auroc", minimum=0.5))
    assert only(verdict).reason == f"{value} in the result is no value"
    assert verdict.status == ExitStatus.CANNOT_JUDGE


def test_a_drop_within_noise_is_no_regression_but_is_a_drop():
    now, then = result(row(value=0.89, error=0.01)), result(row(error=0.01, seed=1))
    by_default = judged(now, then)
    assert (only(by_default).test, only(by_default).outcome) == ("regression", "passed")
    assert only(judged(now, then, test="point")).outcome == "failed"
    assert only(judged(now, then, test="non-inferiority")).outcome == "failed"
    assert (
        only(judged(now, then, drop("image_auroc=0.1"), test="non-inferiority")).outcome == "passed"
    )


def test_a_drop_beyond_noise_is_a_regression_unless_it_is_allowed():
    now, then = result(row(value=0.85, error=0.01)), result(row(error=0.01, seed=1))
    assert only(judged(now, then)).outcome == "failed"
    assert only(judged(now, then, drop("image_auroc=0.04"))).outcome == "passed"
    assert only(judged(now, then, drop("image_auroc=0.01"))).outcome == "failed"


def test_direction_holds_for_intervals_too():
    metric = "image_fpr_at_tpr(tpr=0.95)"
    low, high = row(metric, 0.1, error=0.01), row(metric, 0.2, error=0.01, seed=1)
    assert only(judged(result(high), result(low))).outcome == "failed"
    assert only(judged(result(low), result(high))).outcome == "passed"
    assert only(judged(result(low), result(high), test="non-inferiority")).outcome == "passed"


def test_the_same_result_passes_every_test():
    same = result(row(error=0.01))
    for test in ("point", "regression", "non-inferiority"):
        verdict = judged(same, same, drop("image_auroc=0.2"), test=test)
        assert verdict.status == ExitStatus.DONE


def test_non_inferiority_needs_an_allowance():
    """That there is no drop at all can never be excluded, not even where nothing differs."""
    same = result(row(error=0.01))
    assert judged(same, same, test="regression").status == ExitStatus.DONE
    assert judged(same, same, test="non-inferiority").status == ExitStatus.GATE_FAILED


def test_without_replicates_a_drop_cannot_be_judged_and_what_is_no_drop_passes():
    then = result(row(error=0.01))
    drop = only(judged(result(row(value=0.89)), then))
    assert drop.outcome == "unjudged"
    assert drop.reason == (
        "it is worse than allowed, and without replicates nothing tells a change from chance "
        "(the result has no replicates); test point takes values as they are"
    )
    verdict = judged(result(row()), then)
    assert (only(verdict).test, only(verdict).outcome) == ("point", "passed")
    assert any("nothing tells chance from a change" in note for note in verdict.notes)


@pytest.mark.parametrize("test", ["regression", "non-inferiority"])
def test_a_test_that_needs_replicates_cannot_do_without(test):
    verdict = judged(result(row()), result(row(error=0.01)), test=test)
    assert only(verdict).reason == "the result has no replicates"
    assert verdict.status == ExitStatus.CANNOT_JUDGE


def test_a_rule_knows_its_own_test():
    rule = replace(drop("image_auroc=0"), test="point")
    now, then = result(row(value=0.89, error=0.01)), result(row(error=0.01, seed=1))
    assert only(judged(now, then, rule, test="regression")).test == "point"


def test_many_values_are_one_family():
    """Of 15 categories one drops by chance so far that on its own it would be a regression."""
    then = {f"c{number:02}": 0.9 for number in range(15)}
    now = then | {"c07": 0.873}
    rows = result(*by_category(now, error=0.01)), result(*by_category(then, error=0.01, seed=50))
    assert only(judged(*rows, drop("category:c07:image_auroc=0"))).outcome == "failed"
    assert judged(*rows, drop("each:image_auroc=0")).status == ExitStatus.DONE
    assert only(judged(*rows, drop("worst:image_auroc=0"))).group == {"category": "c07"}


def test_a_warning_does_not_fail_the_gate():
    rules = [replace(parse_minimum(text), severity="warn") for text in ("image_auroc=1", "ap=0")]
    verdict = judged(result(row()), None, *rules)
    assert [check.outcome for check in verdict.checks] == ["warned", "warned"]
    assert verdict.status == ExitStatus.DONE


def test_both_bounds_of_a_rule_are_checked():
    rule = Rule("image_auroc", Scope(), minimum=0.5, max_drop=0.1, max_drop_rel=0.001)
    verdict = judged(result(row(value=0.89)), result(row()), rule, test="point")
    assert {c.kind: c.outcome for c in verdict.checks} == {
        "min": "passed",
        "max_drop": "passed",
        "max_drop_rel": "failed",
    }


def test_without_rules_no_metric_of_the_baseline_may_get_worse():
    then = result(row(), row("image_ap", 0.5))
    now = result(row(value=0.8), row("image_ap", 0.6), row("image_f1", 0.1))
    assert {c.metric: c.outcome for c in judged(now, then, test="point").checks} == {
        "image_auroc": "failed",
        "image_ap": "passed",
    }


def outcomes(verdict):
    """What came out for each group."""
    return {"/".join((c.group or {"": "all"}).values()): c.outcome for c in verdict.checks}


def test_without_rules_no_category_may_get_worse_behind_a_mean_that_did_not():
    """The case of the issue: one of three falls from .88 to .48, the mean stays."""
    before = {"nut": 0.88, "pill": 0.7, "screw": 0.7}
    after = {"nut": 0.48, "pill": 0.9, "screw": 0.9}
    then = result(row(value=0.76, error=0.01), *by_category(before, error=0.02))
    now = result(row(value=0.76, error=0.01, seed=9), *by_category(after, error=0.02, seed=50))
    verdict = judged(now, then)
    assert verdict.status == ExitStatus.GATE_FAILED
    expected = {"all": "passed", "nut": "failed", "pill": "passed", "screw": "passed"}
    assert outcomes(verdict) == expected
    hidden = [replace(one, rows=one.rows[:1], parts=one.rows[1:]) for one in (now, then)]
    assert outcomes(judged(*hidden)) == expected


def test_without_rules_groups_that_one_result_lacks_are_not_missed():
    defects = [row(value=v, group={"category": "nut", "defect_type": d}) for d, v in ONE_LOST]
    then = result(row(), *by_category(THEN), *defects)
    assert set(outcomes(judged(result(row(), *by_category(THEN)), then))) == {"all", *THEN}
    lost = [replace(one, value=0.2) for one in defects[:1]] + defects[1:]
    now = result(row(), *by_category(THEN), *lost)
    assert outcomes(judged(now, then, test="point"))["nut/cut"] == "failed"


ONE_LOST = (("cut", 0.9), ("bent", 0.8))


def test_a_single_category_is_all_images():
    then = result(row(), *by_category({"nut": 0.9}))
    assert list(outcomes(judged(then, then))) == ["all"]


def test_a_category_that_is_undefined_in_both_is_left_to_the_mean():
    rows = by_category({"nut": 0.9, "pill": None})
    then = result(row(), *rows)
    assert set(outcomes(judged(then, then))) == {"all", "nut"}
    lost = result(row(), *by_category({"nut": None, "pill": None}))
    assert outcomes(judged(lost, then))["nut"] == "unjudged"


def test_half_of_the_false_alarms_is_for_means_however_many_groups_there_are():
    """By hand: of what may go wrong, a mean has 15 parts beside 15 categories with one each."""
    then = {f"c{number:02}": 0.9 for number in range(15)}
    now = then | {"c07": 0.7, "c08": 0.7}
    results = [
        result(row(error=0.01, seed=one), *by_category(values, error=0.01, seed=100 * one))
        for one, values in enumerate((now, then))
    ]
    checks = {next(iter((c.group or {"": "all"}).values())): c for c in judged(*results).checks}
    alone = [1 - checks[name].change.confidence for name in ("c07", "c08", "c09", "all")]
    assert checks["all"].outcome == "passed"
    # Weights 1 and 15 out of 30; after two of the groups are rejected, 28 are left.
    first_and_second = sorted(alone[:2])
    assert first_and_second == pytest.approx([0.05 / 30, 0.05 / 29])
    assert alone[2:] == pytest.approx([0.05 / 28, 0.05 * 15 / 28])


def test_without_rules_and_baseline_there_is_nothing_to_do():
    with pytest.raises(UsageError, match="nothing to hold the result against"):
        judged(result(row()))


def test_a_drop_needs_a_baseline():
    with pytest.raises(UsageError, match="a drop of image_auroc needs something to drop from"):
        judged(result(row()), None, drop("image_auroc=0"))


def test_an_unknown_test_is_wrong_usage():
    with pytest.raises(UsageError, match="unknown test 'wald'"):
        judged(result(row()), result(row()), test="wald")


def test_other_images_cannot_be_judged_even_if_only_a_floor_was_asked_for():
    now, then = result(row()), result(row(), settings={"resize": "map"})
    verdict = judged(now, then, parse_minimum("image_auroc=0.1"))
    assert (verdict.status, verdict.checks) == (ExitStatus.CANNOT_JUDGE, ())


def test_other_fits_are_told():
    verdict = judged(result(row()), result(row(), settings={"fit": "sha256:cd"}))
    assert "each result is judged at the thresholds of its own fit" in verdict.notes
