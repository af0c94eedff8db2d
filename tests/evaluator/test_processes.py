"""Evaluators of several processes come home and merge into what one would have seen."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.evaluator import BoundMetric, Evaluator
from anomeval.metrics import AUPRO, METRICS
from tests.evaluator.loops import arrays, batches, with_defects
from tests.plugins.test_streamed import HighPixels

RANKS = 2
EVERY = [str(f(level=level)) for f in METRICS.values() for level in f.levels if level != "sample"]


def data(named, dtype="float32"):
    whole = with_defects(arrays(dtype=dtype)) | {"defect_type": ["good", "bent"] * 12}
    if not named:
        del whole["image_path"]
    return whole


def fed(evaluator, whole, rank=0, ranks=1):
    """The evaluator after every so manieth batch."""
    for batch in list(batches(whole, 4))[rank::ranks]:
        evaluator.update(batch)
    return evaluator


def of_rank(rank, named=True):
    """What one process of a loop collects."""
    return fed(Evaluator(EVERY, by="defect_type", name=f"rank{rank}"), data(named), rank, RANKS)


def answers(evaluator, fit):
    evaluator.fitted = fit
    return evaluator.compute().result


@pytest.fixture(scope="module")
def fit():
    evaluator = Evaluator()
    evaluator.update(arrays(1))
    return evaluator.fit(stage="test")


@pytest.mark.parametrize("named", [True, False])
def test_processes_of_their_own_merge_into_the_whole(fit, named):
    with ProcessPoolExecutor(RANKS, mp_context=get_context("spawn")) as pool:
        first, *others = pool.map(of_rank, range(RANKS), [named] * RANKS)
    here, *more = (of_rank(rank, named) for rank in range(RANKS))
    for evaluator, several in ((first, others), (here, more)):
        for other in several:
            evaluator.merge(other)
    assert repr(answers(first, fit)) == repr(answers(here, fit))
    if named:
        alone = fed(Evaluator(EVERY, by="defect_type", name="rank0"), data(named))
        assert answers(first, fit).rows == answers(alone, fit).rows


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("way", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_is_the_same_and_goes_on_alone(fit, dtype, way):
    original = Evaluator(EVERY, by="category", val_metrics=["auroc"])
    first, *rest = batches(data(True, dtype), 8)
    original.update(first)
    copied = way(original)
    assert repr(answers(copied, fit)) == repr(answers(original, fit))
    before = repr(answers(original, fit))
    for batch in rest:
        copied.update(batch)
    assert repr(answers(original, fit)) == before
    with pytest.raises(anomeval.AnomevalError, match="was given before"):
        copied.update(first)
    for batch in rest:
        original.update(batch)
    assert repr(answers(copied, fit)) == repr(answers(original, fit))


def test_one_that_has_seen_nothing_travels_too():
    copied = pickle.loads(pickle.dumps(Evaluator(["image_auroc"])))
    copied.update({"pred_score": [1.0, 2.0], "gt_label": [0, 1]})
    assert copied.values() == {"image_auroc": 1.0}


def test_a_bound_metric_travels():
    metric = BoundMetric(AUPRO(), prefix="pixel_")
    metric.update(arrays())
    copied = pickle.loads(pickle.dumps(metric))
    assert (copied.name, copied.compute()) == ("pixel_AUPRO", metric.compute())


def test_evidence_that_no_state_holds_stays_where_it_is():
    evaluator = Evaluator([HighPixels()])
    with pytest.raises(UsageError, match="pixel_high_pixels looks at every image itself"):
        pickle.dumps(evaluator)
