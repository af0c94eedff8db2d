"""From evidence to what is known about the error of each value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.resamples import ExtremeResample, ResampledEvidence, Resamples
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics import Level, Metric
from anomeval.metrics.metric import Class
from anomeval.uncertainty.draws import VERSION, draw, units_digest
from anomeval.uncertainty.interval import Spread, interval, mean_spread, spread_of
from anomeval.uncertainty.jackknife import LeftOut, leverage
from anomeval.uncertainty.replicates import Replicates

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


class _Drawn:
    """Images under many weightings.

    plan: of what is left out. seen: under all weightings. digest: of what is drawn.
    """

    def __init__(self, evidence: ResampledEvidence, replicates: int) -> None:
        units = evidence.units
        self.evidence = evidence
        self.plan = LeftOut.plan(units)
        everyone = np.ones((len(units), 1), np.uint8)
        weights = (draw(units.names, replicates), everyone, self.plan.weights)
        self.seen = Resamples(evidence, np.concatenate(weights, axis=1))
        self.digest = units_digest(units)


class Resampling:
    """The images of a group, drawn again and again.

    Beside the resamples there is a column with every image once, by which the bins of pixels are
    put right, and one for each portion of images that is left out. At pixel level images of which
    no pixel counts are not drawn.

    called: the names that images are drawn by, see `evidence.images.portable_names`; without them
    they are drawn by their identities.
    """

    def __init__(
        self,
        evidence: Evidence,
        *,
        has_pixels: bool,
        replicates: int,
        called: Mapping[str, str] | None = None,
    ) -> None:
        everyone = ResampledEvidence(evidence, has_pixels=has_pixels, called=called)
        self._count = replicates
        self._all = _Drawn(everyone, replicates)
        self._of_pixels = self._all
        if has_pixels and not all(row.pixels for row in evidence.images):
            seen = ResampledEvidence(evidence, of_pixels=True, called=called)
            self._of_pixels = _Drawn(seen, replicates)

    def _drawn(self, level: Level) -> "_Drawn":
        return self._of_pixels if level == "pixel" else self._all

    def estimate(self, wanted: "Quantities", values: Sequence[float]) -> list[Uncertainty]:
        """What resampling tells about the exact values (n,) of some quantities."""
        return self.told(self.columns(wanted), values)

    def columns(self, wanted: "Quantities") -> "Columns | str":
        """Some quantities in all columns, for which their exact values need not be known yet.

        Returns:
            The columns, or why there are none.
        """
        if reason := self._too_few(wanted, self.sizes(wanted.level)):
            return reason
        found = wanted.resample(self._drawn(wanted.level).seen)
        if found is None:
            return "this metric does not say how it is resampled"
        return Columns(wanted, found, self._left_open(wanted, len(found)))

    def told(self, columns: "Columns | str", values: Sequence[float]) -> list[Uncertainty]:
        """What columns, as `columns` gives them, tell about the exact values (n,)."""
        if isinstance(columns, str):
            return [Uncertainty(reason=columns)] * len(values)
        each = zip(values, columns.found, columns.left_open, strict=True)
        return [self._judged(columns.wanted, *one) for one in each]

    def sizes(self, level: Level) -> tuple[int, int]:
        """How many normal and anomalous images (or groups) a level has anything of."""
        return self._drawn(level).evidence.sizes(level)

    def _judged(
        self,
        wanted: "Quantities",
        value: float,
        found: NDArray[np.float64],
        left_open: float,
    ) -> Uncertainty:
        """From what all columns of the resamples show of one value."""
        sizes, drawn = self.sizes(wanted.level), self._drawn(wanted.level)
        resampled, whole, left = np.split(found, [self._count, self._count + 1])
        packed = _packed(resampled + (value - whole), drawn.digest, sizes, bounded=wanted.bounded)
        if isinstance(packed, str):
            return Uncertainty(reason=packed)
        rests_on = _rests_on(wanted, sizes)
        if not any(rests_on):
            return Uncertainty(reason="there is no image of the class that the metric rests on")
        spread = spread_of(
            value,
            packed.values(),
            leverage(drawn.plan, left, rests_on),
            min(size for size in rests_on if size),
            is_maximum=wanted.is_maximum,
        )
        if left_open > _MOST_LEFT_OPEN * spread.error * spread.units**0.5:
            return Uncertainty(reason=_TOO_CLOSE)
        return Uncertainty(spread, packed, bounded=wanted.bounded)

    def _too_few(self, wanted: "Quantities", sizes: tuple[int, int]) -> str | None:
        """Which class has too few images, in words."""
        evidence = self._drawn(wanted.level).evidence
        unit = "image" if len(evidence.units) == len(evidence.rows) else "group"
        for name, size in zip(("normal", "anomalous"), sizes, strict=True):
            if name not in wanted.classes or size >= FEWEST:
                continue
            if size == 0 and wanted.level == "pixel" and name == "normal" and sizes[1] >= FEWEST:
                continue  # anomalous images have normal pixels, too
            return f"{size} {name} {unit}{'s' * (size != 1)}: an interval needs at least {FEWEST}"
        return None

    def _left_open(self, wanted: "Quantities", count: int) -> list[float]:
        """How far each value could be elsewhere, as far as the bins of pixels can tell."""
        if wanted.level != "pixel":
            return [0.0] * count
        seen = self._of_pixels.seen
        ends = [
            wanted.resample(ExtremeResample(seen, self._count, best=best)) for best in (False, True)
        ]
        spans: list[float] = np.ptp([end[:, 0] for end in ends if end is not None], axis=0).tolist()
        return spans


@dataclass(frozen=True)
class Quantities:
    """What is resampled: one or more values that rest on the same images.

    resample: from resamples to (n, resamples) float64, NaN where a value is undefined; None: they
    get no interval. The rest is as `Metric` has it; bounded: whether the values lie in [0, 1].
    """

    level: Level
    classes: Sequence[Class]
    resample: Callable[[Resamples], NDArray[np.float64] | None]
    is_maximum: bool = False
    bounded: bool = True

    @classmethod
    def of(cls, metric: Metric, judge: OneClassPostProcessor | None) -> "Quantities":
        """The value of a metric."""

        def resample(seen: Resamples) -> NDArray[np.float64] | None:
            found = metric.resample(seen, judge)
            return None if found is None else found[None]

        bounded = is_bounded(metric)
        return cls(metric.level, metric.classes, resample, metric.is_maximum, bounded)


@dataclass(frozen=True)
class Columns:
    """Quantities on the resamples, on every image once, and with a portion of images left out.

    found: (n, columns) float64. left_open: (n,) how far each could be elsewhere within bins.
    """

    wanted: Quantities
    found: NDArray[np.float64]
    left_open: Sequence[float]


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
    bounded = all(part.bounded for part in parts.values())
    replicates = mean_replicates(packed, bounded=bounded)
    if isinstance(replicates, str):
        return Uncertainty(reason=replicates)
    return Uncertainty(mean_spread(spreads, replicates.values()), replicates, bounded=bounded)


def mean_replicates(packed: Sequence[Replicates], *, bounded: bool) -> Replicates | str:
    """The mean of several values on each resample, or why it is of no use; there is one at least.

    bounded: whether the values lie in [0, 1].
    """
    digest = xxhash.xxh3_128_hexdigest("\n".join(each.images for each in packed).encode())
    mean = np.add.reduce([each.values() for each in packed], axis=0) / len(packed)
    counts = (sum(each.normal for each in packed), sum(each.anomalous for each in packed))
    return _packed(mean, digest, counts, bounded=bounded)


def is_bounded(metric: Metric) -> bool:
    """Whether the values of a metric lie in [0, 1]."""
    return metric.doc.range == _UNIT_RANGE


def _packed(
    values: NDArray[np.float64], images: str, sizes: tuple[int, int], *, bounded: bool
) -> Replicates | str:
    """The replicates, or why they are of no use."""
    undefined = int(np.isnan(values).sum())
    if undefined > _MOST_UNDEFINED * len(values):
        return f"undefined in {undefined} of {len(values)} resamples"
    return Replicates.of(np.clip(values, 0.0, 1.0) if bounded else values, VERSION, images, *sizes)


def _rests_on(wanted: Quantities, sizes: tuple[int, int]) -> tuple[int, int]:
    """Sizes of the two classes, 0 for one that does not matter."""
    normal, anomalous = sizes
    with_normal_pixels = wanted.level == "pixel"  # anomalous images have them, too
    return (
        normal if "normal" in wanted.classes else 0,
        anomalous if "anomalous" in wanted.classes or with_normal_pixels else 0,
    )
