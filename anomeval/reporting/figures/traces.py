"""Lines to draw, made of the arrays that `Evaluation.curves` gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.metrics import Level
from anomeval.reporting.figures.kinds import CurveKind
from anomeval.uncertainty.bands import Band

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

MEAN = None
"""What the mean over categories goes by among bands: not a name, which a category could have."""

Bands = Mapping[tuple[str, Level, str | None], Band | str]
"""By the key of the kind of curve, the level and the category; a text says why there is none."""

_DECADES = 6  # of the shared false positive rate that are looked at


@dataclass(frozen=True)
class Trace:
    """One curve.

    name: the category, "" where there are none. x, y: (n,) the computed points, in the order of
        descending thresholds. threshold: (n,) where each point lies; None for means over curves.
    stepped: whether it is drawn as stairs.
    """

    name: str
    x: Floats
    y: Floats
    threshold: Floats | None = None
    stepped: bool = False

    @property
    def is_mean(self) -> bool:
        """Whether it is a mean over other curves."""
        return self.threshold is None

    @property
    def band_name(self) -> str | None:
        """What its band goes by."""
        return MEAN if self.is_mean else self.name

    def thinned(self, points: int) -> "Trace":
        """At most so many of its points, evenly chosen, with the first and the last."""
        if len(self.x) <= points:
            return self
        kept = np.unique(np.rint(np.linspace(0, len(self.x) - 1, points)).astype(np.intp))
        return replace(
            self,
            x=self.x[kept],
            y=self.y[kept],
            threshold=None if self.threshold is None else self.threshold[kept],
        )


@dataclass(frozen=True)
class Sweep:
    """Precision, recall and F1 at descending thresholds; arrays (n,) of finite thresholds."""

    name: str
    threshold: Floats
    precision: Floats
    recall: Floats
    f1: Floats

    def lines(self) -> dict[str, Floats]:
        """The values by the short names of the metrics."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


def traces(arrays: Arrays, kind: CurveKind, level: Level) -> list[Trace]:
    """The curves of one kind, one for each category that has it."""
    return [
        _trace(arrays, prefix, kind, level)
        for prefix in _prefixes(arrays, f"{level}_{kind.key}_{kind.x}")
    ]


def sweeps(arrays: Arrays, level: Level) -> list[Sweep]:
    """The threshold sweep of each category that has any anomalous score."""
    found = []
    for prefix in _prefixes(arrays, f"{level}_pr_recall"):
        recall, precision, threshold = (
            np.asarray(arrays[f"{prefix}{level}_pr_{name}"], np.float64)
            for name in ("recall", "precision", "threshold")
        )
        finite = np.isfinite(threshold)
        if not finite.any():
            continue
        recall, precision = recall[finite], precision[finite]
        f1 = 2 * precision * recall / np.where(recall > 0, precision + recall, 1.0)
        found.append(Sweep(prefix.removesuffix("/"), threshold[finite], precision, recall, f1))
    return found


def mean_trace(found: Sequence[Trace], kind: CurveKind, points: int = 201) -> Trace | None:
    """The unweighted mean of several curves, upwards at each x; None where there is only one."""
    if len(found) < 2:
        return None
    grid = _log_grid(found, points) if kind.log_x else np.linspace(0, 1, points)
    return Trace("mean", grid, np.mean([heights(trace, kind, grid) for trace in found], axis=0))


def band_places(found: Sequence[Trace], kind: CurveKind, points: int) -> Floats:
    """Places along x at which bands are judged: denser where false positive rates are small."""
    if kind.log_x:
        return _log_grid(found, points)
    grid = np.linspace(0, 1, points)
    return grid if kind.key == "pr" else grid**2


def heights(trace: Trace, kind: CurveKind, grid: Floats) -> Floats:
    """The curve at each x of an ascending grid (n,), the highest where it is upright."""
    if kind.key == "pr":  # of the precisions that reach this recall, that of the highest threshold
        reached = np.searchsorted(trace.x, grid, side="left")
        return trace.y[np.minimum(reached, len(trace.y) - 1)]
    if kind.log_x:
        return np.interp(np.log(grid), np.log(trace.x), trace.y)
    return np.interp(grid, trace.x, trace.y)


def vertices(trace: Trace, kind: CurveKind) -> tuple[Floats, Floats]:
    """The corners of the line that is drawn; every point of the trace is one of them.

    Stairs of precision are those whose area the metric is: precision holds for the recall gained.
    """
    x, y = trace.x, trace.y
    if kind.key != "pr" or trace.is_mean:
        return x, y
    x, y = np.append(0.0, x), np.append(y[:1], y)
    if not trace.stepped:
        return x, y
    return np.repeat(x, 2)[:-1], np.repeat(y, 2)[1:]


def _prefixes(arrays: Arrays, suffix: str) -> Iterator[str]:
    """What stands before a name in each category: "" or `category/`."""
    for name in arrays:
        if name == suffix or name.endswith(f"/{suffix}"):
            yield name.removesuffix(suffix)


def _trace(arrays: Arrays, prefix: str, kind: CurveKind, level: Level) -> Trace:
    def array(name: str) -> Floats:
        return np.asarray(arrays[f"{prefix}{level}_{kind.key}_{name}"], np.float64)

    name, x, y = prefix.removesuffix("/"), array(kind.x), array(kind.y)
    threshold = array("threshold")
    if y.ndim > 1:
        y = y.mean(axis=0)
    stepped = kind.stepped and level == "image"
    kept = np.ones(len(x), np.bool_)
    if kind.log_x or kind.key == "pr":
        kept = x > 0  # a logarithmic axis has no place for zero, and no recall has no precision
    if stepped:
        kept &= np.diff(x, prepend=-1.0) > 0  # where recall is gained
    return Trace(name, x[kept], y[kept], threshold[kept], stepped)


def _log_grid(found: Sequence[Trace], points: int) -> Floats:
    """Where all of the curves have begun."""
    first = max((float(trace.x[0]) for trace in found if len(trace.x)), default=1.0)
    return np.geomspace(max(first, 10.0**-_DECADES), 1, points)
