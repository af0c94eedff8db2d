"""What the laws are tried on: small images with many ties, and metrics with any parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from math import inf, nextafter
from typing import Literal

import pytest
from hypothesis import strategies as st

from anomeval.metrics import METRICS, Metric
from tests.support import Picture

every_family = pytest.mark.parametrize("family", METRICS.values(), ids=lambda family: family.name)
"""Runs a law for every metric there is."""

HIGHEST = 4
"""Scores are the integers from 0 to this, so that most of them tie."""

_levels = st.integers(0, HIGHEST)
_rates = st.sampled_from([0.0, 0.05, 0.1, 0.25, 0.29, 0.5, 2 / 3, 0.95, 1.0]) | st.floats(0, 1)
_thresholds = st.builds(
    lambda score, towards: score if towards is None else nextafter(score, towards),
    _levels.map(float),
    st.sampled_from([None, -inf, inf]),
)
"""An observed score, or the very next number below or above it."""
_positive_rates = _rates.filter(lambda rate: rate > 1e-9)

PARAMETERS: Mapping[str, st.SearchStrategy[float | None]] = {
    "fnr": _rates.filter(lambda rate: rate < 1),
    "fpr": _rates,
    "tpr": _rates.filter(lambda rate: rate > 0),
    "fpr_limit": _positive_rates,
    "fpr_low": st.floats(1e-6, 0.29),  # in a narrower window the rates themselves are too coarse
    "fpr_high": st.floats(0.3, 1, exclude_min=True),
    "low": st.sampled_from([0.0, 0.2, 0.29]),
    "high": st.sampled_from([0.29, 0.8, 1.0]),
    "step": st.sampled_from([0.1, 0.25, 1 / 3, 1.0]),
    "threshold": st.none() | _thresholds | st.floats(-1, HIGHEST + 1),
}
"""What each parameter of a metric may be; None is `fit`."""


def parameters_of(family: type[Metric]) -> list[str]:
    """The names of a metric's parameters."""
    return [field.name for field in fields(family) if field.name != "level"]


def questions(family: type[Metric]) -> st.SearchStrategy[list[Metric]]:
    """A metric at each of its levels, with the same parameters."""
    drawn = st.fixed_dictionaries({name: PARAMETERS[name] for name in parameters_of(family)})
    return drawn.map(lambda values: [family(level=level, **values) for level in family.levels])


def all_questions() -> st.SearchStrategy[list[Metric]]:
    """Every metric there is, at each of its levels."""
    drawn = st.tuples(*(questions(family) for family in METRICS.values()))
    return drawn.map(lambda metrics: [metric for several in metrics for metric in several])


cuts = st.tuples(_thresholds, _thresholds)
"""An image and a pixel threshold."""

observed_cuts = st.tuples(_levels, _levels)
"""An image and a pixel threshold, each exactly an observed score."""


MIXED_SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 3))
ONE_SHAPE = st.just((2, 3))


def pictures(
    min_size: int = 0,
    max_size: int = 6,
    *,
    shapes: st.SearchStrategy[tuple[int, int]] = MIXED_SHAPES,
    labels: Sequence[bool] = (False, True),
) -> st.SearchStrategy[list[Picture]]:
    """Images with distinct paths, and score, map, mask and names.

    The mask of an anomalous image may be empty, as it is when an annotation vanished. Its two
    lowest bits are defects, which may overlap, with any saturation.
    """
    single = st.sampled_from(labels).flatmap(lambda label: _picture(label, shapes))
    return st.lists(single, min_size=min_size, max_size=max_size).map(_with_paths)


@st.composite
def _picture(
    draw: st.DrawFn, anomalous: bool, shapes: st.SearchStrategy[tuple[int, int]]
) -> Picture:
    height, width = draw(shapes)
    cells = draw(st.binary(min_size=height * width, max_size=height * width))  # fast, shrinks well
    pairs = [(cell % (HIGHEST + 1), _defects(cell) if anomalous else 0) for cell in cells]
    rows = [pairs[start : start + width] for start in range(0, len(pairs), width)]
    areas = [sum(flags >> defect & 1 for _, flags in pairs) for defect in range(2)]
    return Picture(
        saturation=[draw(st.integers(1, area + 1)) if area else 0 for area in areas],
        score=draw(_levels),
        label=int(anomalous),
        map=[[score for score, _ in row] for row in rows],
        mask=[[flag for _, flag in row] for row in rows],
        category=draw(st.sampled_from("ab")),
        defect_type=draw(st.sampled_from(["bend", "crack"])) if anomalous else "good",
        group=draw(st.sampled_from("xyz")),
    )


def _defects(cell: int) -> int:
    """1, 2 or 3, the bits of one defect or two, for half of the cells; 0 for the others."""
    return max(cell >> 5 & 3, 1) if cell > 127 else 0


def _with_paths(pictures: list[Picture]) -> list[Picture]:
    return [replace(picture, path=f"{index}.png") for index, picture in enumerate(pictures)]


def risen(width: Literal[16, 32] = 32) -> st.SearchStrategy[list[float]]:
    """Strictly increasing numbers of a float type to stand for the scores 0 ... HIGHEST."""
    numbers = st.floats(allow_nan=False, width=width).map(_without_sign)
    count = HIGHEST + 1
    return st.lists(numbers, min_size=count, max_size=count, unique=True).map(sorted)


def _without_sign(number: float) -> float:
    """The one zero that -0.0 and 0.0 are."""
    return number + 0.0


def rescaled(pictures: Sequence[Picture], scale: Sequence[float]) -> list[Picture]:
    """The same images with score k replaced by scale[k]."""
    return [
        replace(
            picture,
            score=scale[int(picture.score or 0)],
            map=[[scale[int(score)] for score in row] for row in picture.map or ()],
        )
        for picture in pictures
    ]
