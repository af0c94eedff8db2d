"""Wherever NaN stands in maps, a policy makes of it what the reference makes of it."""

from dataclasses import replace
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.metrics import Metric
from tests.laws.asking import AS_OTHERS, answers, evidence_of
from tests.laws.drawing import all_questions, cuts, pictures
from tests.laws.referring import reference, values
from tests.reference.missing import Policy, settled_map
from tests.support import Picture, judge_at


@st.composite
def with_holes(draw: st.DrawFn) -> list[Picture]:
    """Images of which any number of pixels are NaN."""
    images = draw(pictures(max_size=5))
    holes = draw(st.lists(st.integers(0, 8), max_size=12))
    return [
        replace(image, map=[_punched(row, holes, 3 * line) for line, row in enumerate(image.map)])
        for image in images
        if image.map
    ]


def _punched(row: list[float], holes: list[int], start: int) -> list[float]:
    """A row without the scores whose number is among the holes."""
    return [nan if start + column in holes else score for column, score in enumerate(row)]


@pytest.mark.parametrize("policy", ["drop", "min", "max"])
@given(images=with_holes(), metrics=all_questions(), cut=cuts)
def test_pixels_without_a_score_are_those_of_the_reference(
    policy: Policy, images: list[Picture], metrics: list[Metric], cut: tuple[float, float]
) -> None:
    """Left out of masks, regions and background alike, or ranked below or above all others."""
    asked = [metric for metric in metrics if metric.level == "pixel"]
    settled = [replace(image, map=settled_map(image.map or (), policy)) for image in images]
    found = answers(asked, evidence_of(images, replace(AS_OTHERS, nan=policy)), judge_at(*cut))
    assert values(found) == {str(metric): reference(metric, settled, cut) for metric in asked}
