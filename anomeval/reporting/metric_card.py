"""A metric explained like a reference card. All texts come from the metric itself."""

from dataclasses import MISSING, fields, replace

from anomeval.judging.rules import number_text
from anomeval.metrics import METRICS, Metric
from anomeval.metrics.metric import FIT
from anomeval.names import clean_name
from anomeval.reporting.cells import Line
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.headings import proper_name
from anomeval.reporting.paragraphs import listed, wrapped
from anomeval.reporting.sheet import Sheet, stacked


def metric_card(metric: Metric, *, width: int | None = None) -> Sheet:
    """Everything about one metric, as something to print with rich."""
    return Sheet(lambda cells: _card_lines(metric, cells), width)


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
