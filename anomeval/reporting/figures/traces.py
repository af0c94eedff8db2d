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
        recall, precision = recall[finite], precision[finite]
        f1 = 2 * precision * recall / (precision + recall)
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
    """The curve at each x of an ascending grid (n,)."""
    x, y = vertices(trace, kind)
    if kind.key == "pr":  # of the precisions that reach this recall, that of the highest threshold
        reached = np.searchsorted(trace.x, grid, side="left")
        return trace.y[np.minimum(reached, len(trace.y) - 1)]
    if trace.stepped:
        return np.append(0.0, trace.y)[np.searchsorted(trace.x, grid, side="right")]
    return np.interp(np.log(grid), np.log(x), y) if kind.log_x else np.interp(grid, x, y)


def vertices(trace: Trace, kind: CurveKind) -> tuple[Floats, Floats]:
    """The corners of the line that is drawn; every point of the trace is one of them.

    ROC and PRO curves begin at the origin, ROC curves end at (1, 1). Stairs are those whose area
    the metric is: a ROC curve goes right and then up, precision holds for the recall gained.
    """
    x, y = trace.x, trace.y
    if kind.key in ("roc", "pro") and not trace.is_mean:
        x, y = np.append(0.0, x), np.append(0.0, y)
    if kind.key == "pr" and not trace.is_mean:
        x, y = np.append(0.0, x), np.append(y[:1], y)
    if trace.stepped:
        x, y = _stairs(x, y, level_first=kind.key == "roc")
    if kind.key == "roc" and not trace.is_mean:
        x, y = np.append(x, 1.0), np.append(y, 1.0)
    return x, y


def _prefixes(arrays: Arrays, suffix: str) -> Iterator[str]:
    """What stands before a name in each category: "" or `category/`."""
    for name in arrays:
        if name == suffix or name.endswith(f"/{suffix}"):
            yield name.removesuffix(suffix)


def _trace(arrays: Arrays, prefix: str, kind: CurveKind, level: Level) -> Trace:
    def array(name: str) -> Floats:
        return np.asarray(arrays[f"{prefix}{level}_{kind.key}_{name}"], np.float64)

    name, x, y, threshold = prefix.removesuffix("/"), array(kind.x), array(kind.y), None
    threshold = array("threshold")
    if y.ndim == 1:
        return Trace(name, x, y, threshold, stepped=kind.stepped and level == "image")
    seen = x > 0  # a logarithmic axis has no place for zero
    return Trace(name, x[seen], y.mean(axis=0)[seen], threshold[seen])


def _stairs(x: Floats, y: Floats, *, level_first: bool) -> tuple[Floats, Floats]:
    """Each step as two lines: along x and then along y, or the other way round."""
    wide, tall = np.repeat(x, 2), np.repeat(y, 2)
    return (wide[1:], tall[:-1]) if level_first else (wide[:-1], tall[1:])


def _log_grid(found: Sequence[Trace], points: int) -> Floats:
    """Where all of the curves have begun."""
    first = max((float(trace.x[0]) for trace in found if len(trace.x)), default=1.0)
    return np.geomspace(max(first, 10.0**-_DECADES), 1, points)
