"""Replicates in a kilobyte."""

from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.uncertainty.replicates import Replicates

numbers = st.floats(-1e6, 1e6) | st.just(float("nan"))


def packed(values: list[float]) -> Replicates:
    """Replicates of any images."""
    return Replicates.of(np.array(values), "rule", "digest", 5, 7)


@given(values=st.lists(numbers, min_size=1).filter(lambda v: not np.isnan(v).all()))
def test_values_come_back(values: list[float]) -> None:
    """Off by 1/131068 of the range at most; what is undefined stays so."""
    found = packed(values)
    span = np.nanmax(values) - np.nanmin(values)
    assert found.values() == pytest.approx(values, abs=span / 131068 + 1e-9, nan_ok=True)
    assert len(found) == len(values)


def test_the_format() -> None:
    """As documented, for readers of other languages."""
    found = packed([0.25, 0.75, float("nan"), 0.5])
    assert (found.low, found.high) == (0.25, 0.75)
    assert b64decode(found.codes) == bytes([0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    assert (found.draws, found.images, found.normal, found.anomalous) == ("rule", "digest", 5, 7)


def test_equal_values() -> None:
    """A range of nothing."""
    assert packed([1.0, 1.0, 1.0]).values().tolist() == [1.0, 1.0, 1.0]


def test_the_size() -> None:
    """500 resamples are 1.3 kB."""
    assert len(packed(np.random.default_rng(0).random(500).tolist()).codes) == 1336
