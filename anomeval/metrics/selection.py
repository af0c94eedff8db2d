"""Which metrics to compute: what was asked for, or what the data supports."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from anomeval.errors import Problem, UsageError
from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metrics, split_list
from anomeval.metrics.metric import Level, Metric
from anomeval.metrics.presets import PRESETS
from anomeval.plugins import BUILT_IN

ADD = "+"
"""Stands before metrics that are wanted besides the default ones."""

DEFAULT = ("auroc", "ap", "f1max", "aupro", "aupimo")
DEFAULT_WITH_FIT = ("f1",)


@dataclass(frozen=True)
class DataSupport:
    """What the data at hand allows.

    levels: those that can be judged. missing: for each other level, what it lacks.
    fields: those that every image has.
    """

    levels: Collection[Level]
    missing: Mapping[Level, str]
    has_fit: bool
    fields: Collection[str] = ()


def data_support(
    fields: Collection[str], has_pixels: bool, by: Collection[str], has_fit: bool
) -> DataSupport:
    """What data with these fields allows.

    Args:
        fields: canonical fields that every image has.
        has_pixels: whether pixels can be judged.
        by: the fields that values are split by.
        has_fit: whether there are fitted thresholds.

    Raises:
        UsageError: the data lacks a field to split by.
    """
    if absent := [name for name in by if name not in fields]:
        raise UsageError(
            [
                Problem(f"--by {name}: the data has no {name}, or not in every file")
                for name in absent
            ]
        )
    levels: list[Level] = ["image"]
    missing: dict[Level, str] = {}
    if has_pixels:
        levels.append("pixel")
    else:
        absent = [name for name in ("anomaly_map", "gt_mask") if name not in fields]
        missing["pixel"] = f"the data has no {' and no '.join(absent)}"
    if "group_id" in by:
        levels.append("sample")
    else:
        missing["sample"] = "samples are judged with --by group_id"
    return DataSupport(levels, missing, has_fit, fields)


Metrics = str | Metric | Iterable[str | Metric]
"""Metrics as they are asked for: one text or metric, or several; a text may be a list."""


def each_metric(wanted: Metrics) -> tuple[str | Metric, ...]:
    """Every text and metric by itself.

    Raises:
        UsageError: something is neither, such as a class.
    """
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        wanted = (wanted,)
    asked = tuple(wanted)
    problems = [
        Problem(f"{one!r} is no metric", remedy="write 'image_auroc' or AUROC('image')")
        for one in asked
        if not isinstance(one, str | Metric)
    ]
    if problems:
        raise UsageError(problems)
    return asked


def select_metrics(
    wanted: Metrics, preset: str | None, support: DataSupport
) -> tuple[list[Metric], list[str]]:
    """The metrics to compute, and a sentence for each level that the default had to leave out.

    Args:
        wanted: texts, and metrics themselves. Texts with a + before each, as "+recall", add to the
            default.
        preset: a named set of metrics, before these.
        support: what the data allows.

    Raises:
        UsageError: unknown metrics or preset, or metrics asked for by name that the data or the
            missing fit cannot support.
    """
    wanted = each_metric(wanted)
    is_added = _without_signs(wanted)[1]
    if is_added and preset is None:
        usual, left_out = select_metrics((), None, support)
        added = metrics_of(wanted, support.levels)
        _refuse_unsupported(added, support)
        return list(dict.fromkeys([*usual, *added])), left_out
    asked = [*(_of_preset(preset) if preset else ()), *_without_signs(wanted)[0]]
    if asked:
        metrics = metrics_of(asked, support.levels)
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


def _without_signs(wanted: Sequence[str | Metric]) -> tuple[list[str | Metric], bool]:
    """What is wanted without the + before it, and whether there was one.

    Raises:
        UsageError: before some of the texts alone.
    """
    texts = [part for one in wanted if isinstance(one, str) for part in split_list(one)]
    signed = [text for text in texts if text.startswith(ADD)]
    if not signed:
        return list(wanted), False
    if len(signed) < len(texts):
        what = f"{signed[0]} adds to the default metrics, {_first_plain(texts)} takes their place"
        raise UsageError(Problem(what, remedy=f"write {ADD} before each of them, or before none"))
    metrics = [one for one in wanted if isinstance(one, Metric)]
    return [*(text.removeprefix(ADD).strip() for text in texts), *metrics], True


def _first_plain(texts: Sequence[str]) -> str:
    return next(text for text in texts if not text.startswith(ADD))


def metrics_of(wanted: Metrics, levels: Collection[Level]) -> list[Metric]:
    """Metrics as typed and as given, without repeats.

    Args:
        wanted: texts, and metrics themselves.
        levels: those that a text without a level is meant for.

    Raises:
        UsageError: naming every text that is no metric.
    """
    problems: list[Problem] = []
    metrics: dict[Metric, None] = {}
    for one in _without_signs(each_metric(wanted))[0]:
        try:
            found = [one] if isinstance(one, Metric) else parse_metrics([one], METRICS, levels)
            metrics.update(dict.fromkeys(found))
        except UsageError as error:
            problems.extend(error.problems)
    if not metrics and not problems:
        problems.append(Problem("no metric is named", remedy="write for example auroc,aupro@0.05"))
    if problems:
        raise UsageError(problems)
    return list(metrics)


def plugin_origins(metrics: Collection[Metric]) -> dict[str, str]:
    """Where those metrics come from that are not built in, by name, sorted.

    A distribution with its version, the path of a local file, or the module of a class that was
    given as it is.
    """
    families = {metric.name: type(metric) for metric in metrics}
    origins = {
        name: METRICS.origin(name)
        if name in METRICS and METRICS[name] is family
        else family.__module__
        for name, family in sorted(families.items())
    }
    return {name: origin for name, origin in origins.items() if origin != BUILT_IN}


def _refuse_unsupported(metrics: Sequence[Metric], support: DataSupport) -> None:
    problems = []
    for metric in metrics:
        if metric.level not in support.levels:
            problems.append(Problem(f"{metric}: {support.missing[metric.level]}"))
        elif absent := [name for name in metric.needed_fields if name not in support.fields]:
            what = f"{metric}: the data has no {' and no '.join(absent)}"
            remedy = "write it (docs/format.md), or name the data set that has it with --truth"
            told = any(problem.remedy == remedy for problem in problems)
            problems.append(Problem(what, remedy=None if told else remedy))
        elif metric.needs_fit and not support.has_fit:
            remedy = "run `anomeval fit` on a validation split and pass its file with --fit"
            problems.append(Problem(f"{metric} needs a fitted threshold", remedy=remedy))
    if problems:
        raise UsageError(problems)


def _of_preset(name: str) -> tuple[str, ...]:
    if name not in PRESETS:
        raise UsageError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}")
    return PRESETS[name].metrics
