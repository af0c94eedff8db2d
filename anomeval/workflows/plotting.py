"""plot: curves, histograms and sweeps of one or more results as a figure in a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from anomeval.errors import UsageError
from anomeval.evidence.curves import curves
from anomeval.evidence.findings import Findings, mean
from anomeval.judging.post_processor import Fit
from anomeval.metrics import METRICS, Level
from anomeval.reporting.figures.histogram import BINS, edges_of, histogram
from anomeval.reporting.figures.kinds import CURVES
from anomeval.reporting.figures.plotting import (
    PANELS,
    Source,
    check_suffix,
    draw,
    paper_style,
    write_figure,
)
from anomeval.reporting.page.model import fitted_level
from anomeval.workflows.collecting import Progress
from anomeval.workflows.reporting_parts import Reading, read_findings, samples_of

FIGURES = (*CURVES, *PANELS)


def plot(
    files: Sequence[str | Path],
    output: str | Path,
    *,
    curve: str = "roc",
    level: Level | None = None,
    labels: Sequence[str] = (),
    fits: Sequence[Fit] = (),
    category: str | None = None,
    style: str | Path | None = None,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> None:
    """Draw results into one figure.

    Args:
        files: prediction files; each is a result of its own.
        output: .pdf, .svg or .png; it appears whole or not at all.
        curve: "roc", "pr", "pro", "pimo", "hist" or "sweep".
        level: "image" or "pixel"; default: image, or pixel where a curve exists there only.
        labels: what the results are called; default: as much of their paths as tells them apart.
        fits: one for all results or one for each, to mark the cut in "hist" and "sweep".
        category: only this one; default: all, and the mean over them.
        style: a matplotlib style file that overrides ours.
        reading: how files are read.
        progress: told after each image of each file.

    Raises:
        UsageError: options that cannot be, nothing to draw, or no matplotlib.
        InvalidInputError: unreadable or unsound files.
    """
    level = _checked_level(curve, level)
    check_suffix(Path(output))
    names = _labels(files, labels)
    if len(fits) not in (0, 1, len(files)):
        raise UsageError(f"{len(fits)} fits for {len(files)} results: give one, or one for each")
    with paper_style(None if style is None else Path(style)):
        sources = [
            _source(file, name, curve, level, fit, category, reading or Reading(), progress)
            for file, name, fit in zip(files, names, _fits(fits, len(files)), strict=True)
        ]
        write_figure(draw(curve, level, sources), Path(output))


def _checked_level(curve: str, level: Level | None) -> Level:
    if curve not in FIGURES:
        raise UsageError(f"unknown curve {curve!r}; known are {', '.join(FIGURES)}")
    known: tuple[Level, ...] = CURVES[curve].levels if curve in CURVES else ("image", "pixel")
    if level is not None and level not in known:
        raise UsageError(f"{curve} is drawn at {' or '.join(known)} level, not {level!r}")
    return level or known[0]


def _fits(fits: Sequence[Fit], count: int) -> Sequence[Fit | None]:
    if not fits:
        return [None] * count
    return list(fits) * count if len(fits) == 1 else fits


def _source(
    file: str | Path,
    name: str,
    curve: str,
    level: Level,
    fit: Fit | None,
    category: str | None,
    reading: Reading,
    progress: Progress | None,
) -> Source:
    found = _found(file, category, reading, progress)
    samples = {key: samples_of(findings).get(level) for key, findings in found.items()}
    if None in samples.values():
        raise UsageError(f"{file}: has no pixels to judge")
    return Source(
        label=name,
        curves={
            f"{key}/{part}" if key else part: array
            for key, findings in found.items()
            for part, array in curves(findings).items()
        },
        values=_areas(curve, level, found) if curve in CURVES else {},
        histograms={
            key: histogram(sample, edges)
            for key, sample in samples.items()
            if sample and (edges := edges_of([sample], BINS[level])) is not None
        },
        fitted={key: fitted_level(fit.for_category(key), level) for key in found} if fit else {},
    )


def _found(
    file: str | Path, category: str | None, reading: Reading, progress: Progress | None
) -> dict[str, Findings]:
    """The findings of the categories that are wanted."""
    found = {
        key or "": findings
        for key, findings in read_findings([file], reading, progress).items()
        if category is None or key == category
    }
    if not found:
        raise UsageError(f"{file}: has no category {category!r}")
    return found


def _areas(curve: str, level: Level, found: Mapping[str, Findings]) -> dict[str, float | None]:
    """The area under the curve of each category, and their mean where there are several."""
    metric = METRICS[CURVES[curve].metric](level)
    values = {key: metric.compute(findings, None).value for key, findings in found.items()}
    known = [value for value in values.values() if value is not None]
    return values | ({"mean": mean(known)} if len(values) > 1 and known else {})


def _labels(files: Sequence[str | Path], labels: Sequence[str]) -> list[str]:
    """The labels given, or what differs in the paths: `knn` and `pca` of knn/test.h5, pca/test.h5.

    Raises:
        UsageError: not as many labels as files.
    """
    if labels:
        if len(labels) != len(files):
            raise UsageError(f"{len(labels)} labels for {len(files)} results")
        return list(labels)
    parts = [Path(str(file)).with_suffix("").parts for file in files]
    if len(files) == 1:
        return [parts[0][-1]]
    shortest = min(map(len, parts))
    start = next((n for n in range(shortest) if len({part[n] for part in parts}) > 1), 0)
    end = next((n for n in range(1, shortest + 1) if len({part[-n] for part in parts}) > 1), 1)
    return ["/".join(part[start : len(part) - end + 1]) for part in parts]
