"""Evidence made from arrays, and the same images written out as often as a resample draws them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.predictions.preparation import PreparationRules, prepare
from anomeval.predictions.record import Image, ImageEntry


@dataclass(frozen=True)
class Shot:
    """One image."""

    name: str
    anomalous: bool
    score: float
    map: NDArray[np.floating] | None = None
    mask: NDArray[np.uint8] | None = None
    category: str | None = None
    group: str | None = None
    saturation: Sequence[int] | None = None


def evidence_of(shots: Sequence[Shot]) -> Evidence:
    """The evidence of some images."""
    evidence = Evidence()
    for index, shot in enumerate(shots):
        entry = ImageEntry(
            "made",
            index,
            shot.name,
            True,
            shot.score,
            shot.anomalous,
            shot.category,
            None,
            shot.group,
        )
        saturation = None if shot.saturation is None else np.array(shot.saturation)
        image = Image(entry, shot.map, shot.mask, saturation)
        evidence.update(prepare(image, PreparationRules()))
    return evidence


def repeated(shots: Sequence[Shot], weights: Sequence[int]) -> list[Shot]:
    """Each image as often as it was drawn, under names of its own."""
    return [
        replace(shot, name=f"{shot.name}/{copy}")
        for shot, weight in zip(shots, weights, strict=True)
        for copy in range(weight)
    ]


def balanced(shots: Sequence[Shot], count: int, seed: int) -> NDArray[np.uint8]:
    """Weights (images, count) that draw each class as often as it has images."""
    rng = np.random.default_rng(seed)
    labels = np.array([shot.anomalous for shot in shots])
    weights = np.zeros((len(shots), count), np.uint8)
    for label in (False, True):
        chosen = np.flatnonzero(labels == label)
        drawn = rng.multinomial(len(chosen), np.full(len(chosen), 1 / len(chosen)), count)
        weights[chosen] = drawn.T
    return weights


def photos(normal: int, anomalous: int, seed: int, *, side: int = 24) -> list[Shot]:
    """Images with smooth-looking continuous scores; defects are bright rectangles.

    For sPRO those of an image are one defect, of which half is enough.
    """
    rng = np.random.default_rng(seed)
    shots = []
    for index in range(normal + anomalous):
        level = rng.normal(0, 0.15)
        scores = np.exp(rng.normal(level, 0.35, (side, side)))
        mask = np.zeros((side, side), np.uint8)
        if index >= normal:
            for _ in range(rng.integers(1, 3)):
                row, column, height, width = rng.integers([0, 0, 3, 3], [side - 4, side - 4, 8, 8])
                mask[row : row + height, column : column + width] = 1
            scores = scores * np.exp(mask * rng.normal(0.8, 0.4))
        label = index >= normal
        score = float(rng.normal(1.5 * label, 1.0))
        found, enough = scores.astype(np.float32), [int(mask.sum()) // 2]
        name = f"{index:03d}.png"
        shots.append(Shot(name, label, score, found, mask, saturation=enough))
    return shots
