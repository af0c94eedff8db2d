"""What a hand-checked value looks like as a float."""

from collections.abc import Mapping
from fractions import Fraction
from operator import attrgetter

import pytest

from tests.support import Number

by_id = attrgetter("id")
"""Names a parametrised case."""

SUMMED = ("aupro", "aupimo", "pro", "auspro", "spro", "ap", "aupr", "mad")
"""Metrics that are sums of ratios; all others are one ratio of integers, rounded once."""


def exactly(values: Mapping[str, Number | None]) -> dict[str, float | None]:
    """The float nearest to each exact value; undefined stays undefined."""
    return {name: None if value is None else float(value) for name, value in values.items()}


def expected(values: Mapping[str, Number | None]) -> dict[str, object]:
    """What metric values must equal: the nearest float, or that within the error of a sum."""
    return {name: _expected(name, value) for name, value in exactly(values).items()}


def _expected(metric: str, value: float | None) -> object:
    family = metric.partition("(")[0].partition("_")[2]
    if value is None or family not in SUMMED:
        return value
    return close(value)


def close(value: Fraction | float) -> object:
    """Whatever equals a value within 1e-12 of it."""
    return pytest.approx(float(value), rel=1e-12, abs=0)
