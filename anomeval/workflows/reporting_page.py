"""report: everything a page shows, gathered in streaming passes over the images."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from anomeval.errors import UsageError
from anomeval.evidence.findings import Findings, PixelFindings
from anomeval.gates.changes import changes
from anomeval.gates.comparability import differences
from anomeval.judging.post_processor import Fit, OneClassPostProcessor
from anomeval.metrics import Level
from anomeval.parallel import at_most
from anomeval.predictions.opening import open_predictions
from anomeval.predictions.preparation import NanPolicy, PreparationRules, ResizeRule
from anomeval.ranking.sample import Sample
from anomeval.reporting.figures.histogram import BINS, edges_of, histogram
from anomeval.reporting.page.model import AgainstBaseline, PageData, Region, ScoreSpread
from anomeval.reporting.result import ImageResult, Result
from anomeval.workflows.collecting import Progress, collect
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.reporting_gallery import (
    GALLERY,
    GalleryRequest,
    colour_scale,
    gather_gallery,
)
from anomeval.workflows.scoring import score

Files = Sequence[str | Path]


@dataclass(frozen=True)
class Reading:
    """How files are read, and by how many threads; see `anomeval.score`."""

    field: Mapping[str, str] = field(default_factory=dict)
    resize: ResizeRule | None = None
    mask_above: float | None = None
    nan: NanPolicy = "error"
    pool: bool = False
    jobs: int | None = None

    @property
    def rules(self) -> PreparationRules:
        """The rules of preparation among these."""
        return PreparationRules(self.resize, self.mask_above, self.nan)


def report(
    files: Files,
    output: str | Path,
    *,
    fit: Fit | None = None,
    baseline: Result | None = None,
    validation: Files = (),
    images: str | Path | None = None,
    pictures: int = GALLERY,
    title: str | None = None,
    metrics: Sequence[str] = (),
    allow_overlap: bool = False,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> PageData:
    """Write a report on a test split: one HTML file that holds everything it shows.

    Args: as for `gather`, and
        output: the file to write; it appears whole or not at all.

    Raises: as `gather`.
    """
    from anomeval.atomic import write_text
    from anomeval.reporting.page.rendering import page_html

    data = gather(
        files,
        fit=fit,
        baseline=baseline,
        validation=validation,
        images=images,
        pictures=pictures,
        title=title,
        metrics=metrics,
        allow_overlap=allow_overlap,
        reading=reading,
        progress=progress,
    )
    write_text(output, page_html(data))
    return data


def gather(
    files: Files,
    *,
    fit: Fit | None = None,
    baseline: Result | None = None,
    baseline_name: str = "the baseline",
    validation: Files = (),
    images: str | Path | None = None,
    pictures: int = GALLERY,
    title: str | None = None,
    metrics: Sequence[str] = (),
    allow_overlap: bool = False,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> PageData:
    """What a report on a test split shows.

    Args:
        files: prediction files, directories or globs; together they are the split.
        fit: what a validation split fitted; without it there are no decisions.
        baseline: a result to set this one against. baseline_name: what it is called.
        validation: prediction files of the split that was fitted on, for its histograms.
        images: the folder that every `image_path` is relative to; None = maps stand alone.
        pictures: how many false alarms, and how many misses, the gallery shows at most.
        title: of the page. metrics: texts; default: what the data supports.
        allow_overlap: go on although the fit has seen images of this split.
        reading: how files are read.
        progress: told after each image of the long pass.

    Raises:
        UsageError: options that cannot be, or a folder of images that is none.
        InvalidInputError: unreadable or unsound files.
        CannotJudgeError: the fit has seen images of this split.
    """
    reading = reading or Reading()
    root = _checked_root(images)
    evaluation = _evaluation(files, fit, metrics, allow_overlap, reading, progress)
    judges = {name or "": evaluation.judge(name) for name in evaluation.categories}
    found = evaluation.images()
    spreads = list(_spreads(evaluation, _validation(validation, reading)))
    request = GalleryRequest(found, judges, root, colour_scale(spreads), pictures)
    return PageData(
        title=title or _title(files),
        result=evaluation.result,
        curves=evaluation.curves(),
        judges=judges,
        spreads=spreads,
        images=found,
        regions=list(_regions(evaluation, found)),
        gallery=gather_gallery(files, request, reading.field, reading.rules),
        baseline=_against(baseline, baseline_name, evaluation.result),
    )


def _evaluation(
    files: Files,
    fit: Fit | None,
    metrics: Sequence[str],
    allow_overlap: bool,
    reading: Reading,
    progress: Progress | None,
) -> Evaluation:
    with open_predictions(files, fields=reading.field) as predictions:
        has_categories = "category" in predictions.fields
        several = len({entry.category for entry in predictions.entries}) > 1
    return score(
        files,
        fit=fit,
        metrics=metrics,
        by="category" if has_categories and several and not reading.pool else None,
        pool=reading.pool,
        field=reading.field,
        resize=reading.resize,
        mask_above=reading.mask_above,
        nan=reading.nan,
        allow_overlap=allow_overlap,
        jobs=reading.jobs,
        progress=progress,
    )


def _validation(files: Files, reading: Reading) -> dict[str | None, Findings]:
    """The findings of each category of the validation split."""
    if not files:
        return {}
    with at_most(reading.jobs), open_predictions(files, fields=reading.field) as predictions:
        collection = collect(predictions, reading.rules)
    return {
        name: Findings(collection.of_category(name), has_pixels=collection.has_pixels)
        for name in collection.categories
    }


def _spreads(
    evaluation: Evaluation, validation: Mapping[str | None, Findings]
) -> Iterator[ScoreSpread]:
    for category, findings in evaluation.categories.items():
        judge = evaluation.judge(category)
        before = validation.get(category)
        for level, sample in _samples(findings).items():
            known = _samples(before).get(level) if before else None
            samples = [sample, *([known] if known else [])]
            edges = edges_of(samples, BINS[level])
            if edges is None:
                continue
            test, *rest = (histogram(one, edges) for one in samples)
            fitted = _fitted(judge, level)
            yield ScoreSpread(category or "", level, test, rest[0] if rest else None, fitted)


def _samples(findings: Findings) -> dict[Level, Sample]:
    samples: dict[Level, Sample] = {"image": findings.image_sample}
    if findings.pixels is not None:
        samples["pixel"] = findings.pixels.sample
    return samples


def _fitted(judge: OneClassPostProcessor | None, level: Level) -> Any:
    return judge and (judge.pixel if level == "pixel" else judge.image)


def _regions(evaluation: Evaluation, images: Sequence[ImageResult]) -> Iterator[Region]:
    """The regions of all images, each with the highest threshold that hits it."""
    recalls = {image.image_path: image.region_recalls for image in images}
    for findings in evaluation.categories.values():
        if findings.pixels is not None:
            entries = {row.entry.identity: row.entry for row in findings.images}
            yield from _regions_of(findings.pixels, entries, recalls)


def _regions_of(
    pixels: PixelFindings,
    entries: Mapping[str, Any],
    recalls: Mapping[str, Sequence[float] | None],
) -> Iterator[Region]:
    for image in pixels.anomalous:
        entry, found = entries[image.identity], recalls[image.identity]
        first = np.unique(image.regions, return_index=True)[1]  # scores descend
        highest = np.asarray(image.scores[first], np.float64)
        rates = false_positive_rates(pixels.sample, highest)
        for number, size in enumerate(image.sizes.tolist()):
            yield Region(
                image_path=image.identity,
                category=entry.category,
                defect_type=entry.defect_type,
                number=number + 1,
                size=size,
                recall=None if found is None else found[number],
                first_hit=float(highest[number]),
                fpr=rates[number],
            )


def false_positive_rates(sample: Sample, thresholds: Any) -> list[float | None]:
    """The share of normal scores at or above each threshold (n,); None where there are none."""
    total = sample.negative_total
    if not total:
        return [None] * len(thresholds)
    order = np.argsort(thresholds)
    flagged = np.zeros(len(thresholds), np.int64)
    for counts in sample.negatives:
        flagged[order] += counts.ranks(thresholds[order])[1]
    rates: list[float | None] = (flagged / total).tolist()
    return rates


def _against(baseline: Result | None, name: str, result: Result) -> AgainstBaseline | None:
    if baseline is None:
        return None
    refusals = [str(problem) for problem in differences((name, baseline), ("the test", result))]
    if not refusals and not baseline.images:
        refusals = [f"{name} keeps no images, so only metrics can be set against each other"]
    if refusals:
        return AgainstBaseline(name, baseline, refusals=refusals)
    return AgainstBaseline(name, baseline, changes(baseline, result))


def _checked_root(images: str | Path | None) -> Path | None:
    if images is None:
        return None
    root = Path(os.path.abspath(images))
    if not root.is_dir():
        raise UsageError(f"--images {images}: is not a folder")
    return root


def _title(files: Files) -> str:
    first = Path(str(files[0]))
    name = "/".join(part for part in (first.parent.name, first.stem) if part)
    return name if len(files) == 1 else f"{name} and {len(files) - 1} more"
