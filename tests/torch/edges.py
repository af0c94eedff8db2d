"""Fits and inputs on which a careless comparison goes wrong."""

import numpy as np

from anomeval.judging.post_processor import FittedLevel, OneClassPostProcessor
from anomeval.judging.scale import Scale

SCALES = {
    "observed-float32": Scale(float(np.float32(0.7)), 0.1, 0.9),
    "just-above-a-float32": Scale(0.7, 0.1, 0.9),  # float32(0.7) < 0.7
    "just-below-a-float32": Scale(0.1, 0.0, 0.4),  # float32(0.1) > 0.1
    "sensitive": Scale(0.7, 0.1, 0.9, 0.8),
    "insensitive": Scale(0.7, 0.1, 0.9, 0.0),
    "far-from-zero": Scale(1000.0071, 1000.0, 1000.015),
    "no-range": Scale(0.7, 0.7, 0.7),
    "zero": Scale(0.0, -1.0, 1.0),
    "cut-beyond-float32": Scale(3e38, 0.0, 3e38, 0.0),
}


def fitted(scale: Scale) -> OneClassPostProcessor:
    """Both levels on one scale."""
    return OneClassPostProcessor(*[FittedLevel(scale, "f1", 1, 1)] * 2)


def scores_around(scale: Scale) -> np.ndarray:
    """(n,) float32: the neighbours of the cut, the threshold and the ends, and odd numbers."""
    found = [0.0, -0.0, np.inf, -np.inf, np.finfo(np.float32).max, np.finfo(np.float32).tiny]
    with np.errstate(over="ignore"):
        centres = np.array([scale.cut, scale.threshold, scale.low, scale.high]).astype(np.float32)
    for centre in centres:
        for direction in (np.float32(-np.inf), np.float32(np.inf)):
            score = centre
            for _ in range(4):
                found.append(score)
                score = np.nextafter(score, direction)
    found += list(np.linspace(scale.low - 0.3, scale.high + 0.3, 41))
    return np.array(found, np.float32)


def error_bound(scale: Scale) -> float:
    """How far float32 normalization may be off, as the module documents it."""
    span = scale.high - scale.low
    return 2**-24 * (abs(scale.threshold) / span + 4) if span else 0.0
