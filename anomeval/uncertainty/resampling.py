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
from anomeval.uncertainty.interval import Spread, interval, mean_spread, spread_of
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
        if reason := self._too_few(metric, sizes):
            return Uncertainty(reason=reason)
        found = metric.resample(self._seen, judge)
        if found is None:
            return Uncertainty(reason="this metric does not say how it is resampled")
        resampled, whole, left = np.split(found, [self._count, self._count + 1])
        bounded = metric.doc.range == _UNIT_RANGE
        packed = _packed(resampled + (value - whole), self._digest, sizes, bounded=bounded)
        if isinstance(packed, str):
            return Uncertainty(reason=packed)
        rests_on = _rests_on(metric, sizes)
        if not any(rests_on):
            return Uncertainty(reason="there is no image of the class that the metric rests on")
        spread = spread_of(
            value,
            packed.values(),
            leverage(self._plan, left, rests_on),
            min(size for size in rests_on if size),
            is_maximum=metric.is_maximum,
        )
        if self._left_open(metric, judge) > _MOST_LEFT_OPEN * spread.error * spread.units**0.5:
            return Uncertainty(reason=_TOO_CLOSE)
        return Uncertainty(spread, packed, bounded=bounded)

    def _too_few(self, metric: Metric, sizes: tuple[int, int]) -> str | None:
        """Which class has too few images, in words."""
        unit = "image" if len(self._evidence.units) == len(self._evidence.rows) else "group"
        for name, size in zip(("normal", "anomalous"), sizes, strict=True):
            if name not in metric.classes or size >= FEWEST:
                continue
            if size == 0 and metric.level == "pixel" and name == "normal" and sizes[1] >= FEWEST:
                continue  # anomalous images have normal pixels, too
            return f"{size} {name} {unit}{'s' * (size != 1)}: an interval needs at least {FEWEST}"
        return None

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
        return Uncertainty(reason=f"{len(lacking)} of {len(parts)} have no interval; {lacking[0]}")
    spreads = [part.spread for part in parts.values() if part.spread]
    packed = [part.replicates for part in parts.values() if part.replicates]
    if not spreads:
        return Uncertainty()
    digest = xxhash.xxh3_128_hexdigest("\n".join(each.images for each in packed).encode())
    mean = np.add.reduce([each.values() for each in packed], axis=0) / len(packed)
    counts = (sum(each.normal for each in packed), sum(each.anomalous for each in packed))
    bounded = all(part.bounded for part in parts.values())
    replicates = _packed(mean, digest, counts, bounded=bounded)
    if isinstance(replicates, str):
        return Uncertainty(reason=replicates)
    return Uncertainty(mean_spread(spreads, replicates.values()), replicates, bounded=bounded)


def _packed(
    values: NDArray[np.float64], images: str, sizes: tuple[int, int], *, bounded: bool
) -> Replicates | str:
    """The replicates, or why they are of no use."""
    undefined = int(np.isnan(values).sum())
    if undefined > _MOST_UNDEFINED * len(values):
        return f"undefined in {undefined} of {len(values)} resamples"
    return Replicates.of(np.clip(values, 0.0, 1.0) if bounded else values, VERSION, images, *sizes)


def _rests_on(metric: Metric, sizes: tuple[int, int]) -> tuple[int, int]:
    """Sizes of the two classes, 0 for one that does not matter to the metric."""
    normal, anomalous = sizes
    with_normal_pixels = metric.level == "pixel"  # anomalous images have them, too
    return (
        normal if "normal" in metric.classes else 0,
        anomalous if "anomalous" in metric.classes or with_normal_pixels else 0,
    )
