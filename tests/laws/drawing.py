"""What the laws are tried on: small images with many ties, and metrics with any parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

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
_positive_rates = _rates.filter(lambda rate: rate > 1e-9)

PARAMETERS: Mapping[str, st.SearchStrategy[float | None]] = {
    "fnr": _rates,
    "fpr": _rates,
    "tpr": _rates,
    "fpr_limit": _positive_rates,
    "fpr_low": st.floats(1e-6, 0.3),
    "fpr_high": st.floats(0.3, 1, exclude_min=True),
    "threshold": st.none() | _levels.map(float) | st.floats(-1, HIGHEST + 1),
}
"""What each parameter of a metric may be; None is `fit`."""


def parameters_of(family: type[Metric]) -> list[str]:
    """The names of a metric's parameters."""
    return [field.name for field in fields(family) if field.name != "level"]


def questions(family: type[Metric]) -> st.SearchStrategy[list[Metric]]:
    """A metric at each of its levels, with the same parameters."""
    drawn = st.fixed_dictionaries({name: PARAMETERS[name] for name in parameters_of(family)})
    return drawn.map(lambda values: [family(level=level, **values) for level in family.levels])


cuts = st.tuples(_levels.map(float), _levels.map(float))
"""An image and a pixel threshold, each an observed score or nearly so."""


def pictures(
    min_size: int = 0, max_size: int = 6, *, sizes: int = 3, labels: Sequence[bool] = (False, True)
) -> st.SearchStrategy[list[Picture]]:
    """Images with distinct paths, mixed sizes up to `sizes`, and score, map, mask and names.

    The mask of an anomalous image may be empty, as it is when an annotation vanished.
    """
    single = st.sampled_from(labels).flatmap(lambda label: _pictures(label, sizes))
    return st.lists(single, min_size=min_size, max_size=max_size).map(_with_paths)


@st.composite
def _pictures(draw: st.DrawFn, anomalous: bool, sizes: int) -> Picture:
    height, width = draw(st.integers(1, sizes)), draw(st.integers(1, sizes))
    flags = st.booleans() if anomalous else st.just(False)
    return Picture(
        score=draw(_levels),
        label=int(anomalous),
        map=draw(_grid(_levels, height, width)),
        mask=draw(_grid(flags.map(int), height, width)),
        category=draw(st.sampled_from("ab")),
        defect_type=draw(st.sampled_from(["bend", "crack"])) if anomalous else "good",
        group=draw(st.sampled_from("xyz")),
    )


def _grid(
    values: st.SearchStrategy[int], height: int, width: int
) -> st.SearchStrategy[list[list[int]]]:
    row = st.lists(values, min_size=width, max_size=width)
    return st.lists(row, min_size=height, max_size=height)


def _with_paths(pictures: list[Picture]) -> list[Picture]:
    return [replace(picture, path=f"{index}.png") for index, picture in enumerate(pictures)]


def risen(lowest: float = -1e6, highest: float = 1e6) -> st.SearchStrategy[list[float]]:
    """Strictly increasing float32 numbers to stand for the scores 0 ... HIGHEST."""
    numbers = st.floats(lowest, highest, width=32, allow_nan=False)
    count = HIGHEST + 1
    # Adding zero makes -0.0 and 0.0 the one score that they are.
    return st.lists(numbers.map(lambda x: x + 0.0), min_size=count, max_size=count, unique=True).map(
        sorted
    )


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
