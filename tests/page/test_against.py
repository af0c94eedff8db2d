"""The page against a baseline: each difference with its paired interval and p-value."""

import dataclasses

import pytest

import anomeval
from anomeval.gates.pairing import difference
from anomeval.reporting.headings import heading
from anomeval.reporting.page.against import against_tables
from anomeval.reporting.page.rendering import page_html
from anomeval.uncertainty import holm
from anomeval.workflows.comparing import compare
from anomeval.workflows.reporting_page import gather
from tests.page.samples import sample_baseline, sample_page, write_split

NAMES = ("before", "now")


def tables_of(before, now):
    return against_tables(compare([before, now], NAMES))


def rows_by(result, category=None):
    group = {"category": category} if category else None
    return {row.metric: row for row in result.rows if row.group == group}


def number(text):
    """A number as the page writes it, with its sign."""
    return float(text.replace("\N{MINUS SIGN}", "-").replace("±", ""))


def test_each_metric_has_the_interval_of_its_pairs():
    """Worked out from the replicates of both results, without `compare`."""
    before, now = sample_baseline(), sample_page().result
    first, second = rows_by(before), rows_by(now)
    tables = tables_of(before, now)
    assert {line.heading.metric for line in tables.metrics} == set(first) & set(second)
    for line in tables.metrics:
        one, other = first[line.heading.metric], second[line.heading.metric]
        paired = difference(one, other)
        assert line.gain.number == other.value - one.value
        ends = [number(end) for end in line.gain.interval.split("…")]
        assert ends == pytest.approx(paired.interval(0.95), abs=0.0005)
        p = paired.p_value()
        assert line.gain.p == ("<0.001" if p < 0.001 else f"{p:.3f}")
        sides = {"win": other.value > one.value, "loss": other.value < one.value}
        assert sides.get(line.gain.standing, True)
        assert (line.gain.standing == "tie") == (p >= 0.05)


def test_p_values_of_groups_are_corrected_together():
    """Holm over the categories of each metric."""
    before, now = sample_baseline(), sample_page().result
    tables = tables_of(before, now)
    names = [group.name for group in tables.groups]
    for column, (one, _) in enumerate(tables.headings):
        single = [
            difference(rows_by(before, n)[one.metric], rows_by(now, n)[one.metric]).p_value()
            for n in names
        ]
        shown = [group.gains[column].p for group in tables.groups]
        assert shown == ["<0.001" if p < 0.001 else f"{p:.3f}" for p in holm.adjusted(single)]


def test_what_is_worse_the_lower_gains_by_falling(tmp_path):
    """FPR at TPR: a smaller value is a gain."""
    names = [f"{n}.png" for n in range(12)]
    bad = anomeval.score([write_split(tmp_path / "a.h5", names)], metrics=["fpr_at_tpr"])
    (one, *_) = tables_of(bad.result, _lowered(bad.result)).metrics
    assert heading(one.heading.metric).lower_is_better
    assert one.gain.number == pytest.approx(0.25)
    assert one.gain.standing == "win"


def test_without_replicates_nothing_is_said_about_chance(tmp_path):
    """No interval, no p, and a note."""
    path = write_split(tmp_path / "t.h5", [f"{n}.png" for n in range(12)])
    plain = anomeval.score([path], metrics=["image_auroc"], confidence=None).result
    tables = tables_of(plain, plain)
    assert tables.level == ""
    assert tables.metrics[0].gain.interval == tables.metrics[0].gain.p == ""
    html = page_html(gather([path], metrics=["image_auroc"], baseline=plain))
    assert "nothing is known about chance" in html


def test_an_undefined_value_has_no_difference(tmp_path):
    """A dash, and no verdict."""
    path = write_split(tmp_path / "t.h5", [f"{n}.png" for n in range(12)])
    now = anomeval.score([path], metrics=["image_auroc"]).result
    rows = [dataclasses.replace(row, value=None, reason="nothing") for row in now.rows]
    (line,) = tables_of(dataclasses.replace(now, rows=rows), now).metrics
    assert (line.before, line.gain.text, line.gain.standing) == ("—", "—", None)


def _lowered(result):
    """The same result with every value lower by a quarter, and no replicates."""
    rows = [
        dataclasses.replace(row, value=row.value - 0.25, replicates=None) for row in result.rows
    ]
    return dataclasses.replace(result, rows=rows)
