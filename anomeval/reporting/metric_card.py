"""Metrics explained like a reference card. All texts come from the metrics themselves."""

from dataclasses import MISSING, fields, replace

from anomeval.judging.rules import number_text
from anomeval.metrics import METRICS, Metric
from anomeval.metrics.metric import FIT
from anomeval.names import clean_name
from anomeval.plugins import BUILT_IN, Registry
from anomeval.reporting.cells import Line, Piece
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.headings import proper_name
from anomeval.reporting.paragraphs import listed, wrapped
from anomeval.reporting.sheet import Sheet, stacked

Families = Registry[type[Metric]]

_SCORES = "from the scores alone"
_FITTED = "at the threshold that a validation split fitted (--fit)"
_HINTS = (
    "auroc means every level that the data has, image_auroc or pixel_auroc only that one.",
    "aupro@0.05 sets the first parameter, aupimo(fpr_low=1e-6,fpr_high=1e-5) any.",
    "`anomeval metrics NAME` explains one.",
)


def metric_list(families: Families, *, width: int | None = None) -> Sheet:
    """All metrics with a line for each, as something to print with rich."""
    return Sheet(lambda cells: _list_lines(families, cells), width)


def metric_card(metric: Metric, *, width: int | None = None) -> Sheet:
    """Everything about one metric, as something to print with rich."""
    return Sheet(lambda cells: _card_lines(metric, cells), width)


def _list_lines(families: Families, width: int) -> list[Line]:
    blocks: list[list[Line]] = []
    cells = max(map(len, families), default=0)
    entries = {
        name: _entry(family, families.origin(name), cells) for name, family in families.items()
    }
    for title, fitted in ((_SCORES, False), (_FITTED, True)):
        names = [name for name, family in families.items() if _usual(family).needs_fit == fitted]
        lines = listed([entries[name] for name in names], width)
        blocks.append([[(line, STRONG)] for line in wrapped(title, width)] + lines if names else [])
    hints: list[Line] = [[(line, QUIET)] for hint in _HINTS for line in wrapped(hint, width)]
    return stacked(*blocks, hints)


def _entry(family: type[Metric], origin: str, cells: int) -> list[Piece]:
    title = family.doc.title + ("" if family.doc.higher_is_better else "; lower is better")
    title += "" if origin == BUILT_IN else f" (from {clean_name(origin)})"
    return [(f"  {family.name:{cells}}", ""), (" ".join(family.levels), QUIET), (title, "")]


def _card_lines(metric: Metric, width: int) -> list[Line]:
    family, doc = type(metric), metric.doc
    direction = "higher" if doc.higher_is_better else "lower"
    needs = ["a fit (--fit)" if metric.needs_fit else "no fit", *metric.needed_fields]
    rows = [
        ("formula", doc.formula),
        ("range", f"{doc.range}, {direction} is better"),
        ("levels", ", ".join(family.levels)),
        ("parameters", _parameters(metric) or "none"),
        ("undefined if", doc.undefined),
        ("needs", ", ".join(needs)),
        ("source", doc.source),
        ("write", _short(metric)),
        ("in results", _in_full(metric)),
        ("comes with", clean_name(METRICS.origin(metric.name))),
    ]
    head: Line = [(proper_name(family), STRONG), (f"  {family.name}", QUIET)]
    title: list[Line] = [[(line, "")] for line in wrapped(doc.title, width)]
    facts = listed([[(name, QUIET), (text, "")] for name, text in rows], width)
    return stacked([head, *title], facts)


def _parameters(metric: Metric) -> str:
    texts = []
    for one in fields(metric):
        if one.name == "level":
            continue
        value, default = getattr(metric, one.name), one.default
        text = f"{one.name} = {_value_text(value)}"
        if default is not MISSING and value != default:
            text += f" (default {_value_text(default)})"
        texts.append(text)
    return ", ".join(texts)


def _value_text(value: float | None) -> str:
    return FIT if value is None else number_text(value)


def _short(metric: Metric) -> str:
    """The shortest text that means this metric at every level."""
    family = type(metric)
    values = [getattr(metric, one.name) for one in fields(metric) if one.name != "level"]
    if metric == family(level=metric.level):
        return metric.name
    if len(values) == 1:
        return f"{metric.name}@{_value_text(values[0])}"
    return str(metric).removeprefix(f"{metric.level}_")


def _in_full(metric: Metric) -> str:
    """The texts that results are stored under."""
    return ", ".join(str(replace(metric, level=level)) for level in type(metric).levels)


def _usual(family: type[Metric]) -> Metric:
    return family(level=family.levels[0])
