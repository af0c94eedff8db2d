"""From evidence to what is known about the error of each value."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.resamples import ExtremeResample, ResampledEvidence, Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics import Metric
from anomeval.uncertainty.draws import VERSION, draw, units_digest
from anomeval.uncertainty.interval import Spread, deviation, interval, mean_spread
from anomeval.uncertainty.jackknife import LeftOut, leverage
from anomeval.uncertainty.replicates import Replicates

REPLICATES = 500

FEWEST = 5
"""Images of a class below which there is no interval: coverage is then anybody's guess."""

_MOST_UNDEFINED = 0.1
_MOST_LEFT_OPEN = 0.3
"""What bins may leave open, as a share of the standard deviation that one image contributes.

Up to here, resampled values are off by less than a tenth of a standard error."""

_TOO_CLOSE = "scores lie too close together for the bins in which pixels are resampled"
_UNIT_RANGE = "[0, 1]"


@dataclass(frozen=True)
class Uncertainty:
    """What is known about the error of a value: spread and replicates, or why there are none.

    bounded: whether the value lies in [0, 1].
    """

    spread: Spread | None = None
    replicates: Replicates | None = None
    reason: str | None = None
    bounded: bool = True

    def interval(self, level: float) -> tuple[float, float] | None:
        """The interval that covers the true value with probability `level`."""
        return interval(self.spread, level, bounded=self.bounded) if self.spread else None


class Resampling:
    """The images of a group, drawn again and again.

    Beside the resamples there is a column with every image once, by which the bins of pixels are
    put right, and one for each portion of images that is left out.
    """

    def __init__(self, evidence: Evidence, *, has_pixels: bool, replicates: int) -> None:
        self._evidence = ResampledEvidence(evidence, has_pixels=has_pixels)
        self._count = replicates
        units = self._evidence.units
        self._plan = LeftOut.plan(units)
        everyone = np.ones((len(units), 1), np.uint8)
        weights = (draw(units.names, replicates), everyone, self._plan.weights)
        self._seen = Resamples(self._evidence, np.concatenate(weights, axis=1))
        self._digest = units_digest(units)

    def assess(
        self, metric: Metric, value: float | None, judge: OneClassPostProcessor | None
    ) -> Uncertainty:
        """What resampling tells about the exact value of a metric."""
        if value is None:
            return Uncertainty()
        sizes = self._evidence.sizes(metric.level)
        if reason := _too_few(metric, sizes):
            return Uncertainty(reason=reason)
        found = metric.resample(self._seen, judge)
        if found is None:
            return Uncertainty(reason="this metric does not say how it is resampled")
        resampled, whole, left = np.split(found, [self._count, self._count + 1])
        bounded = metric.doc.range == _UNIT_RANGE
        packed = self._packed(resampled + (value - whole), sizes, bounded=bounded)
        if isinstance(packed, str):
            return Uncertainty(reason=packed)
        rests_on = _rests_on(metric, sizes)
        held = leverage(self._plan, left, rests_on)
        values = packed.values()
        spread = Spread(
            value=value,
            bias=float(np.nanmean(values)) - value if metric.is_maximum else 0.0,
            error=deviation(values) * held.inflation,
            inflation=held.inflation,
            freedom=held.freedom,
            units=min(size for size in rests_on if size),
        )
        if self._left_open(metric, judge) > _MOST_LEFT_OPEN * spread.error * spread.units**0.5:
            return Uncertainty(reason=_TOO_CLOSE)
        return Uncertainty(spread, packed, bounded=bounded)

    def _packed(
        self, values: NDArray[np.float64], sizes: tuple[int, int], *, bounded: bool
    ) -> Replicates | str:
        """The replicates, or why they are of no use."""
        undefined = int(np.isnan(values).sum())
        if undefined > _MOST_UNDEFINED * len(values):
            return f"undefined in {undefined} of {len(values)} resamples"
        if bounded:
            values = np.clip(values, 0.0, 1.0)
        return Replicates.of(values, VERSION, self._digest, *sizes)

    def _left_open(self, metric: Metric, judge: OneClassPostProcessor | None) -> float:
        """How far the value could be elsewhere, as far as the bins of pixels can tell."""
        if metric.level != "pixel":
            return 0.0
        ends = [
            metric.resample(ExtremeResample(self._seen, self._count, best=best), judge)
            for best in (False, True)
        ]
        return float(np.ptp([end[0] for end in ends if end is not None]))


def mean_uncertainty(parts: Mapping[str, Uncertainty]) -> Uncertainty:
    """What is known about the error of an unweighted mean.

    Args:
        parts: by name, what is known about each value. They have the same resamples.
    """
    lacking = [f"{name}: {part.reason}" for name, part in parts.items() if part.reason]
    if lacking:
        return Uncertainty(reason="; ".join(lacking))
    spreads = [part.spread for part in parts.values() if part.spread]
    packed = [part.replicates for part in parts.values() if part.replicates]
    if not spreads:
        return Uncertainty()
    digest = xxhash.xxh3_128_hexdigest("\n".join(each.images for each in packed).encode())
    mean = np.add.reduce([each.values() for each in packed], axis=0) / len(packed)
    counts = (sum(each.normal for each in packed), sum(each.anomalous for each in packed))
    replicates = Replicates.of(mean, VERSION, digest, *counts)
    bounded = all(part.bounded for part in parts.values())
    return Uncertainty(mean_spread(spreads, replicates.values()), replicates, bounded=bounded)


def _rests_on(metric: Metric, sizes: tuple[int, int]) -> tuple[int, int]:
    """Sizes of the two classes, 0 for one that does not matter to the metric."""
    normal, anomalous = sizes
    return (
        normal if "normal" in metric.classes else 0,
        anomalous if "anomalous" in metric.classes else 0,
    )


def _too_few(metric: Metric, sizes: tuple[int, int]) -> str | None:
    for name, size in zip(("normal", "anomalous"), sizes, strict=True):
        if name not in metric.classes or size >= FEWEST:
            continue
        if size == 0 and metric.level == "pixel" and name == "normal":
            continue  # anomalous images have normal pixels, too
        return f"{size} {name} image{'s' * (size != 1)}: an interval needs at least {FEWEST}"
    return None
