"""From evidence to what is known about the error of each value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.resamples import ExtremeResample, ResampledEvidence, Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics import Metric
from anomeval.uncertainty.draws import VERSION, draw, units_digest
from anomeval.uncertainty.interval import Spread, interval, spread_of
from anomeval.uncertainty.jackknife import LeftOut, leverage
from anomeval.uncertainty.replicates import Replicates

REPLICATES = 500

FEWEST = 5
"""Images of a class below which there is no interval: coverage is then anybody's guess."""

_MOST_UNDEFINED = 0.1
_MOST_LEFT_OPEN = 0.3
"""What bins may leave open, as a share of the standard deviation that one image contributes.

Up to here, resampled values are off by less than a tenth of a standard error."""

_UNIT_RANGE = "[0, 1]"


@dataclass(frozen=True)
class Uncertainty:
    """What is known about the error of a value: spread and replicates, or why there are none.

    units: how many independent units of the rarer class the value rests on.
    """

    spread: Spread | None = None
    replicates: Replicates | None = None
    reason: str | None = None
    bounded: bool = True

    def interval(self, level: float) -> tuple[float, float] | None:
        """The interval that covers the true value with probability `level`."""
        return self.spread and interval(self.spread, level, bounded=self.bounded)


class Resampling:
    """The images of a group, drawn again and again.

    Beside the resamples there is one column with every image once, by which the bins of pixels are
    put right, and one for each portion of images that is left out.
    """

    def __init__(self, evidence: Evidence, *, has_pixels: bool, replicates: int) -> None:
        self._evidence = ResampledEvidence(evidence, has_pixels=has_pixels)
        self._count = replicates
        units = self._evidence.units
        self._plan = LeftOut.plan(units)
        everyone = np.ones((len(units), 1), np.uint8)
        weights = [draw(units.names, replicates), everyone, self._plan.weights]
        self._seen = Resamples(self._evidence, np.concatenate(weights, axis=1))
        self._digest = units_digest(units)

    def assess(
        self, metric: Metric, value: float | None, judge: OneClassPostProcessor | None
    ) -> Uncertainty:
        """What resampling tells about a metric's exact value."""
        if value is None:
            return Uncertainty()
        sizes = self._evidence.sizes(metric.level)
        reason = _too_few(metric, sizes)
        if reason:
            return Uncertainty(reason=reason)
        found = metric.resample(self._seen, judge)
        if found is None:
            return Uncertainty(reason="this metric does not say how it is resampled")
        bounded = metric.doc.range == _UNIT_RANGE
        replicates, whole, left = np.split(found, [self._count, self._count + 1])
        replicates = replicates + (value - whole)
        if bounded:
            replicates = np.clip(replicates, 0.0, 1.0)
        undefined = int(np.isnan(replicates).sum())
        if undefined > _MOST_UNDEFINED * self._count:
            return Uncertainty(reason=f"undefined in {undefined} of {self._count} resamples")
        normal, anomalous = sizes
        packed = Replicates.of(
            replicates, draws=VERSION, images=self._digest, normal=normal, anomalous=anomalous
        )
        ...
