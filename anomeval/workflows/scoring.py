"""score: a test split becomes a result."""

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anomeval.errors import Problem, UsageError
from anomeval.parallel import at_most
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.opening import opened
from anomeval.predictions.preparation import (
    EmptyMasks,
    NanPolicy,
    PreparationRules,
    ResizeRule,
)
from anomeval.predictions.progress import Progress
from anomeval.predictions.record import PredictionFile
from anomeval.workflows.options import REPLICATES, By, Options, Splitting

if TYPE_CHECKING:  # what comes after opening is imported while another process looks at the files
    from anomeval.judging.post_processor import Fit
    from anomeval.metrics.selection import Metrics
    from anomeval.workflows.evaluation import Evaluation


def score(
    files: Sequence[str | Path],
    *,
    fit: "Fit | str | Path | None" = None,
    metrics: "Metrics" = (),
    preset: str | None = None,
    by: By | Sequence[By] | None = None,
    pool: bool = False,
    field: Mapping[str, str] | None = None,
    truth: str | Path | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    isolated: bool = False,
    skip_bad: bool = False,
    resize: ResizeRule | None = None,
    mask_above: float | None = None,
    ignore_value: IgnoreValue = None,
    empty_masks: EmptyMasks = "leave-out",
    nan: NanPolicy = "error",
    allow_overlap: bool = False,
    confidence: float | None = 0.95,
    replicates: int = REPLICATES,
    jobs: int | None = None,
    dask: Any = None,
    save_to: str | Path | None = None,
    progress: Progress | None = None,
) -> "Evaluation":
    """Evaluate a test split.

    Args:
        files: prediction files, directories or globs; together they are the split.
        fit: what a validation split fitted, or the path of its FIT.json; needed for metrics at a
            threshold.
        metrics: one or several texts such as "auroc" or "aupro@0.05", or metrics; default: what
            the data supports, to which "+recall" adds.
        preset: a named set of metrics, before `metrics`.
        by: rows for each "category", or each "defect_type" against all normal images of its
            category; "group_id" adds the sample level (images that share a group_id). Several
            nest: ["category", "group_id"] has the sample level in the row of each category.
        pool: throw all categories into one curve instead of taking the mean over categories.
        truth, layout, max_image_pixels, isolated: how they are opened, see `open_predictions`.
        skip_bad: leave out images that cannot be evaluated; the result counts and names them,
            and no gate judges it.
        field, resize, mask_above, ignore_value, empty_masks, nan: how files are read, see
            `PreparationRules`.
        allow_overlap: go on although the fit has seen images of this split.
        confidence: level of the intervals; None = no intervals and no replicates.
        replicates: how many resamples of the images intervals are made of.
        jobs: threads that read and count; the result is the same for any number.
        dask: read and count on this Dask cluster instead, see `collect_distributed`.
        save_to: write the evidence there, too, as a state that can be merged with others.
        progress: told after each image.

    Raises:
        UsageError: metrics or options that cannot be, or that the data does not support.
        InvalidInputError: unreadable or unsound files.
        CannotJudgeError: the fit has seen images of this split.
    """
    if skip_bad and (dask is not None or save_to is not None):
        raise UsageError("--skip-bad goes neither with --dask nor with --save-state")
    splitting = Splitting.of(by, pool)
    rules = PreparationRules(resize, mask_above, nan, asked_values(ignore_value), empty_masks)
    options = Options(splitting, rules, allow_overlap, confidence, replicates)
    reading = Reading(
        field or {}, truth, layout, max_image_pixels, isolated=isolated, skip_bad=skip_bad
    )

    def further(file: PredictionFile) -> list[Problem]:
        from anomeval.workflows.collecting import pixel_problems

        return pixel_problems(file, rules)

    meanwhile = partial(import_module, "anomeval.workflows.evaluating")
    with (
        at_most(jobs),
        opened(files, reading, further=further, meanwhile=meanwhile) as predictions,
    ):
        from anomeval.workflows.evaluating import evaluated

        return evaluated(
            predictions,
            metrics,
            preset,
            fit,
            options,
            reading,
            dask=dask,
            save_to=save_to,
            progress=progress,
        )
