"""Which metrics to compute: what was asked for, or what the data supports."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from anomeval.errors import Problem, UsageError
from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metrics
from anomeval.metrics.metric import Level, Metric

DEFAULT = ("auroc", "ap", "f1max", "aupro", "aupimo")
DEFAULT_WITH_FIT = ("f1",)

PRESETS: Mapping[str, tuple[str, ...]] = {
    "anomalib": ("image_auroc", "image_f1", "pixel_auroc", "pixel_f1"),
    "mvtec": ("image_auroc", "aupro@0.3", "pixel_auroc"),
    "mvtec2": ("aupro@0.05", "pixel_f1", "image_auroc"),
    "visa": ("image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_f1max", "aupro@0.3"),
    "muad": ("auroc", "ap", "f1max", "aupro@0.3"),
    "pimo": ("aupimo",),
    "operator": ("pg@0.05", "pb@0.05", "tpr_at_fpr@0.01", "fpr_at_tpr@0.95"),
}
"""Sets of metrics that a benchmark or a trade reports, by name."""


@dataclass(frozen=True)
class DataSupport:
    """What the data at hand allows.

    levels: those that can be judged. missing: for each other level, what it lacks.
    """

    levels: Collection[Level]
    missing: Mapping[Level, str]
    has_fit: bool


def select_metrics(
    wanted: Sequence[str], preset: str | None, support: DataSupport
) -> tuple[list[Metric], list[str]]:
    """The metrics to compute, and a sentence for each level that the default had to leave out.

    Raises:
        UsageError: unknown metrics or preset, or metrics asked for by name that the data or the
            missing fit cannot support.
    """
    texts = [*(PRESETS[_known(preset)] if preset else ()), *wanted]
    if texts:
        metrics = parse_metrics(texts, METRICS, support.levels)
        _refuse_unsupported(metrics, support)
        return metrics, []
    defaults = DEFAULT + (DEFAULT_WITH_FIT if support.has_fit else ())
    metrics = parse_metrics(defaults, METRICS, support.levels)
    kept = [metric for metric in metrics if metric.level in support.levels]
    left_out = [
        f"{level} metrics are left out: {lack}"
        for level, lack in support.missing.items()
        if level != "sample"
    ]
    return kept, left_out


def _refuse_unsupported(metrics: Sequence[Metric], support: DataSupport) -> None:
    problems = []
    for metric in metrics:
        if metric.level not in support.levels:
            problems.append(Problem(f"{metric}: {support.missing[metric.level]}"))
        elif metric.needs_fit and not support.has_fit:
            remedy = "run `anomeval fit` on a validation split and pass its file with --fit"
            problems.append(Problem(f"{metric} needs a fitted threshold", remedy=remedy))
    if problems:
        raise UsageError(problems)


def _known(preset: str) -> str:
    if preset not in PRESETS:
        raise UsageError(f"unknown preset {preset!r}; known are {', '.join(PRESETS)}")
    return preset
