"""Where scores lie is told exactly."""

from math import inf, log

import numpy as np
import pytest
from scipy import stats

from anomeval.evidence.distributions import (
    SHARES,
    bin_edges,
    counted,
    ks_distance,
    log_bin_edges,
    summary,
)
from anomeval.ranking.sample import Sample


def drawn(seed, size=200):
    return np.round(np.random.default_rng(seed).gamma(2.0, size=size), 2)


def summed(scores, edges=()):
    return summary(counted([np.asarray(scores, np.float64)]), edges)


def test_moments_and_quantiles_are_those_of_the_scores():
    scores = drawn(0)
    found = summed(scores)
    assert found.count == 200
    assert found.mean == pytest.approx(scores.mean(), rel=1e-14)
    assert found.std == pytest.approx(scores.std(ddof=1), rel=1e-12)
    lower = np.quantile(scores, SHARES, method="lower")
    assert found.quantiles == list(zip(SHARES, lower.tolist(), strict=True))


def test_logarithms_leave_out_what_has_none():
    found = summed([0.0, -1.0, inf, 1.0, 4.0])
    assert (found.log_mean, found.log_left_out) == (log(4) / 2, 3)
    assert found.log_std == pytest.approx(np.std([0, log(4)], ddof=1))
    assert summed([0.0]).log_mean is None


@pytest.mark.parametrize("scores", [[], [2.0], [1.0, inf]])
def test_too_few_or_infinite_scores_have_no_spread(scores):
    found = summed(scores)
    assert found.std is None
    assert found.mean == (2.0 if scores == [2.0] else None)
    assert len(found.quantiles) == (len(SHARES) if scores else 0)


def test_the_histogram_holds_every_score():
    scores, labels = drawn(1), np.arange(200) % 3 == 0
    sample = Sample.of(scores, labels)
    edges = bin_edges(sample, 7)
    expected = np.histogram(scores[~labels], edges)[0].tolist()
    assert list(summary(sample.normals, edges).counts) == expected
    assert sum(summary(counted(sample.positives), edges).counts) == labels.sum()


@pytest.mark.parametrize("scores", [[], [1.0, inf]])
def test_scores_without_a_range_have_no_bins(scores):
    sample = Sample.of(np.array(scores), np.zeros(len(scores), np.bool_))
    assert bin_edges(sample) == []


def test_a_constant_score_fills_one_bin():
    sample = Sample.of(np.full(3, 2.0), np.zeros(3, np.bool_))
    assert sum(summary(sample.normals, bin_edges(sample)).counts) == 3


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_that_of_scipy(seed):
    first, second = drawn(seed), drawn(seed + 100, 80) * 1.2
    ours = ks_distance(counted([first]), counted([second]))
    assert ours == pytest.approx(stats.ks_2samp(first, second).statistic, abs=1e-14)


def test_without_scores_there_is_no_distance():
    assert ks_distance(counted([]), counted([drawn(0)])) is None


def test_the_histogram_of_logarithms_holds_every_score_that_has_one():
    scores, labels = drawn(2), np.arange(200) % 3 == 0
    scores[:4] = 0.0, -1.0, inf, 0.0
    sample = Sample.of(scores, labels)
    classes = sample.normals, counted(sample.positives)
    edges = log_bin_edges(classes, 7)
    for chosen, one in zip((~labels, labels), classes, strict=True):
        usable = scores[chosen & (scores > 0) & np.isfinite(scores)]
        found = summary(one, (), edges)
        assert list(found.log_counts) == np.histogram(np.log(usable), edges)[0].tolist()
        assert sum(found.log_counts) == found.count - found.log_left_out == len(usable)


def test_scores_without_logarithms_have_no_bins_of_them():
    nothing = counted([np.array([0.0, -2.0])])
    assert log_bin_edges([nothing]) == []
    assert list(summary(nothing, ()).log_counts) == []
