"""explain: the same predictions under several public definitions, and why their values differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from anomeval.errors import UsageError
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import Fit
from anomeval.metrics import AP, AUPR, F1Max, Level
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
from anomeval.reporting.explanation import Definition, Explanation
from anomeval.reporting.fit_file import fit_of
from anomeval.reporting.result import Caution, Row
from anomeval.version import __version__
from anomeval.workflows.cautions import collected_cautions, normalized_cautions
from anomeval.workflows.collecting import collect
from anomeval.workflows.collection import Collection, content_digest
from anomeval.workflows.definitions import DIALECTS, Group, PerImageOverlap
from anomeval.workflows.distributions import drifts, score_levels
from anomeval.workflows.leaks import shown_overlap_cautions
from anomeval.workflows.options import Splitting
from anomeval.workflows.regions_by_size import regions_by_size
from anomeval.workflows.without_normals import normals_cautions

_JUDGED: tuple[Level, ...] = ("image", "pixel")
_OF_PRECISION = [metric(level) for level in _JUDGED for metric in (AP, AUPR, F1Max)]
"""Our definitions that are defined without a normal image or pixel."""


def explain(
    files: Sequence[str | Path],
    *,
    fit: Fit | str | Path | None = None,
    validation: Sequence[str | Path] = (),
    pool: bool = False,
    field: Mapping[str, str] | None = None,
    truth: str | Path | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    isolated: bool = False,
    resize: ResizeRule | None = None,
    mask_above: float | None = None,
    ignore_value: IgnoreValue = None,
    empty_masks: EmptyMasks = "leave-out",
    nan: NanPolicy = "error",
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Set public definitions side by side; tell where scores lie, and how well regions are found.

    Args:
        files: prediction files, directories or globs; together they are the split.
        fit: what a validation split fitted; with it, whether ranking or threshold has failed.
        validation: the files of that split, for the drift of its normal scores to those of `files`.
        pool: throw all categories into one curve instead of taking the mean over categories.
        truth, layout, max_image_pixels, isolated: how they are opened, see `open_predictions`.
        field, resize, mask_above, ignore_value, empty_masks, nan: how files are read, see
            `PreparationRules`.
        jobs: threads that read and count.
        progress: told after each image.

    Raises:
        UsageError: options that cannot be, or `validation` without `fit`.
        InvalidInputError: unreadable or unsound files.
    """
    if validation and fit is None:
        raise UsageError("the validation split is compared at its fit: give both")
    fit = fit_of(fit)
    rules = PreparationRules(resize, mask_above, nan, asked_values(ignore_value), empty_masks)
    reading = Reading(field or {}, truth, layout, max_image_pixels, isolated=isolated)

    splitting, streamed = Splitting(pool=pool), (PerImageOverlap(),)

    def collected(paths: Sequence[str | Path]) -> _Collected:
        with opened(paths, reading) as predictions:
            names = tuple(file.path for file in predictions.files)
            found = collect(predictions, rules, splitting, streamed=streamed, progress=progress)
            return _Collected(found, names, normalized_cautions(predictions))

    with at_most(jobs):
        test = collected(files)
        before = collected(validation).collection if validation else None
        return _explanation(test, rules, fit, before)


class _Collected(NamedTuple):
    collection: Collection
    files: tuple[str, ...]
    cautions: list[Caution]


def _explanation(
    test: _Collected, rules: PreparationRules, fit: Fit | None, val: Collection | None
) -> Explanation:
    collection, rows = test.collection, test.collection.rows()
    cautions = test.cautions + shown_overlap_cautions(rows, fit)
    cautions += collected_cautions(collection, rows, rules, fit)
    groups = [
        Group(collection.of_category(category), collection.has_pixels)
        for category in collection.categories
    ]
    findings = dict(zip(collection.categories, (group.findings for group in groups), strict=True))
    cautions += normals_cautions(_without_false_alarms(findings), _OF_PRECISION)
    return Explanation(
        anomeval_version=__version__,
        files=test.files,
        digest=content_digest(rows),
        images=len(rows),
        definitions=_compared(groups),
        scores=score_levels(findings),
        regions=tuple(regions_by_size(findings, fit)),
        drift=drifts(findings, fit, val) if fit else (),
        cautions=cautions,
    )


def _without_false_alarms(findings: Mapping[str | None, Findings]) -> Iterator[Row]:
    """What our definitions give for each category without normals, if they give anything."""
    for category, found in findings.items():
        for metric in _OF_PRECISION:
            if metric.level == "pixel" and found.pixels is None:
                continue
            support = metric.support(sample := metric.sample(found))
            if not sample.negative_total:
                group = {"category": category or ""} if len(findings) > 1 else None
                yield Row(str(metric), group, metric.compute(found).value, support=support)


def _compared(groups: Sequence[Group]) -> list[Definition]:
    """Each definition on the mean over categories, beside the first of its measure."""
    with_pixels = groups[0].findings.pixels is not None
    dialects = [one for one in DIALECTS if with_pixels or one.level == "image"]
    own: dict[tuple[str, str], Definition] = {}
    compared = []
    for definition in (dialect.on(groups) for dialect in dialects):
        first = own.setdefault((definition.level, definition.measure), definition)
        if first is not definition:
            definition = replace(definition, difference=_less(definition.value, first.value))
        compared.append(definition)
    return compared


def _less(value: float | None, own: float | None) -> float | None:
    return None if value is None or own is None else value - own
