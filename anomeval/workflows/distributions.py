"""Where scores lie in each category, and whether ranking or threshold has failed."""

from collections.abc import Iterator, Mapping
from math import sqrt

from anomeval.evidence.distributions import bin_edges, counted, ks_distance, summary
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import Fit
from anomeval.metrics import F1, F1Max, Level
from anomeval.ranking.sample import Sample
from anomeval.reporting.explanation import Drift, ScoreLevel
from anomeval.workflows.collection import Collection

_NEAR = 0.02
"""How far below the best F1 a threshold still serves."""

_SMIRNOV = 1.358
"""Times sqrt(1/n + 1/m): a KS distance that chance exceeds in one case of twenty."""

_LEVELS: tuple[Level, Level] = ("image", "pixel")

ByCategory = Mapping[str | None, Findings]


def score_levels(findings: ByCategory) -> list[ScoreLevel]:
    """Where the scores of each category lie, level by level."""
    return [
        _score_level(level, category, sample)
        for level in _LEVELS
        for category, sample in _samples(findings, level)
    ]


def drifts(findings: ByCategory, fit: Fit, val: Collection | None) -> list[Drift]:
    """For each category and fitted level, F1 at the fitted cut beside the best there is.

    val: evidence of the split that was fitted on, for the distance of its normal scores.
    """
    before = {} if val is None else {name: _findings(val, name) for name in val.categories}
    found = []
    for level in _LEVELS:
        for category, sample in _samples(findings, level):
            earlier = before.get(category)
            known = None if earlier is None else _sample(earlier, level)
            drift = _drift(level, category, findings[category], sample, fit, known)
            found += [drift] if drift else []
    return found


def _drift(
    level: Level,
    category: str | None,
    seen: Findings,
    sample: Sample,
    fit: Fit,
    earlier: Sample | None,
) -> Drift | None:
    judge = fit.for_category(category)
    at_cut, best = F1(level).compute(seen, judge), F1Max(level).compute(seen)
    fitted = F1(level).fitted(judge)
    if fitted is None:
        return None
    ks = None if earlier is None else ks_distance(earlier.normals, sample.normals)
    drifted = earlier is not None and ks is not None and _has_drifted(level, ks, earlier, sample)
    best_cut = best.extra.get("threshold")
    cut = fitted.scale.cut
    return Drift(
        level=level,
        category=category,
        cut=cut,
        f1=at_cut.value,
        f1max=best.value,
        best_cut=best_cut,
        ks=ks,
        verdict=_verdict(at_cut.value, best.value, cut, best_cut) + _drift_text(ks, drifted),
    )


def _verdict(f1: float | None, f1max: float | None, cut: float, best_cut: float | None) -> str:
    if f1 is None or f1max is None or best_cut is None:
        return "without anomalous scores there is no F1 to compare"
    if f1max - f1 <= _NEAR:
        return f"the threshold serves: no other would raise F1 by more than {_NEAR}"
    side = "high" if cut > best_cut else "low"
    return f"the threshold is too {side}: at {best_cut:.6g} the same ranking reaches {f1max:.4f}"


def _drift_text(ks: float | None, drifted: bool) -> str:
    if ks is None:
        return ""
    if drifted:
        return f"; normal scores have moved since validation (KS {ks:.3f})"
    return f"; normal scores lie as in validation (KS {ks:.3f})"


def _has_drifted(level: Level, ks: float, earlier: Sample, now: Sample) -> bool:
    """Beyond chance for images; neighbouring pixels are no independent draws, so a fixed share."""
    if level == "pixel":
        return ks > 0.1
    return ks > _SMIRNOV * sqrt(1 / earlier.negative_total + 1 / now.negative_total)


def _score_level(level: Level, category: str | None, sample: Sample) -> ScoreLevel:
    edges = bin_edges(sample)
    normal, anomalous = summary(sample.normals, edges), summary(counted(sample.positives), edges)
    return ScoreLevel(level, category, edges, normal, anomalous)


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
