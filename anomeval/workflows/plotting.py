"""plot: curves, histograms and sweeps of one or more results as a figure in a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from anomeval.errors import UsageError
from anomeval.evidence.curves import DRAWN, curves
from anomeval.evidence.findings import Findings, mean
from anomeval.judging.post_processor import Fit
from anomeval.metrics import AUPIMO, METRICS, Level, Metric
from anomeval.predictions.paths import typed_paths
from anomeval.predictions.progress import Progress
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
from anomeval.reporting.figures.traces import MEAN, Arrays, Bands
from anomeval.reporting.fit_file import fit_of
from anomeval.reporting.page.model import fitted_level
from anomeval.reporting.result import Caution, Row
from anomeval.workflows.banding import curve_bands
from anomeval.workflows.cautions import collected_cautions, value_cautions
from anomeval.workflows.collection import Collection
from anomeval.workflows.leaks import shown_overlap_cautions
from anomeval.workflows.reporting_parts import (
    Reading,
    findings_of,
    read_split,
    samples_of,
)
from anomeval.workflows.without_normals import normals_cautions

FIGURES = (*CURVES, *PANELS)
MOST_BANDS = 2
"""Results that are drawn with bands at most: more of them hide each other."""


def plot(
    files: Sequence[str | Path] | str | Path,
    output: str | Path,
    *,
    curve: str = "roc",
    level: Level | None = None,
    labels: Sequence[str] | str = (),
    fits: Sequence[Fit | str | Path] | Fit | str | Path = (),
    category: str | None = None,
    confidence: float | None = 0.95,
    style: str | Path | None = None,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> list[Caution]:
    """Draw results into one figure.

    Args:
        files: prediction files; each is a result of its own.
        output: .pdf, .svg or .png; it appears whole or not at all.
        curve: "roc", "pr", "pro", "pimo", "hist" or "sweep".
        level: "image" or "pixel"; default: image, or pixel where a curve exists there only.
        labels: what the results are called; default: as much of their paths as tells them apart.
        fits: one for all results or one for each, or their paths, to mark the cut in "hist" and
            "sweep".
        category: only this one; default: all, and the mean over them.
        confidence: level of the pointwise bands around curves, around the mean where there are
            several; None = no bands. More than two results are drawn without.
        style: a matplotlib style file that overrides ours.
        reading: how files are read.
        progress: told after each image of each file.

    Returns:
        What should be known before believing the figure, as `anomeval.score` tells it.

    Raises:
        UsageError: options that cannot be, nothing to draw, or no matplotlib.
        InvalidInputError: unreadable or unsound files.
    """
    level = _checked_level(curve, level)
    check_suffix(Path(output))
    files = typed_paths(files)
    names = _labels(files, [labels] if isinstance(labels, str) else labels)
    several = [fits] if isinstance(fits, Fit | str | Path) else fits
    judges = [found for fit in several if (found := fit_of(fit))]
    if len(files) > MOST_BANDS:
        confidence = None
    elif confidence is not None and not 0 < confidence < 1:
        raise UsageError(f"a confidence lies between 0 and 1, got {confidence!r}")
    if len(judges) not in (0, 1, len(files)):
        raise UsageError(f"{len(judges)} fits for {len(files)} results: give one, or one for each")
    with paper_style(None if style is None else Path(style)):
        wanted = _Wanted(curve, level, category, confidence, reading or Reading())
        drawn = [
            _drawn(file, name, fit, wanted, progress, is_named=bool(labels))
            for file, name, fit in zip(files, names, _fits(judges, len(files)), strict=True)
        ]
        write_figure(draw(curve, level, [one.source for one in drawn]), Path(output))
    if len(drawn) == 1:
        return drawn[0].cautions
    return [
        replace(caution, message=f"{one.source.label}: {caution.message}")
        for one in drawn
        for caution in one.cautions
    ]


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


@dataclass(frozen=True)
class _Wanted:
    """What is drawn of each result. confidence: of bands; None = there are none."""

    curve: str
    level: Level
    category: str | None
    confidence: float | None
    reading: Reading


class _Drawn(NamedTuple):
    """One result with all that its lines and panels are made of, and what to know of it."""

    source: Source
    cautions: list[Caution]


def _drawn(
    file: str | Path,
    name: str,
    fit: Fit | None,
    wanted: _Wanted,
    progress: Progress | None,
    *,
    is_named: bool,
) -> _Drawn:
    curve, level = wanted.curve, wanted.level
    collection, cautions = read_split([file], wanted.reading, progress)
    found = _found(file, collection, wanted.category)
    samples = {key: samples_of(findings).get(level) for key, findings in found.items()}
    if None in samples.values():
        raise UsageError(f"{file}: has no pixels to judge")
    arrays = {
        f"{key}/{part}" if key else part: array
        for key, findings in found.items()
        for part, array in curves(findings, [AUPIMO().window], points=DRAWN).items()
    }
    rows, rules = collection.rows(), wanted.reading.rules
    values = _areas(curve, level, found) if curve in CURVES else {}
    cautions += shown_overlap_cautions(rows, fit)
    cautions += collected_cautions(collection, rows, rules, fit)
    source = Source(
        label=name,
        curves=arrays,
        values=values,
        bands=_bands(collection, found, arrays, wanted),
        histograms={
            key: histogram(sample, edges)
            for key, sample in samples.items()
            if sample and (edges := edges_of([sample], BINS[level])) is not None
        },
        fitted={key: fitted_level(fit.for_category(key), level) for key in found} if fit else {},
        is_named=is_named,
    )
    if values:
        cautions += _value_cautions(METRICS[CURVES[curve].metric](level), values, found)
    return _Drawn(source, cautions)


def _value_cautions(
    metric: Metric, values: Mapping[str | None, float | None], found: Mapping[str, Findings]
) -> list[Caution]:
    """What the area under a curve says of it, over all categories where there are several."""
    groups = [values[key] for key in found]
    overall = values.get(MEAN, groups[0])
    extra = {"groups": len(groups), "undefined": groups.count(None)}
    rows = [
        Row(
            str(metric),
            {"category": key} if len(found) > 1 else None,
            values[key],
            support=metric.support(metric.sample(of)),
        )
        for key, of in found.items()
    ]
    whole = Row(str(metric), None, overall, extra=extra)
    return value_cautions([whole]) + normals_cautions(rows, [metric])


def _found(file: str | Path, collection: Collection, category: str | None) -> dict[str, Findings]:
    """The findings of the categories that are wanted."""
    found = {
        key or "": findings
        for key, findings in findings_of(collection).items()
        if category is None or key == category
    }
    if not found:
        raise UsageError(f"{file}: has no category {category!r}")
    return found


def _bands(collection: Collection, found: Iterable[str], arrays: Arrays, wanted: _Wanted) -> Bands:
    if wanted.confidence is None or wanted.curve not in CURVES:
        return {}
    return curve_bands(
        {key: collection.of_category(key or None) for key in found},
        arrays,
        wanted.confidence,
        has_pixels=collection.has_pixels,
        wanted=[(CURVES[wanted.curve], wanted.level)],
    )


def _areas(
    curve: str, level: Level, found: Mapping[str, Findings]
) -> dict[str | None, float | None]:
    """The area under the curve of each category, and their mean where there are several."""
    metric = METRICS[CURVES[curve].metric](level)
    values: dict[str | None, float | None] = {
        key: metric.compute(findings, None).value for key, findings in found.items()
    }
    known = [value for value in values.values() if value is not None]
    if len(values) > 1 and known:
        values[MEAN] = mean(known)
    return values


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
