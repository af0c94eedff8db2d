"""score: a test split becomes a result."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from anomeval.errors import UsageError
from anomeval.judging.post_processor import Fit
from anomeval.metrics import Level
from anomeval.metrics.selection import DataSupport, select_metrics
from anomeval.parallel import at_most
from anomeval.predictions.opening import open_predictions
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import NanPolicy, PreparationRules, ResizeRule
from anomeval.reporting.result import Caution
from anomeval.uncertainty.resampling import REPLICATES
from anomeval.workflows.collecting import Progress, collect, has_pixel_level
from anomeval.workflows.collection import By, Splitting
from anomeval.workflows.evaluation import Evaluation, Options


def score(
    files: Sequence[str | Path],
    *,
    fit: Fit | None = None,
    metrics: Sequence[str] = (),
    preset: str | None = None,
    by: By | None = None,
    pool: bool = False,
    field: Mapping[str, str] | None = None,
    resize: ResizeRule | None = None,
    mask_above: float | None = None,
    nan: NanPolicy = "error",
    allow_overlap: bool = False,
    confidence: float | None = 0.95,
    replicates: int = REPLICATES,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate a test split.

    Args:
        files: prediction files, directories or globs; together they are the split.
        fit: what a validation split fitted; needed for metrics at a threshold.
        metrics: texts such as "auroc" or "aupro@0.05"; default: what the data supports.
        preset: a named set of metrics, before `metrics`.
        by: rows for each "category", or each "defect_type" against all normal images of its
            category; "group_id" adds the sample level (images that share a group_id).
        pool: throw all categories into one curve instead of taking the mean over categories.
        field, resize, mask_above, nan: how files are read, see `PreparationRules`.
        allow_overlap: go on although the fit has seen images of this split.
        confidence: level of the intervals; None = no intervals and no replicates.
        replicates: how many resamples of the images intervals are made of.
        jobs: threads that read and count; the result is the same for any number.
        progress: told after each image.

    Raises:
        UsageError: metrics or options that cannot be, or that the data does not support.
        InvalidInputError: unreadable or unsound files.
        CannotJudgeError: the fit has seen images of this split.
    """
    if by is not None and by not in get_args(By):
        raise UsageError(f"cannot split by {by!r}; known are {', '.join(get_args(By))}")
    splitting, rules = Splitting(by, pool), PreparationRules(resize, mask_above, nan)
    options = Options(splitting, rules, allow_overlap, confidence, replicates)
    with at_most(jobs), open_predictions(files, fields=field or {}) as predictions:
        support = _support(predictions, fit, by)
        chosen, left_out = select_metrics(metrics, preset, support)
        collection = collect(predictions, rules, splitting, progress=progress)
        names = tuple(file.path for file in predictions.files)
        cautions = [Caution("left_out", sentence) for sentence in left_out]
        return Evaluation(collection, chosen, fit, options, names, cautions)


def _support(predictions: PredictionSet, fit: Fit | None, by: By | None) -> DataSupport:
    levels: list[Level] = ["image"]
    missing: dict[Level, str] = {}
    if has_pixel_level(predictions):
        levels.append("pixel")
    else:
        absent = [name for name in ("anomaly_map", "gt_mask") if name not in predictions.fields]
        missing["pixel"] = f"the data has no {' and no '.join(absent)}"
    if by != "group_id":
        missing["sample"] = "samples are judged with --by group_id"
    elif "group_id" in predictions.fields:
        levels.append("sample")
    else:
        raise UsageError("--by group_id: the data has no group_id")
    if by in ("category", "defect_type") and by not in predictions.fields:
        raise UsageError(f"--by {by}: the data has no {by}")
    return DataSupport(levels, missing, fit is not None)
