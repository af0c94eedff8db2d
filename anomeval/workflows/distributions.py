"""Where scores lie in each category, and whether ranking or threshold has failed."""

from collections.abc import Container, Iterator, Mapping
from math import sqrt
from typing import NamedTuple

from anomeval.evidence.distributions import (
    bin_edges,
    counted,
    ks_distance,
    log_bin_edges,
    summary,
)
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor
from anomeval.metrics import F1, F1Max, Level, Outcome
from anomeval.ranking.sample import Sample
from anomeval.reporting.drift import Drift
from anomeval.reporting.explanation import ScoreLevel
from anomeval.reporting.numerals import score_text, texts_apart
from anomeval.workflows.collection import Collection

_NEAR = 0.02
"""How far below the best F1 a threshold still serves."""

_SMIRNOV = 1.358
"""Times sqrt(1/n + 1/m): a KS distance that chance exceeds in one case of twenty."""

_PIXEL_SHARE = 0.1
"""The same of pixels: neighbours are no independent draws, so for them it is a fixed share."""

_LEVELS: tuple[Level, Level] = ("image", "pixel")

ByCategory = Mapping[str | None, Findings]


def score_levels(findings: ByCategory) -> list[ScoreLevel]:
    """Where the scores of each category lie, level by level."""
    return [
        _score_level(level, category, sample)
        for level in _LEVELS
        for category, sample in _samples(findings, level)
    ]


def drifts(
    findings: ByCategory,
    fit: Fit,
    val: Collection | None = None,
    levels: Container[Level] = _LEVELS,
) -> tuple[Drift, ...]:
    """For each category and fitted level, F1 at the fitted cut beside the best there is.

    Args:
        findings: about the split at hand.
        fit: what was fitted; it tells where the normal scores were, except those of older versions.
        val: evidence of the split that was fitted on, if it is at hand: distances are then exact.
        levels: which are looked at.
    """
    before = {} if val is None else {name: _findings(val, name) for name in val.categories}
    found = []
    for level in (one for one in _LEVELS if one in levels):
        for category, _ in _samples(findings, level):
            judge = fit.for_category(category)
            fitted = F1(level).fitted(judge)
            if fitted is not None:
                seen, earlier = findings[category], before.get(category)
                moved = _Moved.since(fitted, earlier, seen, level)
                found.append(_drift(level, category, seen, judge, moved))
    return tuple(found)


class _Moved(NamedTuple):
    """How far normal scores have moved: bounds of a distance, and whether it is beyond chance.

    images: how many the scores of each split are from; None: an old fit does not tell.
    """

    low: float
    high: float
    beyond_chance: bool
    images: tuple[int | None, int]

    @classmethod
    def since(
        cls, fitted: FittedLevel, val: Findings | None, now: Findings, level: Level
    ) -> "_Moved | None":
        """From the validation split itself, else from what the fit tells of it."""
        sample, before = _sample(now, level), None if val is None else _sample(val, level)
        assert sample is not None
        if val is not None and before is not None:
            exact = ks_distance(before.normals, sample.normals)
            bounds = None if exact is None else (exact, exact)
            images: int | None = _normal_images(val, level)
        elif fitted.normals is not None:
            bounds = fitted.normals.distance(sample.negatives)
            flagged = fitted.false_positives
            images = flagged.units if flagged else None
            images = fitted.normals.count if level == "image" else images
        else:
            return None
        if bounds is None:
            return None
        here, chance = _normal_images(now, level), _PIXEL_SHARE
        if level == "image":
            assert images
            chance = _SMIRNOV * sqrt(1 / images + 1 / here)
        return cls(*bounds, bounds[0] > chance, (images, here))


def _normal_images(seen: Findings, level: Level) -> int:
    """The images that the normal scores of a level are from."""
    if level == "image":
        return seen.image_sample.negative_total
    return 0 if seen.pixels is None else seen.pixels.image_total


def _drift(
    level: Level,
    category: str | None,
    seen: Findings,
    judge: OneClassPostProcessor,
    moved: _Moved | None,
) -> Drift:
    at_cut, best = F1(level).compute(seen, judge), F1Max(level).compute(seen)
    fitted = F1(level).fitted(judge)
    assert fitted is not None
    cut = fitted.scale.cut
    serves = None
    if at_cut.value is not None and best.value is not None:
        serves = best.value - at_cut.value <= _NEAR
    return Drift(
        level=level,
        category=category,
        cut=cut,
        f1=at_cut.value,
        f1max=best.value,
        best_cut=best.extra.get("threshold"),
        serves=serves,
        ks_low=moved.low if moved else None,
        ks_high=moved.high if moved else None,
        moved=moved.beyond_chance if moved else None,
        verdict=_verdict(serves, at_cut.value, best, cut) + _moved_text(moved),
    )


def _verdict(serves: bool | None, f1: float | None, best: Outcome, cut: float) -> str:
    best_cut = best.extra.get("threshold")
    if serves is None or best_cut is None:
        return "without anomalous scores there is no F1 to compare"
    found = f"F1 {f1:.4f} at the fitted cut, {best.value:.4f} at best"
    if serves:
        return f"{found}: the threshold serves, what is missing is a matter of ranking"
    side = "high" if cut > best_cut else "low"
    told = texts_apart(best_cut, cut)
    against = "" if score_text(best_cut) == told[0] else f", the cut {told[1]}"
    return f"{found}: the threshold is too {side}, the best is {told[0]}{against}"


def _moved_text(moved: _Moved | None) -> str:
    if moved is None:
        return ""
    low, high = f"{moved.low:.3f}", f"{moved.high:.3f}"
    ks = f"KS {low}" if low == high else f"KS {low} to {high}"
    if moved.beyond_chance:
        return f"; normal scores have moved since validation ({ks})"
    before, now = moved.images
    images = f"{now} images" if before is None else f"{before} and {now} images"
    return f"; normal scores: no shift that {images} could show ({ks})"


def _score_level(level: Level, category: str | None, sample: Sample) -> ScoreLevel:
    edges = bin_edges(sample)
    classes = sample.normals, counted(sample.positives)
    log_edges = log_bin_edges(classes)
    normal, anomalous = (summary(scores, edges, log_edges) for scores in classes)
    return ScoreLevel(level, category, edges, log_edges, normal, anomalous)


def _samples(findings: ByCategory, level: Level) -> Iterator[tuple[str | None, Sample]]:
    for category, seen in findings.items():
        sample = _sample(seen, level)
        if sample is not None:
            yield category, sample


def _sample(seen: Findings, level: Level) -> Sample | None:
    if level == "image":
        return seen.image_sample
    return None if seen.pixels is None else seen.pixels.sample


def _findings(collection: Collection, category: str | None) -> Findings:
    return Findings(collection.of_category(category), has_pixels=collection.has_pixels)
