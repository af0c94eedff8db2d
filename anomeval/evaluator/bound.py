"""One metric that knows where in a batch its scores and its truth are, and what it is called."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomeval.errors import Problem, UsageError
from anomeval.evaluator.decisions import with_booleans
from anomeval.evaluator.evaluator import Evaluator
from anomeval.judging.post_processor import Fit
from anomeval.metrics import METRICS, Metric
from anomeval.metrics.grammar import parse_metric
from anomeval.metrics.selection import each_metric
from anomeval.predictions.fields import LIST_FIELDS
from anomeval.torch.fields import found_fields
from anomeval.workflows.options import By

_IMAGE = ("pred_score", "gt_label")
_PIXEL = ("anomaly_map", "gt_mask")


class BoundMetric:
    """A metric bound to fields of batches, with a prefix to its name.

        metric = BoundMetric(AUROC("pixel"), fields=("my_maps", "my_masks"), prefix="pixel_")
        for batch in loader:
            metric.update(batch)
        log(metric.name, metric.compute())          # "pixel_AUROC"

    Fields may hold decisions, as in `BoundMetric(F1("pixel"), ("pred_mask", "gt_mask"))`: booleans,
    and whatever is called pred_label or pred_mask. What was decided is counted, without a fit.

    Besides its two fields it reads labels, paths, categories and groups where batches have them
    under their canonical names, as `Evaluator` does.
    """

    def __init__(
        self,
        metric: Metric | str,
        fields: Sequence[str] | None = None,
        prefix: str = "",
        *,
        strict: bool = True,
        fit: Fit | str | Path | None = None,
    ) -> None:
        """Bind a metric.

        Args:
            metric: at one level, or its text, such as "pixel_auroc".
            fields: the names of scores and truth in batches; default: the canonical ones.
            prefix: stands before the name.
            strict: False = batches without these fields are passed over.
            fit: for metrics at a threshold: what a validation split fitted.

        Raises:
            UsageError: it is no metric, or there are not two fields.
        """
        (metric,) = each_metric(
            parse_metric(metric, METRICS) if isinstance(metric, str) else metric
        )
        assert isinstance(metric, Metric)
        fields = (fields,) if isinstance(fields, str) else fields
        canonical = _PIXEL if metric.level == "pixel" else _IMAGE
        if fields is not None and len(fields) != 2:
            remedy = "name where scores and truth are, as ('pred_score', 'gt_label')"
            raise UsageError(Problem(f"there are {len(fields)} fields", remedy=remedy))
        self.metric = metric
        self.fields = tuple(fields or canonical)
        self.name = f"{prefix}{type(metric).__name__}"
        self._strict = strict
        self._canonical = canonical
        self._ignored = _IMAGE[:1] if metric.level == "pixel" else (*_PIXEL, *LIST_FIELDS)
        by: By | None = "group_id" if metric.level == "sample" else None
        self._evaluator = Evaluator([metric], fit=fit, by=by)
        self._updated = False

    def update(self, *sources: Any) -> None:
        """Take in one batch, see `Evaluator.update`.

        Raises:
            UsageError: it lacks one of the fields, and the metric is strict.
        """
        given = self._given(sources)
        missing = [
            bound
            for bound, field in zip(self.fields, self._canonical, strict=True)
            if field not in given
        ]
        if not missing:
            self._evaluator.update(given)
            self._updated = True
        elif self._strict:
            what = f"{self.name}: the batch has no {' and no '.join(missing)}"
            remedy = "give them, or make the metric with strict=False"
            raise UsageError(Problem(what, remedy=remedy))

    def merge(self, other: "BoundMetric") -> None:
        """Take in all that `other` has seen; `other` stays as it is."""
        self._evaluator.merge(other._evaluator)
        self._updated |= other._updated

    def compute(self) -> float | None:
        """The value; None where it is undefined, or nothing was seen and it is not strict."""
        if not self._updated and not self._strict:
            return None
        return self._evaluator.values()[str(self.metric)]

    def reset(self) -> None:
        """Forget all that was seen."""
        self._evaluator.reset()
        self._updated = False

    def _given(self, sources: Sequence[Any]) -> dict[str, Any]:
        renamed = dict(zip(self._canonical, self.fields, strict=True))
        found = found_fields(*sources, field=renamed)
        given = {field: value for field, value in found.items() if field not in self._ignored}
        return with_booleans(given, renamed)
