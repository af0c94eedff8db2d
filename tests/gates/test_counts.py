"""Bounds on counts of decisions, counted by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from anomeval.errors import ExitStatus, UsageError
from anomeval.gates.rules import Rule, Scope, parse_max_drop, parse_maximum, parse_minimum
from anomeval.gates.settings import read_settings
from anomeval.reporting.openmetrics import verdict_to_openmetrics
from anomeval.reporting.result import ImageRecord, RegionRecord
from anomeval.reporting.verdict_markdown import verdict_to_markdown
from anomeval.reporting.verdict_words import finding, rule_text, subject
from anomeval.workflows.gating import gate
from tests.gates.samples import result, row
from tests.support import run_here


def image(name, category, kind, decision, *recalls, score=0.5):
    """An image of a category; kind good is normal, any other a defect type."""
    regions = tuple(RegionRecord(4, recall) for recall in recalls)
    anomalous = kind != "good"
    return ImageRecord(name, category, kind, anomalous, "m", score, decision, regions)


BEFORE = (
    image("a", "nut", "good", False),
    image("b", "nut", "good", True),
    image("c", "nut", "cut", False, 0.0, 1.0),
    image("d", "nut", "cut", True, 0.5),
    image("e", "pill", "good", False),
    image("f", "pill", "bent", True, 0.5),
    image("g", "pill", "good", None, score=None),
)
# Now a is a false alarm, too; d is missed, too; of f the region is lost; c's first is found.
AFTER = (
    replace(BEFORE[0], decision=True),
    BEFORE[1],
    replace(BEFORE[2], regions=(RegionRecord(4, 0.1), RegionRecord(4, 1.0))),
    replace(BEFORE[3], decision=False),
    BEFORE[4],
    replace(BEFORE[5], regions=(RegionRecord(4, 0.0),)),
    BEFORE[6],
)
NOW, THEN = result(row(), images=AFTER), result(row(), images=BEFORE)


def judged(text, *, now=NOW, then=THEN):
    return gate(now, baseline=then, rules=[parse_maximum(text)])


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("missed", (2, 3)),
        ("missed_images", (2, 3)),
        ("false_alarms", (2, 3)),
        ("missed_regions", (1, 4)),
        ("new_missed", (1, 3)),
        ("new_missed_images", (1, 3)),
        ("new_false_alarms", (1, 3)),
        ("new_missed_regions", (1, 4)),
        ("category:nut:missed", (2, 2)),
        ("category:pill:missed", (0, 1)),
        ("category:nut:new_false_alarms", (1, 2)),
        ("category:pill:new_missed_regions", (1, 1)),
        ("defect:cut:missed", (2, 2)),
        ("defect:bent:missed_regions", (1, 1)),
        ("worst:false_alarms", (2, 2)),
    ],
)
def test_what_is_counted(name, counted):
    (check,) = judged(f"{name}=100").checks
    assert (check.value, check.whole) == counted
    for bound in (counted[0], counted[0] - 1):
        if bound >= 0:
            status = judged(f"{name}={bound}").status
            assert status == (bound < counted[0])


def test_each_is_each_category():
    checks = judged("each:missed=1").checks
    assert [(c.group, c.value, c.outcome) for c in checks] == [
        ({"category": "nut"}, 2, "failed"),
        ({"category": "pill"}, 0, "passed"),
    ]


@pytest.mark.parametrize(("share", "status"), [("66%", 1), ("66.7 %", 0), ("100%", 0), ("0%", 1)])
def test_a_share_is_of_what_is_counted_among(share, status):
    """2 of 3 normal images."""
    assert judged(f"false_alarms={share}").status == status


def test_a_result_of_any_other_category_cannot_be_judged():
    verdict = judged("category:screw:missed=0")
    assert verdict.status == ExitStatus.CANNOT_JUDGE
    assert finding(verdict.checks[0]).endswith("the result has no image of this category")


@pytest.mark.parametrize(
    ("name", "level"), [("missed", "image"), ("new_missed", "image"), ("missed_regions", "pixel")]
)
def test_without_a_fit_nothing_is_counted(name, level):
    plain = [
        replace(i, decision=None, regions=tuple(RegionRecord(r.size) for r in i.regions))
        for i in AFTER
    ]
    verdict = judged(f"{name}=9", now=result(row(), images=plain))
    assert verdict.status == ExitStatus.CANNOT_JUDGE
    expected = f"the result has no decisions at {level} level; score with --fit"
    assert verdict.checks[0].reason == expected
    if name.startswith("new"):
        verdict = judged(f"{name}=9", then=result(row(), images=plain))
        assert verdict.checks[0].reason == expected.replace("result", "baseline")


def test_where_nothing_can_be_wrong_nothing_is_proved():
    normals = [i for i in AFTER if not i.anomalous]
    verdict = judged("missed=0", now=result(row(), images=normals), then=None)
    assert verdict.checks[0].reason == "the result has no anomalous images there"


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (parse_maximum, "missed=0.5", "a count is a whole number, got 0.5 — for a share write"),
        (parse_maximum, "missed=-1", "a count is 0 or more, got -1"),
        (parse_maximum, "missed=101%", "a share lies between 0 and 100 %"),
        (parse_maximum, "missed=%", "'' is not a finite number"),
        (parse_maximum, "missed", "write METRIC=VALUE, as missed=0"),
        (parse_minimum, "missed", "write METRIC=VALUE, as image_auroc=0.9"),
        (parse_minimum, "missed=0", "missed is a count, which has a max alone; new_missed"),
        (parse_max_drop, "new_missed=0", "new_missed is a count, which has a max alone"),
        (parse_maximum, "defect:cut:false_alarms=0", "false alarms have no defect type"),
    ],
)
def test_what_is_no_bound_of_a_count_is_refused(read, text, message):
    with pytest.raises(UsageError) as caught:
        read(text)
    assert message in str(caught.value)


def test_what_is_nearly_a_count_is_no_unknown_metric():
    with pytest.raises(UsageError, match="unknown count 'misssed'; did you mean 'missed'"):
        judged("misssed=0", then=None)


def test_what_is_new_needs_something_before():
    with pytest.raises(UsageError, match="new_missed: nothing is new without something before"):
        judged("new_missed=0", then=None)


def test_a_maximum_is_for_metrics_where_lower_is_better():
    metric = "image_fpr_at_tpr(tpr=0.95)"
    rows = result(row(metric, 0.1))
    for text, status in ((f"{metric}=0.1", 0), ("fpr_at_tpr=9%", 1), ("fpr_at_tpr=0.0999", 1)):
        assert judged(text, now=rows, then=None).status == status
    with pytest.raises(UsageError, match="max of image_auroc: higher is better — min says"):
        judged("image_auroc=0.5")


def test_the_file_says_the_same(tmp_path):
    path = tmp_path / "anomeval.toml"
    path.write_text(
        "[[gate]]\nmetric = 'new_missed'\nmax = 0\n"
        "[[gate]]\nmetric = 'false_alarms'\nscope = 'each'\nmax = '1%'\nlevel = 'warn'\n"
        "[[gate]]\nmetric = 'fpr_at_tpr'\nmax = 0.1\n"
    )
    assert read_settings(path).rules == (
        parse_maximum("new_missed=0"),
        Rule("false_alarms", Scope("each"), max_share=0.01, severity="warn"),
        parse_maximum("fpr_at_tpr=0.1"),
    )


def test_words():
    texts = [
        f"{subject(c)}, {rule_text(c)}: {finding(c)}"
        for text in ("false_alarms=1%", "category:nut:missed=1", "new_missed_regions=1")
        for c in judged(text).checks
    ]
    assert texts == [
        "false alarms, at most 1 %: 2 of 3 normal images (67 %), was 1; at most 1 % allowed",
        "missed images of nut, at most 1: 2 of 2 anomalous images, was 1; at most 1 allowed",
        "newly missed regions, at most 1: 1 of 4 regions; at most 1 allowed",
    ]
    markdown = verdict_to_markdown(judged("false_alarms=1%"))
    assert "| ❌ | false alarms | all | 2 of 3 | 1 | -1 | at most 1 % |" in markdown
    text = verdict_to_openmetrics(judged("false_alarms=1%"))
    assert 'anomeval_value{metric="false_alarms"} 2.0\n' in text
    assert 'bound="max_share=0.01"' in text


@pytest.mark.usefixtures("here")
def test_typed_and_judged():
    words = ("gate", "worse.json", "--baseline", "base.json", "--json", "-")
    done = run_here(*words, "--max", "new_missed=0", "--max", "category:nut:false_alarms=100%")
    assert done.status == 1
    assert '"bound": {\n        "max": 0.0' in done.stdout
    assert '"of": 20' in done.stdout
    Path("anomeval.toml").write_text("[[gate]]\nmetric = 'new_missed'\nmax = 0\n")
    assert run_here("gate", "base.json", "--baseline", "base.json", "-q").status == 0
    assert run_here("gate", "worse.json", "-q").status == 2
