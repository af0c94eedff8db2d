"""From opened predictions to an evaluation: what `score` does once it knows the files."""

from pathlib import Path
from typing import Any

from anomeval.evidence.state import save_state
from anomeval.judging.post_processor import Fit
from anomeval.metrics.selection import Metrics, data_support, select_metrics
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.progress import Progress
from anomeval.reporting.fit_file import fit_of
from anomeval.reporting.result import Caution
from anomeval.workflows.cautions import normalized_cautions, skipped_cautions
from anomeval.workflows.collecting import collect, has_pixel_level
from anomeval.workflows.delivering import normalized_files
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.merging import refuse_streamed, state_of
from anomeval.workflows.options import Options


def evaluated(
    predictions: PredictionSet,
    metrics: Metrics,
    preset: str | None,
    fit: Fit | str | Path | None,
    options: Options,
    reading: Reading,
    *,
    dask: Any,
    save_to: str | Path | None,
    progress: Progress | None,
) -> Evaluation:
    """Read and count everything, and compute what was asked for; see `scoring.score`.

    Args:
        predictions: as `reading` has opened them.
    """
    splitting, rules = options.splitting, options.rules
    fit = fit_of(fit)
    pixels = has_pixel_level(predictions)
    support = data_support(predictions.fields, pixels, splitting.by, fit is not None)
    chosen, left_out = select_metrics(metrics, preset, support)
    if dask is not None or save_to is not None:
        refuse_streamed(chosen)
    if dask is None:
        streamed = [metric for metric in chosen if isinstance(metric, StreamedMetric)]
        collection = collect(
            predictions,
            rules,
            splitting,
            streamed=streamed,
            skip_bad=reading.skip_bad,
            progress=progress,
        )
    else:
        from anomeval.workflows.distributed import collect_distributed

        collection = collect_distributed(
            predictions, rules, splitting, cluster=dask, reading=reading, progress=progress
        )
    names = tuple(sorted(file.path for file in predictions.files))
    if save_to is not None:
        normalized = normalized_files(predictions)
        save_state(save_to, state_of(collection, rules, predictions.fields, names, normalized))
    cautions = [Caution("left_out", sentence) for sentence in left_out]
    cautions += skipped_cautions(collection.skipped, collection.skipped_images)
    cautions += normalized_cautions(predictions)
    return Evaluation(collection, chosen, fit, options, names, cautions)
