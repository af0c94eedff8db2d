"""Every threshold rule chooses what its reference chooses, on images and on pixels."""

from collections.abc import Sequence
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.evidence.findings import Findings
from anomeval.judging.rules import RULES, NotFittableError, ThresholdRule, parse_rule
from anomeval.metrics import F1, F1Max
from anomeval.ranking.sample import Sample
from tests.laws.asking import evidence_of
from tests.laws.drawing import pictures
from tests.reference.pixels import pooled
from tests.reference.thresholds import threshold
from tests.support import Picture, judge_at

PARAMETERS: dict[str, st.SearchStrategy[float]] = {
    "quantile": st.sampled_from([0.0, 0.05, 0.5, 0.95, 0.995, 1.0]) | st.floats(0, 1),
    "sigma": st.integers(-3, 6).map(float) | st.floats(-10, 10),
    "fpr": st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 1.0]) | st.floats(0, 1),
    "recall": st.sampled_from([0.5, 0.95, 1.0]) | st.floats(0, 1, exclude_min=True),
    "manual": st.floats(-5, 5),
}
"""What the number after @ may be, for the rules that take one."""

every_rule = pytest.mark.parametrize("name", RULES)


def rules(name: str) -> st.SearchStrategy[ThresholdRule]:
    """A rule with any parameter it takes."""
    parameters = PARAMETERS[name] if RULES[name].parameter else st.none()
    return parameters.map(lambda parameter: ThresholdRule(name, parameter))


def chosen(rule: ThresholdRule, sample: Sample) -> float | None:
    """The rule's threshold; None where the sample cannot support it."""
    try:
        return rule.choose(sample).threshold
    except NotFittableError:
        return None


def expected(rule: ThresholdRule, scores: Sequence[float], labels: Sequence[int]) -> object:
    """What equals the reference's threshold; the next number above the normals if it has none."""
    found = threshold(str(rule), scores, labels)
    normals = [score for score, label in zip(scores, labels, strict=True) if not label]
    if rule.name == "fpr" and found is None and normals:
        return nextafter(max(normals), inf)
    if found is None:
        return None
    return pytest.approx(found, rel=1e-12, abs=1e-12) if rule.name == "sigma" else float(found)


@every_rule
@given(data=st.data())
def test_a_threshold_is_that_of_the_reference(name: str, data: st.DataObject) -> None:
    """On image scores and on pixels; none exactly where the reference has none."""
    images, rule = data.draw(pictures(min_size=1)), data.draw(rules(name))
    findings = Findings(evidence_of(images))
    scores, labels = [image.score for image in images], [image.label for image in images]
    pixels = pooled([image.map for image in images], [image.mask for image in images])
    assert findings.pixels is not None
    assert chosen(rule, findings.image_sample) == expected(rule, scores, labels)
    assert chosen(rule, findings.pixels.sample) == expected(rule, *pixels)


@every_rule
@given(data=st.data())
def test_the_text_of_a_rule_reads_back(name: str, data: st.DataObject) -> None:
    """Parsing what a rule is written as gives an equal rule."""
    rule = data.draw(rules(name))
    assert parse_rule(str(rule)) == rule


@given(images=pictures(min_size=1))
def test_the_f1_threshold_reaches_the_best_f1(images: list[Picture]) -> None:
    """A threshold fitted on the very same data gives f1max, on either level."""
    findings = Findings(evidence_of(images))
    assert findings.pixels is not None
    for level, sample in (("image", findings.image_sample), ("pixel", findings.pixels.sample)):
        if sample.positive_total:
            cut = ThresholdRule().choose(sample).threshold
            fitted = F1(level=level).compute(findings, judge_at(cut, cut))
            assert fitted.value == F1Max(level=level).compute(findings, None).value


def test_the_laws_know_every_rule() -> None:
    """A new rule with a parameter is drawn with it, or these laws would not try it."""
    assert {name for name, kind in RULES.items() if kind.parameter} == PARAMETERS.keys()
