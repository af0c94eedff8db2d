"""What every metric's value is: defined or explained, in its range, that of the reference."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomeval.evidence.evidence import Evidence
from anomeval.metrics import METRICS, Metric, Outcome
from anomeval.metrics.swept import SweptMetric
from tests.laws.asking import answers, evidence_of
from tests.laws.drawing import (
    HIGHEST,
    all_questions,
    cuts,
    every_family,
    observed_cuts,
    parameters_of,
    pictures,
    questions,
    rescaled,
    risen,
)
from tests.laws.referring import reference, values
from tests.support import Picture, judge_at

RANGES = {"[0, 1]": (0.0, 1.0)}
"""Ranges as the documentation of a metric writes them."""

one_class = pytest.mark.parametrize("anomalous", [False, True], ids=["normal", "anomalous"])


@every_family
@given(data=st.data())
def test_a_value_is_that_of_the_reference(family: type[Metric], data: st.DataObject) -> None:
    """On any images, with any parameters; undefined exactly where the reference is."""
    images, metrics, cut = data.draw(pictures()), data.draw(questions(family)), data.draw(cuts)
    found = answers(metrics, evidence_of(images), judge_at(*cut))
    assert values(found) == {str(metric): reference(metric, images, cut) for metric in metrics}


@one_class
@every_family
@settings(max_examples=10)
@given(data=st.data())
def test_one_class_alone_is_that_of_the_reference(
    family: type[Metric], data: st.DataObject, anomalous: bool
) -> None:
    """Normal images alone, or anomalous ones alone, make many metrics undefined, not all."""
    images = data.draw(pictures(labels=[anomalous], min_size=1, max_size=3))
    metrics, cut = data.draw(questions(family)), data.draw(cuts)
    found = answers(metrics, evidence_of(images), judge_at(*cut))
    assert values(found) == {str(metric): reference(metric, images, cut) for metric in metrics}


@given(images=pictures(), metrics=all_questions(), cut=cuts)
def test_a_value_or_a_reason(
    images: list[Picture], metrics: list[Metric], cut: tuple[float, float]
) -> None:
    """A metric has a value in its range, or else a reason in words; never both, never neither."""
    found = answers(metrics, evidence_of(images), judge_at(*cut))
    for metric, outcome in zip(metrics, found.values(), strict=True):
        lowest, highest = RANGES[metric.doc.range]
        if outcome.value is None:
            assert outcome.reason, metric
        else:
            assert outcome.reason is None, metric
            assert lowest <= outcome.value <= highest, metric


@given(metrics=all_questions(), cut=cuts)
def test_nothing_seen_is_undefined(metrics: list[Metric], cut: tuple[float, float]) -> None:
    """Without images there is a reason, and neither 0 nor 1/2 nor 1."""
    for name, outcome in answers(metrics, Evidence(), judge_at(*cut)).items():
        assert outcome.value is None, name
        assert outcome.reason, name


@given(images=pictures(), metrics=all_questions(), scale=risen(), cut=observed_cuts)
def test_only_the_order_of_scores_matters(
    images: list[Picture], metrics: list[Metric], scale: list[float], cut: tuple[int, int]
) -> None:
    """Strictly increasing rescaling of scores, and of thresholds with them, changes no value."""
    plain = answers(observed(metrics), evidence_of(images), judge_at(*cut))
    moved = answers(
        observed(metrics, scale),
        evidence_of(rescaled(images, scale)),
        judge_at(*(scale[one] for one in cut)),
    )
    assert [without_thresholds(outcome) for outcome in moved.values()] == [
        without_thresholds(outcome) for outcome in plain.values()
    ]


def observed(
    metrics: Sequence[Metric], scale: Sequence[float] = range(HIGHEST + 1)
) -> list[Metric]:
    """The metrics with a threshold of their own moved onto a score, and along with it.

    Without those whose thresholds divide the range of scores.
    """
    return [
        type(metric)(level=metric.level, threshold=_moved(metric.threshold, scale))
        if "threshold" in parameters_of(type(metric))
        else metric
        for metric in metrics
        if not isinstance(metric, SweptMetric)
    ]


def _moved(threshold: float | None, scale: Sequence[float]) -> float | None:
    return None if threshold is None else float(scale[min(max(round(threshold), 0), HIGHEST)])


def without_thresholds(outcome: Outcome) -> tuple[object, ...]:
    """What does not lie on the scale of the scores."""
    counts = {name: value for name, value in outcome.extra.items() if isinstance(value, int)}
    return outcome.value, outcome.reason, outcome.support, outcome.per_image, counts


def test_every_range_is_known() -> None:
    """A metric with another range must be added to the table above."""
    assert {family.doc.range for family in METRICS.values()} <= RANGES.keys()
