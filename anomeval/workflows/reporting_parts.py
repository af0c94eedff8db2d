"""What a report draws besides the result: spreads of scores, and the ledger of regions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.findings import Findings, PixelFindings
from anomeval.metrics import Level
from anomeval.parallel import at_most
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.opening import open_predictions
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import (
    EmptyMasks,
    NanPolicy,
    PreparationRules,
    ResizeRule,
)
from anomeval.predictions.progress import Progress
from anomeval.predictions.record import ImageEntry
from anomeval.ranking.sample import Sample
from anomeval.reporting.figures.histogram import BINS, edges_of, histogram
from anomeval.reporting.page.model import Region, ScoreSpread, fitted_level
from anomeval.reporting.result import Caution, ImageResult
from anomeval.workflows.cautions import normalized_cautions
from anomeval.workflows.collecting import collect
from anomeval.workflows.collection import Collection
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.options import Splitting

Files = Sequence[str | Path]


@dataclass(frozen=True)
class Reading:
    """How files are read, and by how many threads; see `anomeval.score`."""

    field: Mapping[str, str] = field(default_factory=dict)
    resize: ResizeRule | None = None
    mask_above: float | None = None
    ignore_value: IgnoreValue = None
    empty_masks: EmptyMasks = "leave-out"
    nan: NanPolicy = "error"
    pool: bool = False
    jobs: int | None = None
    truth: str | Path | None = None
    layout: str | None = None
    max_image_pixels: int = LARGEST_IMAGE
    isolated: bool = False

    def open(self, files: Files) -> PredictionSet:
        """Open files in this way; see `open_predictions`."""
        return open_predictions(
            files,
            fields=self.field,
            truth=self.truth,
            layout=self.layout,
            max_image_pixels=self.max_image_pixels,
            isolated=self.isolated,
        )

    @property
    def rules(self) -> PreparationRules:
        """The rules of preparation among these."""
        ignored = asked_values(self.ignore_value)
        return PreparationRules(self.resize, self.mask_above, self.nan, ignored, self.empty_masks)


class Split(NamedTuple):
    """The evidence of a split, apart by category, and what its files say against it."""

    collection: Collection
    cautions: list[Caution]


def read_split(files: Files, reading: Reading, progress: Progress | None = None) -> Split:
    """Read a split."""
    splitting = Splitting(pool=reading.pool)
    with at_most(reading.jobs), reading.open(files) as predictions:
        collection = collect(predictions, reading.rules, splitting, progress=progress)
        return Split(collection, normalized_cautions(predictions))


def findings_of(collection: Collection) -> dict[str | None, Findings]:
    """The findings of each category."""
    return {
        name: Findings(collection.of_category(name), has_pixels=collection.has_pixels)
        for name in collection.categories
    }


def spreads_of(
    evaluation: Evaluation, validation: Mapping[str | None, Findings]
) -> Iterator[ScoreSpread]:
    """How the scores of each level of each category are spread, on validation as on test."""
    for category, findings in evaluation.categories.items():
        judge = evaluation.judge(category)
        before = validation.get(category)
        for level, sample in samples_of(findings).items():
            known = samples_of(before).get(level) if before else None
            samples = [sample, *([known] if known else [])]
            edges = edges_of(samples, BINS[level])
            if edges is None:
                continue
            test, *rest = (histogram(one, edges) for one in samples)
            fitted = fitted_level(judge, level)
            yield ScoreSpread(category or "", level, test, rest[0] if rest else None, fitted)


def samples_of(findings: Findings) -> dict[Level, Sample]:
    """The scores of each level that was judged."""
    samples: dict[Level, Sample] = {"image": findings.image_sample}
    if findings.pixels is not None:
        samples["pixel"] = findings.pixels.sample
    return samples


def regions_of(evaluation: Evaluation, images: Sequence[ImageResult]) -> Iterator[Region]:
    """The regions of all images, each with the highest threshold that hits it."""
    recalls = {image.image_path: image.region_recalls for image in images}
    for findings in evaluation.categories.values():
        if findings.pixels is not None:
            entries = {row.entry.identity: row.entry for row in findings.images}
            yield from _regions_of(findings.pixels, entries, recalls)


def _regions_of(
    pixels: PixelFindings,
    entries: Mapping[str, ImageEntry],
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


def false_positive_rates(sample: Sample, thresholds: NDArray[np.float64]) -> list[float | None]:
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
