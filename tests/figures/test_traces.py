"""Curves as lines: what is drawn is what was computed."""

import numpy as np
import pytest

from anomeval.evidence.curves import curves
from anomeval.ranking.sample import Sample
from anomeval.reporting.figures.histogram import edges_of, histogram
from anomeval.reporting.figures.kinds import CURVES
from anomeval.reporting.figures.traces import Trace, heights, mean_trace, sweeps, traces, vertices
from tests.support import Picture, evaluation_of

SCORES = [1.0, 2.0, 3.0, 4.0, 5.0]
LABELS = [0, 1, 0, 1, 1]


def sample(scores=SCORES, labels=LABELS):
    return Sample.of(np.array(scores), np.array(labels, np.bool_))


def arrays(**fields):
    pictures = [
        Picture(score, label, path=f"{n}", **fields)
        for n, (score, label) in enumerate(zip(SCORES, LABELS, strict=True))
    ]
    return evaluation_of(pictures).curves()


def test_a_roc_curve_goes_up_and_right():
    """By hand: 5 and 4 are anomalous, 3 normal, 2 anomalous, 1 normal."""
    (trace,) = traces(arrays(), CURVES["roc"], "image")
    assert trace.threshold is not None
    assert trace.threshold.tolist() == [np.inf, 4, 3, 2, 1]
    assert (trace.x.tolist(), trace.y.tolist()) == ([0, 0, 0.5, 0.5, 1], [0, 2 / 3, 2 / 3, 1, 1])
    assert vertices(trace, CURVES["roc"]) == (trace.x, trace.y)


def test_across_a_tie_a_roc_curve_is_straight():
    """Every score is equal: chance, and nothing else."""
    pictures = [Picture(1.0, label) for label in (0, 1, 0)]
    (trace,) = traces(evaluation_of(pictures).curves(), CURVES["roc"], "image")
    assert (trace.x.tolist(), trace.y.tolist()) == ([0, 1], [0, 1])
    assert heights(trace, CURVES["roc"], np.array([0.25, 1.0])).tolist() == [0.25, 1]


def test_precision_holds_for_the_recall_gained():
    """By hand: precision 1, 1 and 3/4."""
    (trace,) = traces(arrays(), CURVES["pr"], "image")
    x, y = vertices(trace, CURVES["pr"])
    assert x.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1])
    assert y.tolist() == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.75])


def test_a_sweep_has_the_f1_of_its_points():
    """By hand: F1 at every score."""
    (sweep,) = sweeps(arrays(), "image")
    assert sweep.threshold.tolist() == [5, 4, 3, 2, 1]
    assert sweep.f1.tolist() == pytest.approx([0.5, 0.8, 2 / 3, 6 / 7, 3 / 4])


def test_where_nothing_is_found_f1_is_0():
    """A normal image scores highest, and one anomalous image is infinite: that is no threshold."""
    pictures = [Picture(score, label) for score, label in ((2.0, 0), (1.0, 1))]
    (sweep,) = sweeps(evaluation_of(pictures).curves(), "image")
    assert (sweep.threshold.tolist(), sweep.f1.tolist()) == ([2, 1], [0, pytest.approx(2 / 3)])
    pictures = [Picture(np.inf, label) for label in (0, 1)]
    assert sweeps(evaluation_of(pictures).curves(), "image") == []


@pytest.mark.parametrize("name", ["a", "a/b", "", "image_roc_fpr"])
def test_categories_are_told_from_their_arrays(name):
    """A category may hold a slash, or be called like an array."""
    known = arrays()
    several = {f"{key}/{part}": array for key in (name, "z") for part, array in known.items()}
    assert [trace.name for trace in traces(several, CURVES["roc"], "image")] == [name, "z"]


def test_the_mean_is_taken_upwards():
    """Two ROC stairs: at each false positive rate the mean of the highest reached."""
    one = Trace("a", np.array([0, 0, 0.5, 0.5, 1]), np.array([0, 0.5, 0.5, 1, 1]), np.arange(5))
    two = Trace("b", np.array([0, 0.25, 0.25, 1]), np.array([0, 0, 1.0, 1]), np.arange(4))
    mean = mean_trace([one, two], CURVES["roc"], points=5)
    assert mean is not None
    assert mean.x.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert mean.y.tolist() == [0.25, 0.75, 1, 1, 1]
    assert mean_trace([one], CURVES["roc"]) is None


def test_the_mean_of_precisions_is_taken_at_equal_recall():
    """The precision of the threshold that reaches it."""
    one = Trace("a", np.array([0.5, 1.0]), np.array([1.0, 0.5]), np.array([2.0, 1.0]), stepped=True)
    two = Trace("b", np.array([1.0]), np.array([0.75]), np.array([1.0]), stepped=True)
    mean = mean_trace([one, two], CURVES["pr"], points=5)
    assert mean is not None
    assert mean.y.tolist() == [0.875, 0.875, 0.875, 0.625, 0.625]


def test_thinning_keeps_points_and_ends():
    """Chosen, never interpolated."""
    x = np.linspace(0, 1, 101) ** 2
    trace = Trace("", x, x, x).thinned(10)
    assert len(trace.x) == 10
    assert set(trace.x) <= set(x)
    assert (trace.x[0], trace.x[-1]) == (0, 1)
    assert trace.thinned(10) is trace


def test_pimo_leaves_out_what_a_logarithm_cannot_show():
    """Points at which no normal pixel is flagged; the mean over images is of the others."""
    pictures = [
        Picture(map=[[4.0, 1.0]], mask=[[1, 1]], path="a"),
        Picture(map=[[3.0, 2.0]], mask=[[0, 0]], path="b"),
    ]
    evaluation = evaluation_of(pictures)
    (findings,) = evaluation.categories.values()
    assert curves(findings)["pixel_pimo_fpr"].tolist() == [0, 0, 1, 1]
    (trace,) = traces(evaluation.curves(), CURVES["pimo"], "pixel")
    assert (trace.x.tolist(), trace.y.tolist()) == ([1e-5, 1e-4, 1, 1], [0.5, 0.5, 0.5, 1])


def test_a_histogram_is_closed_at_its_upper_end():
    """Every finite score falls into one bin, whatever it equals."""
    edges = edges_of([sample()], 2)
    assert edges is not None
    counted = histogram(sample(), edges)
    assert counted.edges.tolist() == [1, 3, 5]
    assert counted.normal.tolist() == [1, 1]
    assert counted.anomalous.tolist() == [1, 2]
    assert counted.shares("anomalous").tolist() == pytest.approx([1 / 3, 2 / 3])


def test_infinite_scores_do_not_stretch_a_histogram():
    """They are in no bin."""
    seen = sample([-np.inf, 1.0, 2.0, np.inf], [0, 0, 1, 1])
    edges = edges_of([seen], 1)
    assert edges is not None
    counted = histogram(seen, edges)
    assert (edges.tolist(), counted.normal.tolist(), counted.anomalous.tolist()) == (
        [1, 2],
        [1],
        [1],
    )


def test_there_is_no_histogram_of_nothing():
    """No score, or none that is finite; a single one gets a bin around it."""
    assert edges_of([sample([], [])], 3) is None
    assert edges_of([sample([np.inf], [0])], 3) is None
    edges = edges_of([sample([2.0], [1])], 1)
    assert edges is not None
    assert edges.tolist() == [1.5, 2.5]
