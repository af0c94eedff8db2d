"""The written forms of a verdict."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml

from anomeval.gates.rules import parse_max_drop, parse_minimum
from anomeval.reporting.documents import load_schema
from anomeval.reporting.github import MOST, verdict_to_github
from anomeval.reporting.junit import verdict_to_junit
from anomeval.reporting.openmetrics import verdict_to_openmetrics
from anomeval.reporting.verdict_json import LISTED, verdict_to_json
from anomeval.reporting.verdict_markdown import verdict_to_markdown
from anomeval.reporting.verdict_table import verdict_table
from anomeval.reporting.verdict_words import apart, finding, rule_text, subject
from anomeval.workflows.gating import Names, gate
from tests.gates.samples import IMAGES, by_category, result, row
from tests.gates.test_changes import LOST
from tests.reporting.samples import HOSTILE, widest

NAMES = Names("result.json", "baseline.json")


def verdict_of(now, then=None, *rules, **options):
    return gate(now, baseline=then, rules=rules, names=NAMES, **options)


PASSED = verdict_of(result(row()), result(row()))
FAILED = verdict_of(
    result(row(value=0.7, error=0.01), row("image_ap", 0.7), images=LOST),
    result(row(error=0.01, seed=1), row("image_ap", 0.8)),
    parse_max_drop("image_auroc=0.005"),
    replace(parse_max_drop("image_ap=1%"), test="point"),
    replace(parse_minimum("image_ap=0.75"), severity="warn"),
    parse_minimum("image_ap=0.1"),
)
UNJUDGED = verdict_of(result(row(value=None), row("image_ap")), result(row(), row("image_ap")))
UNLIKE = verdict_of(result(row()), result(row(), settings={"resize": "map", "pool": True}))


def rounded(text):
    """The text without the digits of a bound that other versions of NumPy may round elsewhere."""
    return re.sub(r"(0\.\d+) or more", lambda found: f"{float(found[1]):.2f} or more", text)


EVERY = pytest.mark.parametrize("verdict", [PASSED, FAILED, UNJUDGED, UNLIKE])


@pytest.mark.parametrize(
    ("value", "limit", "texts"),
    [
        (0.9, 0.95, ("0.9000", "0.9500")),
        (0.9, 0.9, ("0.9000", "0.9000")),
        (0.899999, 0.9, ("0.899999", "0.900000")),
        (0.8999999999999999, 0.9, ("0.8999999999999999", "0.9000000000000000")),
        (1e-20, 2e-20, ("1e-20", "2e-20")),
    ],
)
def test_a_value_close_to_its_bound_shows_on_which_side_it_is(value, limit, texts):
    assert apart(value, limit) == texts


def test_findings_are_sentences():
    texts = [f"{c.outcome} {subject(c)}, {rule_text(c)}: {finding(c)}" for c in FAILED.checks]
    assert list(map(rounded, texts)) == [
        "failed image AUROC, drop of at most 0.005: 0.7000, was 0.9000: worse by 0.2000, "
        "0.0050 allowed; 0.18 or more with 95 % confidence",
        "failed image AP, drop of at most 1 %: 0.7000, was 0.8000: worse by 0.1000, 0.0080 allowed",
        "warned image AP, at least 0.75: 0.7000 is below 0.7500",
        "passed image AP, at least 0.1: 0.7000 is at or above 0.1000",
    ]


def test_a_drop_within_noise_is_told_as_such():
    verdict = verdict_of(result(row(value=0.89, error=0.01)), result(row(error=0.01, seed=1)))
    assert finding(verdict.checks[0]) == "0.8900, was 0.9000: worse by 0.0100; within noise"
    assert "  passed, within noise\n" in verdict_table(verdict, width=100).text()
    assert "| ✅ within noise | image AUROC |" in verdict_to_markdown(verdict)


def test_what_keeps_its_bound_does_not_need_noise_to():
    kept = verdict_of(result(row(value=0.91, error=0.01)), result(row(error=0.01, seed=1)))
    for verdict in (PASSED, FAILED, kept):
        assert "within noise" not in verdict_table(verdict, width=100).text()
        assert "within noise" not in verdict_to_markdown(verdict)


def test_non_inferiority_tells_what_cannot_be_excluded():
    rows = row(value=0.89, error=0.01), row(error=0.01, seed=1)
    verdict = verdict_of(*map(result, rows), test="non-inferiority")
    text = finding(verdict.checks[0])
    assert re.fullmatch(r"0\.8900, was .*0\.0100; up to 0\.0\d+ with 95 % confidence", text)


def test_words_know_the_direction():
    metric = "image_fpr_at_tpr(tpr=0.95)"
    rules = parse_minimum(f"{metric}=0.1"), parse_max_drop(f"{metric}=0.01")
    now, then = result(row(metric, 0.2)), result(row(metric, 0.1))
    verdict = verdict_of(now, then, *rules, test="point")
    assert [f"{rule_text(c)}: {finding(c)}" for c in verdict.checks] == [
        "at most 0.1: 0.2000 is above 0.1000",
        "rise of at most 0.01: 0.2000, was 0.1000: worse by 0.1000, 0.0100 allowed",
    ]


@EVERY
def test_json_obeys_its_schema_and_tells_the_status(verdict):
    schema = load_schema("anomeval.verdict/1")
    Draft202012Validator.check_schema(schema)
    document = json.loads(verdict_to_json(verdict))
    Draft202012Validator(schema).validate(document)
    assert document["exit_status"] == verdict.status
    assert document["verdict"] == verdict.word


def test_json_is_bounded_but_counts_all():
    many = [replace(IMAGES[3], image_path=f"{n:03}.png") for n in range(LISTED + 20)]
    missed = [replace(image, decision=False) for image in many]
    verdict = verdict_of(result(row(), images=missed), result(row(), images=many))
    changes = json.loads(verdict_to_json(verdict))["changes"]
    assert changes["counts"] == {"missed images": LISTED + 20}
    assert len(changes["images"]) == LISTED


@EVERY
@pytest.mark.parametrize("width", [30, 80, 200])
def test_the_table_fits_and_ends_with_the_verdict(verdict, width):
    text = verdict_table(verdict).text(width)
    assert widest(text) <= width
    assert f"gate {verdict.word}" in re.sub(r"\s+", " ", text)


def test_the_table_of_a_failed_gate():
    assert rounded(verdict_table(FAILED).text(90)) == (
        """\
              value  baseline  better by  asked for              verdict
────────────────────────────────────────────────────────────────────────
image AUROC  0.7000    0.9000    -0.2000  drop of at most 0.005  failed
image AP     0.7000    0.8000    -0.1000  drop of at most 1 %    failed
image AP     0.7000    0.8000    -0.1000  at least 0.75          warned
image AP     0.7000    0.8000    -0.1000  at least 0.1           passed

failed image AUROC: 0.7000, was 0.9000: worse by 0.2000, 0.0050 allowed; 0.18 or more
       with 95 % confidence
failed image AP: 0.7000, was 0.8000: worse by 0.1000, 0.0080 allowed
warned image AP: 0.7000 is below 0.7500

2 newly missed images, 1 new false alarm, 2 newly missed regions

           missed images  false alarms  missed regions  largest, pixels
───────────────────────────────────────────────────────────────────────
nut/crack              1                             2                9
nut/bend               1
nut/good                             1

  missed: c.png (nut/crack, 13 anomalous pixels)
  missed: d.png (nut/bend, 2 anomalous pixels)
  false alarm: b.png (nut/good)
  missed: region 2 of c.png (nut/crack, 9 pixels, 50 % → 0 % found)
  missed: region 1 of c.png (nut/crack, 4 pixels, 100 % → 0 % found)

drops are judged by test point, regression

gate failed against baseline.json: 2 checks failed, 1 check gave a warning, 1 check passed
"""
    )


def test_groups_that_passed_are_counted_where_they_are_many():
    values = {f"c{number:02}": 0.9 for number in range(30)}
    then = result(row(), *by_category(values))
    now = result(row(), *by_category(values | {"c07": 0.5}))
    verdict = verdict_of(now, then, test="point")
    for text in (verdict_table(verdict, width=100).text(), verdict_to_markdown(verdict)):
        assert "29 more checks of single groups passed" in text
        assert "c07" in text
        assert "c08" not in text
        assert "31 checks" not in text
    assert len(JUnitXml.fromstring(verdict_to_junit(verdict).encode())) == 1
    assert len(json.loads(verdict_to_json(verdict))["checks"]) == 31
    few = verdict_of(result(row(), *by_category(dict(list(values.items())[:5]))), then)
    assert "c03" in verdict_table(few, width=100).text()


@EVERY
def test_markdown_says_the_verdict_first(verdict):
    first = verdict_to_markdown(verdict).splitlines()[0]
    assert re.fullmatch(rf"### [✅❌❓] gate {verdict.word} against baseline\.json: .*", first)


def test_markdown_lists_what_was_lost():
    text = verdict_to_markdown(FAILED)
    assert "| ❌ | image AUROC | all | 0.7000 | 0.9000 | -0.2000 | drop of at most 0.005 |" in text
    assert "- missed: c.png (nut/crack, 13 anomalous pixels)" in text
    assert "| nut/crack | 1 |  | 2 | 9 |" in text


def hostile_verdict(name):
    images = [replace(IMAGES[3], image_path=f"{name}{n}", category=name) for n in range(2)]
    missed = [replace(image, decision=False) for image in images]
    rows = by_category({name: 0.5}), by_category({name: 0.9})
    return verdict_of(
        result(*rows[0], images=missed),
        result(*rows[1], images=images),
        parse_max_drop("each:image_auroc=0"),
        test="point",
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_outside_stay_in_their_place(name):
    verdict = hostile_verdict(name)
    assert len(JUnitXml.fromstring(verdict_to_junit(verdict).encode())) == 1
    rows = [line for line in verdict_to_markdown(verdict).splitlines() if "❌ |" in line]
    assert len(re.split(r"(?<!\\)\|", rows[0])) == 9
    github = verdict_to_github(verdict).splitlines()
    assert all(re.match(r"::(error|warning) title=[^:,\n\r]*::", line) for line in github)
    verdict_to_openmetrics(verdict).encode()
    json.loads(verdict_to_json(verdict))
    assert widest(verdict_table(verdict).text(80)) <= 80


def test_github_escapes_what_it_must():
    (first, *_) = verdict_to_github(hostile_verdict("100%,a:b;c")).splitlines()
    assert first.startswith("::error title=image AUROC of 100%25%2Ca%3Ab%3Bc::0.5000, was ")


def test_github_shows_the_worst_first_and_no_more_than_it_can():
    values = {f"c{number:02}": 0.5 + number / 100 for number in range(20)}
    now = result(*by_category(values), images=LOST)
    rule = parse_max_drop("each:image_auroc=0")
    then = result(*by_category(dict.fromkeys(values, 0.9)))
    verdict = verdict_of(now, then, rule, test="point")
    lines = verdict_to_github(verdict).splitlines()
    assert len(lines) == MOST
    assert lines[0].startswith("::error title=image AUROC of c00::")
    assert lines[-1].startswith("::warning title=lost since the baseline::missed: c.png (nut/crack")


def test_github_of_the_others():
    assert verdict_to_github(PASSED) == (
        "::notice title=anomeval gate::gate passed against baseline.json: 1 check passed\n"
    )
    assert verdict_to_github(UNLIKE).startswith(
        "::error title=cannot judge::setting 'pool' differs: False in result.json, True in baseline"
    )
    assert "::error title=image AUROC::cannot be judged: undefined in" in verdict_to_github(
        UNJUDGED
    )


def test_junit_is_read_back():
    suites = JUnitXml.fromstring(verdict_to_junit(FAILED).encode())
    (suite,) = suites
    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("anomeval gate", 4, 2, 0)
    assert [[type(found) for found in case.result] for case in suite] == [
        [Failure],
        [Failure],
        [],
        [],
    ]
    output = ElementTree.fromstring(verdict_to_junit(FAILED)).find("testsuite/system-out").text
    assert "missed: c.png (nut/crack, 13 anomalous pixels)" in output


def test_junit_calls_what_cannot_be_judged_an_error():
    for verdict, errors in ((UNJUDGED, 1), (UNLIKE, 2)):
        (suite,) = JUnitXml.fromstring(verdict_to_junit(verdict).encode())
        assert suite.errors == errors
        assert isinstance(next(iter(suite)).result[0], Error)


@EVERY
def test_openmetrics_has_the_form_of_its_specification(verdict):
    lines = verdict_to_openmetrics(verdict).splitlines()
    assert lines[-1] == "# EOF"
    sample = r'anomeval_\w+(\{(\w+="([^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.e+-]+'
    for line in lines:
        assert line.startswith("# ") or re.fullmatch(sample, line), line
    assert f"anomeval_gate_status {int(verdict.status)}" in lines


def test_openmetrics_tells_values_and_checks():
    text = verdict_to_openmetrics(FAILED)
    assert 'anomeval_value{metric="image_auroc"} 0.7\n' in text
    assert 'anomeval_baseline{metric="image_auroc"} 0.9\n' in text
    labels = 'metric="image_ap",scope="mean",bound="min=0.1",level="error"'
    assert f"anomeval_check_passed{{{labels}}} 1\n" in text
