"""MEBin: a mask for each image, cut where the number of connected components is most stable.

Main element binarization (Huang et al., AnomalyNCD, CVPR 2025). Images share one score range,
which their method takes over all images; so it does here, and no batch size plays a role. It is
applied to raw maps: normalization would change nothing but flatten the peaks it clamps.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import inf, isfinite, nextafter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import UsageError
from anomeval.judging.batch import BatchError, PostProcessed, RawBatch
from anomeval.judging.components import component_counts, depths, eroded, stable_run
from anomeval.judging.post_processor import OneClassPostProcessor

_TOP = 255


class PeakRange(NamedTuple):
    """What of a set of maps decides their common range: merges in any order.

    lowest_peak, highest_peak: of the maxima of the maps. lowest: of all scores.
    """

    lowest_peak: float = inf
    highest_peak: float = -inf
    lowest: float = inf

    @classmethod
    def of(cls, anomaly_map: NDArray[Any]) -> "PeakRange":
        """Of one map (H, W), free of NaN."""
        peak = float(anomaly_map.max())
        return cls(peak, peak, float(anomaly_map.min()))

    def merged(self, other: "PeakRange") -> "PeakRange":
        """Of both sets of maps together."""
        return PeakRange(
            min(self.lowest_peak, other.lowest_peak),
            max(self.highest_peak, other.highest_peak),
            min(self.lowest, other.lowest),
        )

    @property
    def ends(self) -> tuple[float, float]:
        """From the lowest to the highest peak; where they are equal, from the lowest score."""
        low = self.lowest_peak if self.lowest_peak < self.highest_peak else self.lowest
        return low, self.highest_peak


class Binarized(NamedTuple):
    """The mask of one map.

    threshold: raw; the mask holds what is strictly above. mask: (H, W) bool.
    components: the stable number of components; 0 where no number is stable and the mask is empty.
    """

    threshold: float
    mask: NDArray[np.bool_]
    components: int


@dataclass(frozen=True)
class Mebin:
    """MEBin for images of one score range.

    low, high: the range, see `PeakRange.ends`; where they are equal all masks are empty.
    step: distance of the levels 255, 255 - step, ... at which components are counted.
    shortest_run: how many levels in a row at least make a number of components stable.
    erosion: side of the square that maps are eroded with before counting; None = no erosion.

    Raises:
        BatchError: the range is not finite.
        UsageError: a parameter below 1, or a step beyond the levels.
    """

    low: float
    high: float
    step: int = 4
    shortest_run: int = 4
    erosion: int | None = 6

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high)):
            raise BatchError(f"MEBin needs finite scores, got a range of {self.low} to {self.high}")
        if not 1 <= self.step <= _TOP or self.shortest_run < 1 or (self.erosion or 1) < 1:
            raise UsageError(f"MEBin: parameters must be 1 or more (step up to {_TOP}): {self}")

    @classmethod
    def over(cls, maps: Iterable[NDArray[Any]]) -> "Mebin":
        """With the range of these maps (H, W), which may be of different sizes."""
        whole = PeakRange()
        for anomaly_map in maps:
            whole = whole.merged(PeakRange.of(anomaly_map))
        return cls(*whole.ends)

    def binarize(self, anomaly_map: NDArray[Any]) -> Binarized:
        """The mask of one raw map (H, W), which must be free of NaN."""
        levels = len(self._bounds)
        image = depths(anomaly_map, self._bounds)
        if self.erosion is not None:
            image = eroded(image, self.erosion)
        run = stable_run(component_counts(image, levels), self.shortest_run)
        end, components = run or (0, 0)
        threshold = self._raw(_TOP - end * self.step)
        mask = np.asarray(anomaly_map, np.float64) >= _lowest_above(threshold)
        return Binarized(float(threshold), mask, components)

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        """For each level, ascending, the lowest number above it in raw scores."""
        levels = sorted(range(_TOP, -1, -self.step))
        return np.array([_lowest_above(self._raw(level)) for level in levels])

    def _raw(self, level: int) -> Fraction:
        low, high = Fraction(self.low), Fraction(self.high)
        return low + (high - low) * level / _TOP


@dataclass(frozen=True)
class MebinPostProcessor:
    """Scores, maps and labels as fitted; masks by MEBin."""

    fitted: OneClassPostProcessor
    mebin: Mebin

    def post_process(self, batch: RawBatch) -> PostProcessed:
        """See `PostProcessor.post_process`."""
        return replace(self.fitted.post_process(batch), pred_mask=self._masks(batch.anomaly_map))

    def _masks(self, maps: NDArray[Any] | None) -> NDArray[np.bool_] | None:
        if maps is None:
            return None
        masks = np.zeros(maps.shape, np.bool_)
        for index in np.ndindex(maps.shape[:-2]):
            masks[index] = self.mebin.binarize(maps[index]).mask
        return masks


def _lowest_above(number: Fraction) -> float:
    """The lowest float that is strictly above: `x >= it` decides `x > number` without rounding."""
    nearest = float(number)
    return nearest if nearest > number else nextafter(nearest, inf)
