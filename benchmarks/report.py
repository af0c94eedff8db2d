"""The results as Markdown."""

from collections.abc import Iterator, Sequence
from statistics import median

from catalogue import TIMES, DataSet, sized, with_ties
from contenders import METRICS, VALUES_ONLY
from phases import PHASES
from records import Results
from targets import targets

_INTRODUCTION = """\
# Performance

Written by `python benchmarks/run.py`. Each line is a process of its own on a file in the page
cache, start-up included; all take turns, several times over. Times are medians; ratios are medians
of the ratios within a round, so they hold better than times on a machine that is shared. Memory is
the highest peak of any run. The data are generated, with scores like those of real detectors;
values on them rank no tool."""

_REDUCED = """\
**This is a reduced run on small data, where start-up outweighs everything else. It only shows that
everything works.**"""

_TITLES = {
    "auroc": "AUROC",
    "ap": "AP",
    "aupr": "AUPR",
    "f1max": "F1max",
    "aupro": "AUPRO",
    "aupimo": "AUPIMO",
}
_DASH = "\N{EN DASH}"
_ROUNDING = 1e-15
_TOLERANCE = 1e-11
"""The global sort adds up millions of rounded numbers."""


def markdown(results: Results) -> str:
    """The whole page."""
    sections = [_INTRODUCTION]
    if results.scale != "full":
        sections.append(_REDUCED)
    sections += [_machine(results), _targets(results)]
    medium, small = (sized(results.scale, size) for size in ("medium", "small"))
    for data in (medium, with_ties(results.scale), small):
        if results.contenders(data):
            sections.append(_comparison(results, data))
    sections += [_overview(results), _phases(results), _startup(results), _checks(results)]
    return "\n\n".join(section for section in sections if section) + "\n"


def problems(results: Results) -> list[str]:
    """Everything that is wrong, apart from speed."""
    found = [
        f"{record.contender} failed on {record.data}: {record.error}"
        for record in results.records
        if record.error
    ]
    for data in results.data_sets():
        if not _repeatable(results, data):
            found.append(f"anomeval's results on {data.name} are not the same bytes in every run")
        if not _one_value(results, data):
            found.append(f"anomeval's values on {data.name} are others without intervals")
        error = _largest_difference(results, data)
        if error is not None and error > _TOLERANCE:
            found.append(f"anomeval and the global sort differ by {error:.1e} on {data.name}")
    return found


def _machine(results: Results) -> str:
    occasions = (f"{part} ({when})" for part, when in results.occasions.items())
    lines = {**results.machine, "measured": "; ".join(occasions)}
    return "\n".join(f"- {label}: {text}" for label, text in lines.items())


def _targets(results: Results) -> str:
    rows = [
        [
            target.what,
            f"{'≥' if target.at_least else '≤'} {target.bound:g}{target.unit}",
            _DASH if target.reached is None else f"{_digits(target.reached)}{target.unit}",
            target.verdict,
        ]
        for target in targets(results)
    ]
    header = ["", "target", "measured", "reached"]
    if results.scale != "full":  # no verdicts on data for which the targets were not set
        header, rows = header[:3], [row[:3] for row in rows]
    medium, large = (sized(results.scale, size).title for size in ("medium", "large"))
    title = results.titles[results.reference][0]
    text = (
        f"Of {title}, all six metrics with intervals, on {medium} unless said otherwise; "
        f"large images are {large}."
    )
    return _section("Targets", text, _table(header, rows), *_reasons(results))


def _reasons(results: Results) -> Iterator[str]:
    """What stands in the way, once for all targets that it stands in the way of."""
    missed: dict[str, list[str]] = {}
    for target in targets(results):
        if target.missed and target.why and results.scale == "full":
            missed.setdefault(target.why, []).append(f"*{target.what}*")
    if missed:
        yield "What stands in the way where a target was missed:"
        yield "\n".join(f"- {', '.join(whats)}: {why}" for why, whats in missed.items())


def _comparison(results: Results, data: DataSet) -> str:
    header = [
        "",
        "computes",
        "wall s",
        f"min{_DASH}max",
        f"{TIMES} anomeval",
        "CPU s",
        "Mpx/s",
        "peak MB",
        "n",
    ]
    rows = [_timing(results, data, name) for name in results.contenders(data)]
    parts = [_table(header, rows), _values(results, data)]
    distinct = _values_of(results, data, "global_sort").get("distinct_scores")
    if distinct:
        parts.append(f"{distinct:,.0f} distinct scores among {data.pixels:,} pixels.")
    return _section(f"Beside other tools: {data.title}", *parts)


def _timing(results: Results, data: DataSet, name: str) -> list[str]:
    runs = results.runs(data, name)
    walls = [run.wall for run in runs]
    return [
        *results.titles[name],
        _digits(median(walls)),
        f"{_digits(min(walls))}{_DASH}{_digits(max(walls))}",
        _number(results.ratio((data, name), (data, results.reference))),
        _digits(median(run.cpu for run in runs)),
        _number(results.speed(data, name)),
        _megabytes(results.peak(data, name)),
        str(len(runs)),
    ]


def _values(results: Results, data: DataSet) -> str:
    exact = _values_of(results, data, results.reference)
    rows = [["exact (anomeval)", *(_value(exact.get(metric)) for metric in METRICS)]]
    for name in results.contenders(data):
        values = _values_of(results, data, name)
        if values and name not in _own(results):
            errors = (_difference(values.get(m), exact.get(m)) for m in METRICS)
            rows.append([f"{results.titles[name][0]}: error", *errors])
    return _table(["", *(_TITLES[metric] for metric in METRICS)], rows)


def _overview(results: Results) -> str:
    met = {record.contender for record in results.records}
    shown = [*_own(results), "h5py_read", "inflate", "inflate_zlib", "adeval"]
    shown = [name for name in shown if name in met]
    header = ["", "Mpx", *(f"{results.titles[name][0]} s" for name in shown), "Mpx/s", "peak MB"]
    rows = [
        [
            data.title,
            _digits(data.pixels / 1e6),
            *(_number(results.wall(data, name)) for name in shown),
            _number(results.speed(data, results.reference)),
            _megabytes(results.peak(data, results.reference)),
        ]
        for data in results.data_sets()
    ]
    text = (
        f"Median seconds. Speed and memory are those of {results.titles[results.reference][0]}. "
        "“h5py” reads the file into memory, “inflate” inflates its chunks on all cores "
        "with one library or the other; "
        "neither computes anything."
    )
    return _section("All data sets", text, _table(header, rows))


def _phases(results: Results) -> str:
    if not results.phases:
        return ""
    rows = []
    for name, phases in results.phases.items():
        seconds = [median(phases[phase]) for phase in PHASES]
        total = sum(seconds)
        cells = (f"{part:.2f} s ({part / total:.0%})" if part else _DASH for part in seconds)
        rows.append([results.titles[name][0], *cells, f"{total:.2f} s"])
    text = (
        f"On {sized(results.scale, 'medium').title}. Reading is a pass that only reads, measured "
        "alone; counting is what the pass that counts takes beyond it. On several cores the two "
        "overlap and stand together under counting. Finishing joins the counts of all cores, "
        "computes the values, makes the JSON and ends the process."
    )
    return _section("Where the time goes", text, _table(["", *PHASES, "total"], rows))


def _startup(results: Results) -> str:
    if not results.startup:
        return ""
    rows = [
        [title, f"{median(walls):.3f}", f"{min(walls):.3f}{_DASH}{max(walls):.3f}"]
        for title, walls in results.startup.items()
    ]
    heaviest = list(results.imports.items())[:6]
    told = ", ".join(f"{package} {seconds:.2f} s" for package, seconds in heaviest)
    text = f"Importing, as `python -X importtime` tells it of `score` on the sample data: {told}."
    return _section("Start-up", _table(["", "wall s", f"min{_DASH}max"], rows), text)


def _checks(results: Results) -> str:
    """What the page's values rest on."""
    repeatable = [_repeatable(results, data) for data in results.data_sets()]
    differences = [_largest_difference(results, data) for data in results.data_sets()]
    known = [difference for difference in differences if difference is not None]
    lines = [
        f"- anomeval wrote the same bytes in every run and for every number of jobs on "
        f"{sum(repeatable)} of {len(repeatable)} data sets.",
        f"- It differs from the global sort in float64 by at most {max(known):.1e}, "
        f"over {len(known)} data sets."
        if known
        else "- The global sort was not run beside it.",
        "- ADEval's and anomalib's AUPR are set against the trapezoid rule; anomalib's is "
        "stepwise average precision from 2.7.",
        *(f"- {problem}" for problem in problems(results)),
    ]
    return _section("Checks", "\n".join(lines))


def _own(results: Results) -> list[str]:
    return [name for name in results.titles if name.startswith("anomeval")]


def _values_of(results: Results, data: DataSet, name: str) -> dict[str, float]:
    runs = results.runs(data, name)
    return runs[0].values if runs else {}


def _repeatable(results: Results, data: DataSet) -> bool:
    """Whether all runs wrote the same bytes, for any number of jobs, with and without intervals."""
    values_only, whole = set(), set()
    for name in _own(results):
        written = values_only if name == VALUES_ONLY.name else whole
        written.update(run.digest for run in results.runs(data, name))
    return max(len(values_only), len(whole)) <= 1


def _one_value(results: Results, data: DataSet) -> bool:
    """Whether all runs found the same value of each metric."""
    found = [run.values for name in _own(results) for run in results.runs(data, name)]
    return all(values == found[0] for values in found)


def _largest_difference(results: Results, data: DataSet) -> float | None:
    """Between anomeval and the global sort, over the metrics that both have."""
    ours = _values_of(results, data, results.reference)
    theirs = _values_of(results, data, "global_sort")
    differences = [abs(ours[metric] - theirs[metric]) for metric in ours.keys() & theirs.keys()]
    return max(differences, default=None)


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *parts])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def lines() -> Iterator[str]:
        yield " | ".join(header)
        yield " | ".join("---" if title in ("", "computes") else "---:" for title in header)
        yield from (" | ".join(row) for row in rows)

    return "\n".join(f"| {line} |" for line in lines())


def _digits(number: float) -> str:
    """Three digits, or all before the point."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}" if number >= 1 else f"{number:.2f}"


def _number(number: float | None) -> str:
    return _DASH if number is None else _digits(number)


def _megabytes(size: int | None) -> str:
    return _DASH if size is None else f"{size / 1e6:.0f}"


def _value(value: float | None) -> str:
    return _DASH if value is None else f"{value:.9f}"


def _difference(value: float | None, exact: float | None) -> str:
    if value is None or exact is None:
        return _DASH
    if abs(value - exact) < _ROUNDING:
        return "0" if value == exact else f"< {_ROUNDING:g}"
    return f"{value - exact:+.0e}"
