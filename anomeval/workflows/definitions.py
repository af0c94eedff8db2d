"""The public definitions that `explain` sets side by side, and why each differs from ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import isfinite
from typing import ClassVar, NamedTuple

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import Findings, PixelFindings, mean
from anomeval.evidence.pixels import PixelEvidence
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics import AP, AUPR, AUPRO, Doc, F1Max, Level, Metric, Outcome
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.preparation import PreparedImage
from anomeval.ranking.dialects.overlap import (
    Curve,
    Kept,
    Marked,
    equal_ranks,
    equal_steps,
    limited_area,
    sampled_curve,
    stretched_area,
)
from anomeval.ranking.dialects.precision_recall import area_sorted_by_recall
from anomeval.ranking.dialects.sampled_f1 import best_sampled_f1
from anomeval.ranking.overlap import mean_area
from anomeval.ranking.sample import Sample
from anomeval.ranking.sweep import even_edges, place_within
from anomeval.reporting.explanation import Definition

LIMIT = 0.3
"""The false positive rate up to which overlap definitions are compared."""

_TIGHT, _NO_LIMIT = 0.05, 1.0
_NO_RANGE = "infinite scores cannot be divided evenly"
_TOO_FEW = "fewer than two thresholds lie below the limit"


class Group:
    """The evidence of one category, and what several dialects need of it."""

    def __init__(self, evidence: Evidence, has_pixels: bool) -> None:
        self.evidence = evidence
        self.findings = Findings(evidence, has_pixels=has_pixels)

    @property
    def pixels(self) -> PixelFindings:
        """The findings about pixels, which there must be."""
        assert self.findings.pixels is not None
        return self.findings.pixels

    @cached_property
    def marked(self) -> list[Marked]:
        """The anomalous pixels, image by image."""
        return [Marked(one.scores, one.regions, one.sizes) for one in self.pixels.anomalous]

    def sample(self, level: str) -> Sample:
        """The scores of a level."""
        return self.findings.image_sample if level == "image" else self.pixels.sample

    @property
    def lacks_regions(self) -> str | None:
        """Why there is no overlap curve at all."""
        if not self.pixels.region_total:
            return "no region in any ground-truth mask"
        if not self.pixels.sample.negative_total:
            return "no pixel outside the ground-truth masks"
        return None


class _Found(NamedTuple):
    """What a dialect gives on one category. facts: numbers that its cause mentions."""

    value: float | None
    reason: str | None = None
    facts: Mapping[str, float] = {}


@dataclass(frozen=True)
class Dialect:
    """One public definition.

    cause: why it differs from ours, with places for facts; None for ours.
    """

    level: str
    measure: str
    name: str
    used_by: str
    compute: Callable[[Group], _Found]
    cause: str | None = None

    def on(self, groups: Sequence[Group]) -> Definition:
        """The unweighted mean over the categories in which it is defined."""
        found = [self.compute(group) for group in groups]
        values = [one.value for one in found if one.value is not None]
        return Definition(
            level=self.level,
            measure=self.measure,
            name=self.name,
            used_by=self.used_by,
            value=mean(values) if values else None,
            reason=None if values else found[0].reason,
            cause=self._cause([one.facts for one in found if one.facts]) if values else None,
        )

    def _cause(self, facts: Sequence[Mapping[str, float]]) -> str | None:
        if self.cause is None:
            return None
        names = {name for one in facts for name in one}
        ranges = {name: _range_text([one[name] for one in facts]) for name in names}
        return self.cause.format_map(ranges)


def _range_text(values: Sequence[float]) -> str:
    """One number, or from the lowest to the highest."""
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"


def _ours(metric: Metric) -> Callable[[Group], _Found]:
    def compute(group: Group) -> _Found:
        outcome = metric.compute(group.findings, None)
        return _Found(outcome.value, outcome.reason)

    return compute


def _sampled(
    curve: Callable[[Group], Curve], area: Callable[[Curve, float], Kept]
) -> Callable[[Group], _Found]:
    """A dialect that draws the overlap curve through some points."""

    def compute(group: Group) -> _Found:
        if group.lacks_regions:
            return _Found(None, group.lacks_regions)
        if not all(map(isfinite, group.pixels.sample.range())):
            return _Found(None, _NO_RANGE)
        kept = area(curve(group), LIMIT)
        facts = {"points": kept.points, "last": kept.last_fpr or 0.0}
        return _Found(kept.area, None if kept.area is not None else _TOO_FEW, facts)

    return compute


def _stepped(group: Group, *, count: int) -> Curve:
    sample = group.pixels.sample
    return sampled_curve(sample, group.marked, equal_steps(*sample.range(), count))


def _binned(group: Group, *, bins: int) -> Curve:
    sample = group.pixels.sample
    edges = even_edges(*sample.range(), bins)
    return sampled_curve(sample, group.marked, edges, inclusive=True)


def _ranked(group: Group, *, count: int) -> Curve:
    sample = group.pixels.sample
    return sampled_curve(sample, group.marked, equal_ranks(sample, count))


def _anomalous_images_only(group: Group) -> _Found:
    only = PixelEvidence()
    only.background = group.evidence.pixels.background
    only.anomalous = group.evidence.pixels.anomalous
    found = PixelFindings(only)
    background = found.sample.negative_total
    if group.lacks_regions or not background:
        return _Found(None, group.lacks_regions or "no pixel outside masks in anomalous images")
    share = 100 * background / group.pixels.sample.negative_total
    return _Found(mean_area(found.region_areas(LIMIT)), facts={"share": share})


def _mean_of_images(group: Group) -> _Found:
    areas: _ImageAreas = group.findings.streams[PerImageOverlap()]
    if not areas.by_image:
        return _Found(None, group.lacks_regions or "no image with pixels in and outside a mask")
    return _Found(mean(list(areas.by_image.values())), facts={"images": len(areas.by_image)})


def _sorted_by_recall(group: Group, *, level: str) -> _Found:
    sample = group.sample(level)
    if not sample.positive_total:
        return _Found(None, f"no anomalous {level}s")
    return _Found(area_sorted_by_recall(sample.ranking))


def _few_thresholds(group: Group) -> _Found:
    sample = group.pixels.sample
    if not sample.positive_total:
        return _Found(None, "no anomalous pixels")
    low, high = sample.range()
    if not (isfinite(low) and isfinite(high)):
        return _Found(None, _NO_RANGE)
    best = best_sampled_f1(sample)
    exact = F1Max("pixel").compute(group.findings).extra["threshold"]
    assert exact is not None
    place = place_within(exact, low, high) if high > low else 0.0
    return _Found(best.value, facts={"place": best.place, "exact": place})


@dataclass
class _ImageAreas:
    """The area under the overlap curve of each anomalous image alone, by identity."""

    by_image: dict[str, float] = field(default_factory=dict)

    def update(self, image: PreparedImage) -> None:
        if image.mask is None or image.anomaly_map is None:
            return
        alone = PixelEvidence()
        alone.add(image)
        found = PixelFindings(alone)
        if found.region_total and found.sample.negative_total:
            self.by_image[image.entry.identity] = mean_area(found.region_areas(LIMIT))

    def merge(self, other: "_ImageAreas") -> None:
        self.by_image |= other.by_image

    def compute(self, judge: OneClassPostProcessor | None) -> Outcome:
        return Outcome(mean(list(self.by_image.values())))


@dataclass(frozen=True)
class PerImageOverlap(StreamedMetric):
    """Collects what only a look at each image can tell; asked for by dialects alone."""

    name: ClassVar[str] = "per_image_overlap"
    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    doc: ClassVar[Doc] = Doc("per-image overlap", "mean over images", "no regions", "RD4AD")
    level: Level = "pixel"

    def start(self) -> _ImageAreas:
        """See `StreamedMetric.start`."""
        return _ImageAreas()


def _precision_recall(level: Level) -> list[Dialect]:
    make = partial(Dialect, level, "precision-recall")
    return [
        make(
            "average precision, stepwise",
            "scikit-learn, most papers, AUPR of anomalib from 2.7, here `ap`",
            _ours(AP(level)),
        ),
        make(
            "trapezoids in threshold order",
            "adeval, many scripts, here `aupr`",
            _ours(AUPR(level)),
            "straight lines between the points: precision does not move linearly with recall, so "
            "the area is not what any threshold reaches",
        ),
        make(
            "trapezoids after sorting by recall",
            "AUPR of anomalib up to 2.6",
            partial(_sorted_by_recall, level=level),
            "of the points with equal recall the worst comes first, and the curve begins at "
            "precision 1, so that even a perfect ranking stays below 1 and noise can gain",
        ),
    ]


def _overlap() -> list[Dialect]:
    make = partial(Dialect, "pixel", "AUPRO")
    return [
        make(
            f"limit {LIMIT}, exact",
            "MVTec AD, anomalib from 2.3, here `aupro`",
            _ours(AUPRO(fpr_limit=LIMIT)),
        ),
        make(
            f"limit {_TIGHT}, exact",
            "MVTec AD 2, here `aupro@0.05`",
            _ours(AUPRO(fpr_limit=_TIGHT)),
            "the same curve, of which only the part counts that flags few normal pixels",
        ),
        make(
            "no limit, exact",
            "some papers, here `aupro@1`",
            _ours(AUPRO(fpr_limit=_NO_LIMIT)),
            "the same curve up to a false positive rate of 1, where hardly any detector can miss",
        ),
        make(
            "100 ranks of normal scores",
            "MVTec 3D-AD, adeval's reference",
            _sampled(partial(_ranked, count=100), limited_area),
            f"100 thresholds at equidistant ranks of the normal scores: {{points}} of them lie "
            f"within the limit of {LIMIT}, and what defects gain between them is drawn straight",
        ),
        make(
            "1000 bins of equal width",
            "adeval",
            _sampled(partial(_binned, bins=1000), limited_area),
            f"bins between the lowest and the highest score: {{points}} of their edges lie within "
            f"the limit of {LIMIT}, the fewer the farther a single score lies out",
        ),
        make(
            "50 bins of equal width",
            "ADer, through adeval",
            _sampled(partial(_binned, bins=50), limited_area),
            f"bins between the lowest and the highest score: {{points}} of their edges lie within "
            f"the limit of {LIMIT}, the fewer the farther a single score lies out",
        ),
        make(
            "200 linear thresholds, FPR stretched",
            "RD4AD, CFLOW-AD, ADer and their kin",
            _sampled(partial(_stepped, count=200), stretched_area),
            f"of 200 thresholds in equal steps {{points}} lie below the limit of {LIMIT}; the "
            "highest false positive rate they reach, {last}, is taken for 1 and the lowest for 0",
        ),
        make(
            "mean of per-image values",
            "RD4AD's loop",
            _mean_of_images,
            "each of {images} anomalous images has a curve of its own, against its own background: "
            "scores are not compared between images, and normal images do not count",
        ),
        make(
            "anomalous images only",
            "PatchCore's and SimpleNet's anomaly PRO",
            _anomalous_images_only,
            "false positives count on images with a defect only, which hold {share} % of the "
            "normal pixels; false alarms on normal images are free",
        ),
    ]


def _best_f1() -> list[Dialect]:
    make = partial(Dialect, "pixel", "best F1")
    return [
        make("all thresholds, exact", "anomalib, most papers, here `f1max`", _ours(F1Max("pixel"))),
        make(
            "21 thresholds",
            "ADer",
            _few_thresholds,
            "thresholds in steps of 1/20 of the range between the lowest and the highest score: "
            "the best of them lies at {place} of it, the exact one at {exact}",
        ),
    ]


DIALECTS: tuple[Dialect, ...] = (
    *_overlap(),
    *_precision_recall("image"),
    *_precision_recall("pixel"),
    *_best_f1(),
)
"""Every definition, anomeval's own first in each measure."""
