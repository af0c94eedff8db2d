"""The evaluator for loops: two stages, each with its metrics and its evidence."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from anomeval.errors import Problem, UsageError
from anomeval.evaluator.decisions import fit_of_decisions, with_booleans
from anomeval.evaluator.stage import Seen
from anomeval.judging.post_processor import Fit
from anomeval.metrics import LEVELS, Metric
from anomeval.metrics.selection import Metrics, each_metric, metrics_of, select_metrics
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.preparation import EmptyMasks, PreparationRules, ResizeRule
from anomeval.reporting.fit_file import fit_of
from anomeval.reporting.result import Caution
from anomeval.torch.fields import NO_OVERRIDES, prediction_fields
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.fitting import fit_collection, level_requests
from anomeval.workflows.options import By, Options, Splitting

Stage = Literal["val", "test"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Evaluator:
    """Collects what a model predicts in a loop, and computes metrics of it.

        evaluator = Evaluator(val_metrics=["auroc"], test_metrics=[AUROC("image"), "f1"])
        for batch in val_loader:
            evaluator.update(model(batch), batch, stage="val")
        evaluator.fit(threshold="f1")
        for batch in test_loader:
            evaluator.update(model(batch), batch)
        evaluation = evaluator.compute()

    Neither the size nor the order of batches matters. Scores are taken raw, as they come. Metrics
    at a fitted threshold belong to the test stage: on the split that chose it, it flatters.
    Evaluators can be pickled, so that those of other processes come home to `merge`.

    Attributes:
        fitted: the thresholds that metrics such as `f1` judge at; `fit` sets them.
    """

    def __init__(
        self,
        test_metrics: Metrics = (),
        val_metrics: Metrics = (),
        *,
        fit: Fit | str | Path | None = None,
        by: By | Sequence[By] | None = None,
        pool: bool = False,
        resize: ResizeRule | None = None,
        mask_above: float | None = None,
        ignore_value: IgnoreValue = None,
        empty_masks: EmptyMasks = "leave-out",
        field: Mapping[str, str] = NO_OVERRIDES,
        allow_overlap: bool = False,
        confidence: float | None = None,
        name: str = "batches",
    ) -> None:
        """Begin with nothing seen.

        Args:
            test_metrics, val_metrics: one or several texts such as "aupro@0.05" and metrics such
                as `AUPRO(fpr_limit=0.05)`; default: what the batches support.
            fit: what a validation split fitted, or the path of a FIT.json.
            by, pool, resize, mask_above, ignore_value, empty_masks, allow_overlap: as for
                `anomeval.score`.
            field: canonical field → the name it has in the batches.
            confidence: the level of intervals, such as 0.95; None = none, which saves time.
            name: what images without an image_path are called after; in loops that run in
                several processes each needs its own.

        Raises:
            UsageError: metrics or options that cannot be.
        """
        self.fitted = fit_of(fit)
        ignored = asked_values(ignore_value)
        rules = PreparationRules(resize, mask_above, "error", ignored, empty_masks)
        self._options = Options(Splitting.of(by, pool), rules, allow_overlap, confidence)
        self._field = dict(field)
        self._name = name
        self._metrics = {"val": each_metric(val_metrics), "test": each_metric(test_metrics)}
        self._asked = {one: _asked(self._metrics[one]) for one in STAGES}
        _refuse_fitted(self._asked["val"])
        self._seen = {one: self._nothing(one) for one in STAGES}

    def update(self, *sources: Any, stage: Stage = "test") -> None:
        """Take in one batch; of a batch that is refused nothing is taken in.

        Args:
            sources: where its fields are looked for, first to last, such as outputs and inputs:
                mappings by key, others by attribute. `anomaly_map` (H, W), (B, H, W) or
                (B, 1, H, W); `pred_score` and `gt_label` (B,); `gt_mask` like the maps;
                `image_path`, `category`, `defect_type`, `group_id` B texts. NumPy arrays, lists,
                or tensors on any device. Booleans in the place of scores are decisions, and so is
                what `field` reads from pred_label and pred_mask: metrics at a threshold then need
                no fit.
            stage: "val" or "test".

        Raises:
            UsageError: neither scores nor maps, or other fields than in the batches before.
            InvalidInputError: values that cannot be judged, with every problem of the batch.
        """
        given = prediction_fields(*sources, field=self._field)
        self._of(stage).take(with_booleans(given, self._field))

    def merge(self, other: "Evaluator") -> None:
        """Take in all that another evaluator has seen in both stages; `other` stays as it is.

        Raises:
            UsageError: it was made with other options, or has seen other fields.
            InvalidInputError: an image was seen by both.
        """
        if (other._options, other._asked) != (self._options, self._asked):
            raise UsageError("evaluators merge only if their metrics and options are equal")
        for stage in STAGES:
            self._seen[stage].merge(other._seen[stage])

    def fit(
        self,
        threshold: str = "f1",
        pixel_threshold: str | None = None,
        *,
        image_sensitivity: float | None = None,
        pixel_sensitivity: float | None = None,
        stage: Stage = "val",
    ) -> Fit:
        """Fit thresholds on what a stage has seen, as `anomeval.fit` does; `compute` uses them.

        Raises:
            UsageError: no image was seen, or a rule that its images cannot support.
        """
        sensitivities = image_sensitivity, pixel_sensitivity
        requests = level_requests(threshold, pixel_threshold, *sensitivities)
        collection = self._of(stage).collection()
        rules, pool = self._options.rules, self._options.splitting.pool
        self.fitted = fit_collection(collection, requests, rules, pool=pool)
        return self.fitted

    def compute(self, stage: Stage = "test") -> Evaluation:
        """What `anomeval.score` gives on a file with the same predictions.

        Raises:
            UsageError: no image was seen, or metrics that the batches or the missing fit cannot
                support.
            CannotJudgeError: the fit has seen images of this stage.
        """
        seen, options = self._of(stage), self._options
        collection = seen.collection()
        fit = _judge(self.fitted if stage == "test" else None, seen.decided)
        support = seen.support(options.splitting.by, has_fit=fit is not None)
        chosen, left_out = select_metrics(self._metrics[stage], None, support)
        cautions = [Caution("left_out", sentence) for sentence in left_out]
        return Evaluation(collection, chosen, fit, options, (), cautions)

    def values(self, stage: Stage = "test") -> dict[str, float | None]:
        """The overall value of each metric by its canonical text; None where it is undefined."""
        rows = self.compute(stage).result.rows
        return {row.metric: row.value for row in rows if row.group is None}

    def reset(self, stage: Stage | None = None) -> None:
        """Forget what a stage has seen; None = both. What was fitted stays."""
        for one in STAGES if stage is None else (stage,):
            self._of(one)
            self._seen[one] = self._nothing(one)

    def _of(self, stage: Stage) -> Seen:
        if stage not in self._seen:
            raise UsageError(f"unknown stage {stage!r}; there are {' and '.join(STAGES)}")
        return self._seen[stage]

    def _nothing(self, stage: Stage) -> Seen:
        options = self._options
        return Seen(self._asked[stage], options.splitting, options.rules, self._name)


def _judge(fit: Fit | None, decided: frozenset[str]) -> Fit | None:
    """What judges at a threshold."""
    if not decided:
        return fit
    if fit is not None:
        what = f"{' and '.join(sorted(decided))} hold decisions, which no fitted threshold judges"
        raise UsageError(Problem(what, remedy="give raw scores, or no fit"))
    return fit_of_decisions(decided)


def _asked(metrics: Metrics) -> list[Metric]:
    """The metrics at every level they may be meant for; none where the default is meant."""
    return metrics_of(metrics, LEVELS) if metrics else []


def _refuse_fitted(metrics: Sequence[Metric]) -> None:
    remedy = "compute it on the test stage"
    problems = [
        Problem(f"{metric} judges at a threshold that the val stage itself fits", remedy=remedy)
        for metric in metrics
        if metric.needs_fit
    ]
    if problems:
        raise UsageError(problems)
