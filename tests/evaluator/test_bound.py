"""A metric bound to fields and a prefix, for those who migrate from anomalib's."""

import pytest

from anomeval.errors import UsageError
from anomeval.evaluator import BoundMetric, Evaluator
from anomeval.metrics import AUPRO, AUROC, F1
from tests.evaluator.loops import arrays, as_object, batches
from tests.support import fit_at


@pytest.mark.parametrize("metric", [AUROC("image"), AUROC("pixel"), AUPRO(fpr_limit=0.05)])
def test_it_gives_the_value_of_the_evaluator(metric):
    bound, evaluator = BoundMetric(metric), Evaluator([metric])
    for batch in batches(arrays(), 5):
        bound.update(as_object(batch))
        evaluator.update(batch)
    assert bound.compute() == evaluator.values()[str(metric)]


def test_fields_may_have_other_names_and_the_name_a_prefix():
    bound = BoundMetric(AUROC("pixel"), fields=("heat", "truth"), prefix="pixel_")
    assert bound.name == "pixel_AUROC"
    for batch in batches(arrays(), 5):
        batch["heat"], batch["truth"] = batch.pop("anomaly_map"), batch.pop("gt_mask")
        bound.update(batch)
    plain = BoundMetric(AUROC("pixel"))
    plain.update(arrays())
    assert bound.compute() == plain.compute()


def test_a_missing_field_is_refused_unless_it_is_not_strict():
    with pytest.raises(UsageError, match="px_AUROC: the batch has no gt_mask"):
        BoundMetric(AUROC("pixel"), prefix="px_").update({"anomaly_map": arrays()["anomaly_map"]})
    lenient = BoundMetric(AUROC("pixel"), strict=False)
    lenient.update({"pred_score": [1.0]})
    lenient.update({"gt_label": [1]})
    assert lenient.compute() is None


def test_it_merges_and_forgets():
    first, second, whole = (BoundMetric(AUROC("image")) for _ in range(3))
    parts = list(batches(arrays(), 12))
    first.update(parts[0])
    second.update(parts[1])
    whole.update(arrays())
    first.merge(second)
    assert first.compute() == whole.compute()
    first.reset()
    first.update(parts[0])
    second.reset()
    second.update(parts[0])
    assert first.compute() == second.compute()


def test_a_metric_at_a_threshold_takes_a_fit():
    bound = BoundMetric(F1("image"), fit=fit_at(0.5))
    bound.update({"pred_score": [0.4, 0.5, 0.9], "gt_label": [0, 1, 1]})
    assert bound.compute() == 1.0


def test_it_has_two_fields():
    with pytest.raises(UsageError, match="there are 1 fields"):
        BoundMetric(AUROC("image"), fields=("pred_score",))
