"""What is left when images are left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.evidence.resamples import Units
from anomeval.uncertainty.jackknife import FEWEST_FREEDOM, GROUPS, LeftOut, leverage


def units_of(normal: int, anomalous: int) -> Units:
    """So many of each class."""
    labels = np.arange(normal + anomalous) >= normal
    names = [f"image\0{index:05d}" for index in range(len(labels))]
    return Units(names, labels, np.arange(len(labels)))


def means_left(plan: LeftOut, effects: np.ndarray) -> np.ndarray:
    """Their mean with some images left out."""
    weights = plan.weights.astype(float)
    return (weights * effects[:, None]).sum(axis=0) / weights.sum(axis=0)


@given(normal=st.integers(0, 130), anomalous=st.integers(0, 130))
def test_everyone_is_left_out_once(normal: int, anomalous: int) -> None:
    """In portions whose sizes differ by one at most, of one class each."""
    units = units_of(normal, anomalous)
    plan = LeftOut.plan(units)
    left_out = plan.weights == 0
    assert (left_out.sum(axis=1) == 1).all()
    for label, size in ((False, normal), (True, anomalous)):
        sizes = left_out[:, plan.anomalous == label].sum(axis=0)
        assert len(sizes) == min(size, GROUPS)
        assert not len(sizes) or sizes.max() - sizes.min() <= 1
        assert sizes.sum() == size
        assert plan.kept[plan.anomalous == label] == pytest.approx(1 - sizes / max(size, 1))
        assert not left_out[units.anomalous != label][:, plan.anomalous == label].any()


def test_a_mean_of_normal_numbers() -> None:
    """Variance of a mean, known with about as many degrees of freedom as there are numbers."""
    rng = np.random.default_rng(0)
    freedoms = []
    for _ in range(200):
        plan, numbers = LeftOut.plan(units_of(0, 40)), rng.standard_normal(40)
        held = leverage(plan, means_left(plan, numbers), (0, 40))
        assert held.variance == pytest.approx(numbers.var() / 40)
        assert held.small_sample == pytest.approx(np.sqrt(40 / 39))
        freedoms.append(held.freedom)
    assert np.median(freedoms) == pytest.approx(39, abs=4)


def test_one_image_that_carries_it_all() -> None:
    """Then next to nothing is known about the variance."""
    plan, numbers = LeftOut.plan(units_of(0, 40)), np.zeros(40)
    numbers[7] = 1.0
    assert leverage(plan, means_left(plan, numbers), (0, 40)).freedom == FEWEST_FREEDOM


def test_portions_show_the_same() -> None:
    """Leaving out portions of many images tells the variance, and few that carry it."""
    rng = np.random.default_rng(1)
    plan = LeftOut.plan(units_of(0, 400))
    plain, heavy = rng.standard_normal(400), rng.standard_normal(400)
    heavy[:3] = 30.0
    even, uneven = (leverage(plan, means_left(plan, n), (0, 400)) for n in (plain, heavy))
    assert even.variance == pytest.approx(plain.var() / 400, rel=0.4)
    assert even.freedom > 50
    assert uneven.freedom < 12


def test_classes_add_up() -> None:
    """Each class has its own variance and its own correction for small samples."""
    rng = np.random.default_rng(2)
    plan, numbers = LeftOut.plan(units_of(10, 30)), rng.standard_normal(40)
    weights = plan.weights.astype(float)
    means = [
        (weights[rows] * numbers[rows, None]).sum(axis=0) / weights[rows].sum(axis=0)
        for rows in (slice(0, 10), slice(10, 40))
    ]
    held = leverage(plan, means[1] - means[0], (10, 30))
    variances = numbers[:10].var() / 10, numbers[10:].var() / 30
    assert held.variance == pytest.approx(sum(variances))
    corrected = variances[0] * 10 / 9 + variances[1] * 30 / 29
    assert held.variance * held.small_sample**2 == pytest.approx(corrected)


def test_a_value_that_hangs_on_no_image() -> None:
    """No variance, and all the freedom there can be."""
    plan = LeftOut.plan(units_of(8, 12))
    held = leverage(plan, np.full(20, 0.5), (8, 12))
    assert (held.variance, held.freedom) == (0.0, 18.0)
    assert held.small_sample == pytest.approx(np.sqrt(8 / 7))
