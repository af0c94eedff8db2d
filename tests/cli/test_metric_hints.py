"""A hint by spelling never points to another metric."""

import pytest

from anomeval.errors import UsageError
from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metric


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("AUROC", "did you mean 'auroc'"),
        ("pixel_AUROC", "did you mean 'pixel_auroc'"),
        ("f1_score", "did you mean 'f1'"),
        ("image_sensitivity", "did you mean 'image_recall'"),
        ("pixel_aurok", "did you mean 'pixel_auroc'"),
        *((word, "`anomeval metrics` lists them") for word in ("mcc", "youden", "kappa", "acc")),
    ],
)
def test_hints(word: str, hint: str) -> None:
    """Another name or another spelling of the same, or none."""
    with pytest.raises(UsageError, match=hint):
        parse_metric(word, METRICS)
