"""Evaluation inside a training or validation loop: batch by batch, without files.

    from anomeval.evaluator import Evaluator

    evaluator = Evaluator(val_metrics=["image_auroc"], test_metrics=["auroc", "aupro@0.05"])
    for batch in loader:
        evaluator.update(model(batch), batch, stage="val")
    print(evaluator.values("val"))

The values are those of `anomeval score` on a file with the same predictions, to the last bit: they
take the same way through the same code. Tensors are known by their methods; torch is not imported.
"""

from anomeval.evaluator.bound import BoundMetric
from anomeval.evaluator.evaluator import Evaluator, Stage

__all__ = ["BoundMetric", "Evaluator", "Stage"]
