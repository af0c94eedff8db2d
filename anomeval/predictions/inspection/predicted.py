"""Findings about what was predicted: scores and maps inverted, clamped, blank or broken."""

from collections.abc import Iterator, Sequence
from math import isinf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.inspection.look import Look, MapLook, about
from anomeval.predictions.inspection.report import Finding
from anomeval.predictions.inspection.truth import by_category
from anomeval.predictions.peaks import common_peak

_RAW = "save raw scores, before any normalization: clamping makes ties that no metric can undo"
_NAN = "mend the model's output, or choose --nan drop, --nan min or --nan max"
_SIDES = ("top", "bottom", "left", "right")


def score_findings(looks: Sequence[Look]) -> Iterator[Finding]:
    """Image scores: not numbers, infinite, clamped, inverted."""
    if missing := [look for look in looks if isnan(look.entry.score or 0)]:
        yield about("error", "nan_in_score", missing, "pred_score is NaN", _NAN)
    if infinite := [look for look in looks if isinf(look.entry.score or 0)]:
        message = "pred_score is infinite: it can be ranked, but fits no minimum or maximum"
        yield about("warning", "infinite_score", infinite, message, "mend the model's output")
    if from_map := [look for look in looks if look.entry.score is None and look.map]:
        message = "images have no pred_score; the maximum of the map is taken"
        yield about("note", "score_from_map", from_map, message)
    scored = [look for look in looks if look.entry.score is not None]
    yield from _clamped_scores(scored)
    yield from _inverted(looks)


def map_findings(looks: Sequence[Look]) -> Iterator[Finding]:
    """Anomaly maps: not numbers, infinite, constant, repeated, clamped, blank at the border."""
    pairs = [(look, look.map) for look in looks if look.map]
    if missing := [(look, seen) for look, seen in pairs if seen.nan]:
        row, column = missing[0][1].first_nan or (0, 0)
        message = f"anomaly_map holds {sum(seen.nan for _, seen in missing)} NaN, "
        message += f"first at row {row}, column {column} of the first image"
        yield about("error", "nan_in_map", [look for look, _ in missing], message, _NAN)
    if infinite := [(look, seen) for look, seen in pairs if seen.infinite]:
        message = f"anomaly_map holds {sum(seen.infinite for _, seen in infinite)} infinities: "
        message += "they can be ranked, but fit no minimum or maximum"
        images = [look for look, _ in infinite]
        yield about("warning", "infinite_map", images, message, "mend the model's output")
    known = [(look, seen) for look, seen in pairs if seen.low is not None]
    if constant := [look for look, seen in known if seen.low == seen.high]:
        remedy = "check that the model's output, and not an empty array, was saved"
        message = "anomaly_map holds one value only"
        yield about("warning", "constant_map", constant, message, remedy)
    yield from _same_maximum(known)
    yield from _mixed_types(looks)
    yield from _repeated_maps(pairs)
    yield from _clamped_maps(looks, [seen for _, seen in pairs])
    yield from _blank_border(pairs)


def area_under_roc(normal: Sequence[float], anomalous: Sequence[float]) -> float | None:
    """P(anomalous > normal) + ½ P(equal); None where a class is empty."""
    if not normal or not anomalous:
        return None
    ordered = np.sort(np.asarray(normal, np.float64))
    below = np.searchsorted(ordered, anomalous, "left").sum()
    up_to = np.searchsorted(ordered, anomalous, "right").sum()
    return float(below + up_to) / (2 * len(normal) * len(anomalous))


def _inverted(looks: Sequence[Look]) -> Iterator[Finding]:
    for category, group in by_category(looks).items():
        ranked = [
            (score, look)
            for look in group
            if (score := look.score) is not None and not isnan(score)
        ]
        normal = [score for score, look in ranked if look.anomalous is False]
        anomalous = [score for score, look in ranked if look.anomalous]
        area = area_under_roc(normal, anomalous)
        if area is not None and area < 0.5:
            place = f" in {category}" if category else ""
            message = f"normal images score higher than anomalous ones{place}"
            message += f" (image AUROC {area:.3f}, {len(normal)} and {len(anomalous)} images)"
            remedy = "higher must mean more anomalous; save the negative, or check the labels"
            yield about("warning", "inverted_scores", group, message, remedy)


def _clamped_scores(looks: Sequence[Look]) -> Iterator[Finding]:
    scores: NDArray[np.float64] = np.array([look.entry.score for look in looks], np.float64)
    if not scores.size or scores.min() < 0 or scores.max() > 1 or np.isnan(scores).any():
        return
    at_zero, at_one = int((scores == 0).sum()), int((scores == 1).sum())
    if at_zero > 1 or at_one > 1:
        message = f"pred_score lies in [0, 1] and is exactly 0 in {at_zero} images, "
        message += f"exactly 1 in {at_one}: it looks normalized and clamped"
        tied = [look for look in looks if look.entry.score in (0, 1)]
        yield about("warning", "clamped_scores", tied, message, _RAW)
    elif at_zero and at_one:
        message = "pred_score reaches from exactly 0 to exactly 1: it looks normalized"
        yield Finding("note", "normalized_scores", message, _RAW)


def _clamped_maps(looks: Sequence[Look], seen: Sequence[MapLook]) -> Iterator[Finding]:
    lows = [look.low for look in seen if look.low is not None]
    highs = [look.high for look in seen if look.high is not None]
    tops, bottoms = sum(look.top for look in seen), sum(look.bottom for look in seen)
    integer = bool(seen) and all(look.dtype.kind == "u" for look in seen)
    if integer and tops > 1:
        images = [look for look in looks if look.map and look.map.top]
        message = f"anomaly_map is at the largest value of {seen[0].dtype.name} in {tops} pixels"
        yield about("warning", "clamped_map", images, message, _RAW)
    if integer or not lows or min(lows) < 0 or max(highs) > 1:
        return
    if tops > 1 or bottoms > 1:
        images = [look for look in looks if look.map and (look.map.top or look.map.bottom)]
        message = f"anomaly_map lies in [0, 1] and is exactly 0 in {bottoms} pixels, "
        message += f"exactly 1 in {tops}: it looks normalized and clamped"
        severity: Any = "warning" if tops > 1 else "note"
        yield about(severity, "clamped_map", images, message, _RAW)


def _same_maximum(known: Sequence[tuple[Look, MapLook]]) -> Iterator[Finding]:
    varying = [(look, seen) for look, seen in known if seen.low != seen.high]
    peak = common_peak([seen.high for _, seen in varying])
    if peak is not None:
        message = f"every anomaly_map has the same maximum, {peak:g}: it looks scaled or clamped"
        message += " image by image, so that images cannot be compared"
        yield about("warning", "same_maximum", [look for look, _ in varying], message, _RAW)


def _mixed_types(looks: Sequence[Look]) -> Iterator[Finding]:
    """Integers and floats in one ranking; float16 and float32 have one scale."""
    for category, group in by_category(looks).items():
        kinds: dict[str, list[Look]] = {}
        for look in group:
            if look.map:
                kind = "float" if look.map.dtype.kind == "f" else look.map.dtype.name
                kinds.setdefault(kind, []).append(look)
        if len(kinds) > 1:
            place = f" in {category}" if category else ""
            found = " and ".join(f"{len(kinds[kind])} of {kind}" for kind in sorted(kinds))
            message = f"anomaly maps are of several types{place} ({found}), and ranked together"
            fewest = min(kinds.values(), key=len)
            yield about("warning", "mixed_map_types", fewest, message, "save all in one scale")


def _repeated_maps(pairs: Sequence[tuple[Look, MapLook]]) -> Iterator[Finding]:
    first: dict[bytes, Look] = {}
    repeated: list[Look] = []
    for look, seen in pairs:
        if seen.digest and first.setdefault(seen.digest, look) is not look:
            repeated.append(look)
    if repeated:
        message = "anomaly_map is the same, pixel by pixel, as that of an earlier image"
        remedy = "check whether an image is in the data twice, or a batch was written twice"
        yield about("warning", "repeated_map", repeated, message, remedy)


def _blank_border(pairs: Sequence[tuple[Look, MapLook]]) -> Iterator[Finding]:
    """Edges that are one and the same value in every map, while the inside is not."""
    varying = [(look, seen.border) for look, seen in pairs if seen.low != seen.high]
    borders = [border for _, border in varying if border]
    if not borders or len(borders) < len(varying):
        return
    widths = [min(border.widths[side] for border in borders) for side in range(len(_SIDES))]
    inside = sum(border.inside for border in borders) / len(borders)
    if not any(widths) or inside > 0.5 or len({border.value for border in borders}) > 1:
        return
    sides = ", ".join(f"{side} {width}" for side, width in zip(_SIDES, widths, strict=True))
    message = f"every anomaly_map is {borders[0].value:g} along its border ({sides} pixels)"
    remedy = "defects there cannot be found; score the whole image, or crop maps and masks"
    yield about("warning", "blank_border", [look for look, _ in varying], message, remedy)
