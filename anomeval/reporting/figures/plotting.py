"""Figures for papers, drawn by matplotlib. The same input makes the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomeval.atomic import replacing
from anomeval.errors import Problem, UsageError
from anomeval.judging.post_processor import FittedLevel
from anomeval.metrics import METRICS, Level
from anomeval.metrics.regional import AUPIMO, AUPRO
from anomeval.names import clean_name
from anomeval.reporting.figures.histogram import Histogram
from anomeval.reporting.figures.kinds import (
    CLASS_LABELS,
    CURVES,
    SCORE_LABEL,
    SHARE_LABEL,
    SWEEP_METRICS,
    THRESHOLD_LABEL,
    CurveKind,
)
from anomeval.reporting.figures.traces import (
    MEAN,
    Bands,
    Trace,
    mean_trace,
    sweeps,
    traces,
    vertices,
)
from anomeval.reporting.figures.units import Unit
from anomeval.reporting.headings import heading, proper_name
from anomeval.reporting.numerals import ValueStyle, counted, score_text
from anomeval.uncertainty.bands import Band

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".pdf", ".svg", ".png")
PANELS = ("hist", "sweep")
"""Figures of one panel for each result and category; the others are one panel for all."""

_METADATA: dict[str, dict[str, str | None]] = {
    ".pdf": {"CreationDate": None},
    ".svg": {"Date": None},
    ".png": {"Software": None},
}
_PAPER: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.figsize": (3.5, 2.8),
    "font.size": 8,
    "grid.color": "#e4e7ea",
    "grid.linewidth": 0.6,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "svg.hashsalt": "anomeval",
}
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""The palette of Okabe and Ito, 2008, which the colour-blind can tell apart."""
_DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.5, 1.5)))
_CLASS_COLOURS = {"normal": "#0072b2", "anomalous": "#d55e00"}
_MEAN_POINTS = 2001
_STYLE = ValueStyle()


@dataclass(frozen=True)
class Source:
    """One result to draw.

    label: what it is called. curves: as `curves` of the evidence gives them. values: of the area
        under the curve, by category; of `MEAN` where there are several. bands: around the curves.
        histograms, fitted: of the level that is drawn, by category.
    is_named: whether the label was asked for, and so is shown beside the name of a mean.
    """

    label: str
    curves: Mapping[str, NDArray[Any]]
    values: Mapping[str | None, float | None] = field(default_factory=dict)
    bands: Bands = field(default_factory=dict)
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    fitted: Mapping[str, FittedLevel | None] = field(default_factory=dict)
    is_named: bool = False

    def band(self, kind: CurveKind, level: Level, trace: Trace) -> Band | None:
        """The band around one of its curves, if it has one."""
        found = self.bands.get((kind.key, level, trace.band_name))
        return found if isinstance(found, Band) else None


@contextmanager
def paper_style(style: Path | None = None) -> Iterator[None]:
    """Within the block matplotlib draws for papers, as a style file may override.

    Raises:
        UsageError: matplotlib is not installed, or the style cannot be read.
    """
    try:
        import matplotlib as mpl
        import matplotlib.style
    except ImportError:
        remedy = "pip install 'anomeval[plots]'"
        raise UsageError(Problem("plots need matplotlib", remedy=remedy)) from None
    with mpl.rc_context({**mpl.rcParamsDefault, "backend": mpl.get_backend(), **_PAPER}):
        if style is not None:
            try:
                mpl.style.use(style)
            except (OSError, ValueError, KeyError) as error:
                raise UsageError(f"--style {style}: {error}") from None
        yield


def draw(what: str, level: Level, sources: Sequence[Source]) -> "Figure":
    """A figure: a kind of curve, "hist" or "sweep", of one or more results.

    Raises:
        UsageError: there is nothing of the kind to draw.
    """
    from matplotlib.figure import Figure

    figure = Figure()
    if what in PANELS:
        _draw_panels(figure, what, level, sources)
    else:
        _draw_curves(figure.add_subplot(), CURVES[what], level, sources)
    return figure


def write_figure(figure: "Figure", output: Path) -> None:
    """Write a figure, whole or not at all, in the form that the suffix names."""
    suffix = check_suffix(output)
    with replacing(output) as temporary:
        figure.savefig(temporary, format=suffix[1:], metadata=_METADATA[suffix])


def check_suffix(output: Path) -> str:
    """The suffix of a path that figures can be written to.

    Raises:
        UsageError: it is none of these.
    """
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise UsageError(f"{output}: figures are written as {known}, not {suffix or 'bare'}")
    return suffix


def _draw_curves(axes: "Axes", kind: CurveKind, level: Level, sources: Sequence[Source]) -> None:
    drawn = [line for source in sources for line in _lines(source, kind, level, len(sources))]
    if not drawn:
        raise UsageError(f"no {level}-level {kind.title} curve: the data has none")
    for position, (label, trace, band) in enumerate(drawn):
        stands_out = trace.is_mean and len(sources) == 1
        colour = "#000000" if stands_out else _COLOURS[position % len(_COLOURS)]
        axes.plot(
            *vertices(trace, kind),
            label=label,
            color=colour,
            linestyle="-" if stands_out else _DASHES[position % len(_DASHES)],
            linewidth=2.0 if stands_out else None,
        )
        if band is not None:
            axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.13, linewidth=0)
    axes.set(xlabel=kind.x_label, ylabel=kind.y_label, ylim=(0, 1.02), xlim=(0, 1))
    if kind.metric == AUPRO.name:
        axes.set_xlim(0, AUPRO().fpr_limit)
    if kind.log_x:
        low, high = AUPIMO().fpr_low, AUPIMO().fpr_high
        axes.set_xscale("log")
        axes.set_xlim(low / 10, 1)
        axes.axvspan(low, high, color="#8a94a0", alpha=0.18, linewidth=0)
    _draw_legend(axes, [band for _, _, band in drawn if band])


def _draw_legend(axes: "Axes", bands: Sequence[Band]) -> None:
    """The lines, and what bands are, where there are any."""
    from matplotlib.patches import Patch

    entries = axes.get_legend_handles_labels()[0]
    if bands:
        percent = score_text(100 * bands[0].confidence)
        label = f"{percent} % interval, pointwise"
        entries.append(Patch(color="#000000", alpha=0.13, linewidth=0, label=label))
    axes.legend(handles=entries)


def _lines(
    source: Source, kind: CurveKind, level: Level, among: int
) -> Iterator[tuple[str, Trace, Band | None]]:
    """The curves of a result: one of several shows its mean only, a single one its categories.

    Each with its label and its band; categories beside their mean are drawn without.
    """
    found = traces(source.curves, kind, level)
    mean = mean_trace(found, kind, _MEAN_POINTS)
    if mean is None or among == 1:
        for trace in found:
            name = trace.name if mean is not None else source.label
            label = _labelled(name, kind, level, source.values.get(trace.name))
            yield label, trace, None if mean else source.band(kind, level, trace)
    if mean is not None:
        alone = f"{source.label}, mean" if source.is_named else "mean"
        name = alone if among == 1 else source.label
        label = _labelled(name, kind, level, source.values.get(MEAN))
        yield label, mean, source.band(kind, level, mean)


def _labelled(name: str, kind: CurveKind, level: Level, value: float | None) -> str:
    if value is None:
        return _plain(name)
    metric = heading(str(METRICS[kind.metric](level))).label
    return f"{_plain(name)} ({metric} {_STYLE.value(value)})"


def _plain(name: str) -> str:
    """A name that matplotlib shows as it is: no mathematics, nothing invisible."""
    return clean_name(name).replace("$", r"\$")


def _draw_panels(figure: "Figure", what: str, level: Level, sources: Sequence[Source]) -> None:
    names = list(dict.fromkeys(name for source in sources for name in source.histograms))
    if not names:
        raise UsageError(f"no {level}-level scores: the data has none")
    width, height = figure.get_size_inches()
    figure.set_size_inches(width * len(names), height * len(sources))
    grid = figure.subplots(len(sources), len(names), squeeze=False)
    for row, source in zip(grid, sources, strict=True):
        for axes, name in zip(row, names, strict=True):
            title = " · ".join(filter(None, (source.label, name)))
            axes.set_title(_plain(title), loc="left", fontsize="medium")
            if what == "hist":
                unit = _draw_histogram(axes, source.histograms.get(name), level)
            else:
                unit = _draw_sweep(axes, source, name, level)
            _draw_cut(axes, source.fitted.get(name), unit)
    _draw_entries(grid[0][0])


def _draw_histogram(axes: "Axes", spread: Histogram | None, level: Level) -> Unit:
    if spread is None:
        axes.text(0.5, 0.5, "no finite score", ha="center", transform=axes.transAxes)
        return Unit()
    unit = Unit.of([spread.edges])
    edges = unit.scaled(spread.edges)
    for name, label in CLASS_LABELS.items():
        heights = spread.shares(name)
        colour = _CLASS_COLOURS[name]
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.25)
        axes.stairs(heights, edges, color=colour, label=label)
    axes.set(xlabel=unit.named(SCORE_LABEL), ylabel=SHARE_LABEL)
    if spread.infinite:
        note = f"{counted(spread.infinite, 'infinite score')} not shown"
        axes.set_xlabel(f"{axes.get_xlabel()}\n{note}")
    if level == "pixel":
        axes.set_yscale("log")
        axes.set_ylim(1e-5, 1)
    return unit


def _draw_sweep(axes: "Axes", source: Source, name: str, level: Level) -> Unit:
    unit = Unit()
    for sweep in sweeps(source.curves, level):
        if sweep.name != name:
            continue
        values, unit = sweep.lines(), Unit.of([sweep.threshold])
        for position, metric in enumerate(SWEEP_METRICS):
            axes.plot(
                unit.scaled(sweep.threshold),
                values[metric],
                label=proper_name(METRICS[metric]),
                color=_COLOURS[position],
                linestyle=_DASHES[position],
            )
    axes.set(xlabel=unit.named(THRESHOLD_LABEL), ylim=(0, 1.02))
    return unit


def _draw_cut(axes: "Axes", fitted: FittedLevel | None, unit: Unit) -> None:
    if fitted is not None and isfinite(fitted.scale.cut):
        cut = float(unit.scaled(np.array(fitted.scale.cut)))
        axes.axvline(cut, color="#000000", linewidth=0.9, label="cut")


def _draw_entries(axes: "Axes") -> None:
    """The legend, where there is anything to explain."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend()
