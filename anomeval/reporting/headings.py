"""What stands over a column: short names for metrics, made of what the metric says of itself."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from anomeval.errors import UsageError
from anomeval.judging.rules import number_text
from anomeval.metrics import LEVELS, METRICS, Metric
from anomeval.metrics.grammar import parse_metric
from anomeval.names import clean_name
from anomeval.reporting.cells import shortened

_LABEL_CELLS = 24


@dataclass(frozen=True)
class Heading:
    """How one metric is presented.

    metric: its canonical text. level: empty if the metric is not known here. label: `AUPRO@0.3`.
    complete: whether the label tells all parameters. title: what it measures, in a sentence.
    """

    metric: str
    level: str
    label: str
    title: str = ""
    complete: bool = True
    lower_is_better: bool = False

    @property
    def is_oracle(self) -> bool:
        """Whether the metric says of itself that it looks for its threshold in the truth."""
        return "oracle" in self.title

    @property
    def below_level(self) -> str:
        """The canonical text without the level."""
        return self.metric.removeprefix(f"{self.level}_")


def headings(metrics: Iterable[str]) -> list[Heading]:
    """One heading for each metric, image level first, in the order given within a level.

    Where two would look the same, their canonical texts are used.
    """
    found = [heading(text) for text in dict.fromkeys(metrics)]
    seen = Counter((one.level, one.label) for one in found)
    distinct = [one if seen[one.level, one.label] == 1 else _by_text(one) for one in found]
    return sorted(distinct, key=lambda one: [*LEVELS, ""].index(one.level))


def heading(text: str) -> Heading:
    """The heading of a metric by its canonical text; unknown ones go by that text."""
    try:
        metric = parse_metric(text, METRICS)
    except UsageError:
        level = next((level for level in LEVELS if text.startswith(f"{level}_")), "")
        return _by_text(Heading(text, level, text))
    label, complete = _label(metric)
    doc = metric.doc
    return Heading(text, metric.level, label, doc.title, complete, not doc.higher_is_better)


def proper_name(family: type[Metric]) -> str:
    """The name of a metric in running text: F1max, FPR@TPR."""
    return family.__name__.replace("Max", "max").replace("At", "@")


def _by_text(heading: Heading) -> Heading:
    """The same under its canonical text, as far as that makes a label."""
    text = clean_name(heading.below_level)
    label = shortened(text, _LABEL_CELLS)
    return replace(heading, label=label, complete=label == text)


def _label(metric: Metric) -> tuple[str, bool]:
    """A label, and whether it tells all parameters that are not at their default."""
    name = proper_name(type(metric))
    parameters = [field for field in fields(metric) if field.name != "level"]
    values = [getattr(metric, field.name) for field in parameters]
    usual = values == [field.default for field in parameters]
    if not values or values[0] is None or (usual and len(values) > 1):
        return name, True
    joint = "=" if "@" in name else "@"
    return f"{name}{joint}{number_text(values[0])}", len(values) == 1
