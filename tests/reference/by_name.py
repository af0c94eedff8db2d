"""Reference values by metric text, such as `pixel_aupro(fpr_limit=0.3)`."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from tests.reference import ranking
from tests.reference.exact import Map, Mask, Score, Value
from tests.reference.overlap import aupro, pro
from tests.reference.pimo import aupimo
from tests.reference.pixels import pooled
from tests.reference.ranking import Best, Counts, Labels, Scores
from tests.reference.sweep import mean_over_range

AT_CUT: Mapping[str, Callable[[Counts], Value]] = {
    "f1": ranking.f1,
    "precision": ranking.precision,
    "recall": ranking.recall,
    "specificity": ranking.specificity,
    "accuracy": ranking.accuracy,
    "iou": ranking.iou,
}
OVER_CUTS: Mapping[str, Callable[[Scores, Labels], Best | None]] = {
    "f1max": ranking.f1max,
    "iou_max": ranking.iou_max,
}
RANKED: Mapping[str, Callable[..., Value]] = {
    "auroc": ranking.auroc,
    "ap": ranking.average_precision,
    "aupr": ranking.aupr_trapezoid,
    "pg": ranking.pg,
    "pb": ranking.pb,
    "fpr_at_tpr": ranking.fpr_at_tpr,
    "tpr_at_fpr": ranking.tpr_at_fpr,
}

SWEPT: Mapping[str, Callable[[Counts], Value]] = {
    "mf1": ranking.f1,
    "macc": ranking.recall,
    "miou": ranking.iou,
}


def parsed(text: str) -> tuple[str, str, dict[str, Fraction]]:
    """Split a metric text into level, name and parameters, read as decimal numbers."""
    head, _, tail = text.rstrip(")").partition("(")
    level, _, name = head.partition("_")
    pairs = (pair.split("=") for pair in tail.split(",") if pair)
    return level, name, {key.strip(): Fraction(number) for key, number in pairs}


def sample_value(text: str, scores: Scores, labels: Labels, cut: Score | None = None) -> Value:
    """Return a metric of images, or of the pixels of all images, at `cut` where it needs one."""
    _, name, parameters = parsed(text)
    if name in AT_CUT:
        if cut is None:
            raise ValueError(f"{text} needs a cut")
        return AT_CUT[name](ranking.counts_at(scores, labels, cut))
    if name in OVER_CUTS:
        best = OVER_CUTS[name](scores, labels)
        return None if best is None else best.value
    if name in SWEPT:
        return mean_over_range(SWEPT[name], scores, labels, **parameters)
    return RANKED[name](scores, labels, **parameters)


def pixel_value(
    text: str,
    maps: Sequence[Map],
    masks: Sequence[Mask],
    cut: Score | None = None,
    connectivity: int = 8,
) -> Fraction | float | None:
    """Return a pixel metric of whole images, at `cut` where it needs one and has none."""
    _, name, parameters = parsed(text)
    if name == "aupimo":
        return aupimo(maps, masks, parameters["fpr_low"], parameters["fpr_high"])
    if name == "aupro":
        return aupro(maps, masks, parameters["fpr_limit"], connectivity)
    if name == "pro":
        threshold = float(parameters["threshold"]) if parameters else cut
        if threshold is None:
            raise ValueError(f"{text} needs a cut")
        return pro(maps, masks, threshold, connectivity)
    return sample_value(text, *pooled(maps, masks), cut)
