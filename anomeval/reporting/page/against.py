"""The page's tables against a baseline: how much better each value became, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from anomeval.reporting.comparison import Comparison, Contrast, Line, Standing, is_single_group
from anomeval.reporting.comparison_words import images_text, p_text
from anomeval.reporting.headings import Heading, headings
from anomeval.reporting.marks import UNDEFINED, marked_label
from anomeval.reporting.numerals import ValueStyle, score_text
from anomeval.reporting.result import Group

STANDINGS: dict[Standing, str] = {"win": "better", "loss": "worse", "tie": "no clear difference"}
"""The words for what a difference comes to."""

_STYLE = ValueStyle()


@dataclass(frozen=True)
class Gain:
    """How much better a value is than that of the baseline.

    text: with its sign, a dash where it is unknown. number: for sorting. interval: paired, empty
    where there is none. p: corrected for all groups of the metric. standing: None if unknown.
    """

    text: str
    number: float | None = None
    interval: str = ""
    p: str = ""
    standing: Standing | None = None


@dataclass(frozen=True)
class MetricGain:
    """A metric before and now."""

    heading: Heading
    label: str
    before: str
    now: str
    gain: Gain


@dataclass(frozen=True)
class GroupGains:
    """The gains of one group, None where a metric is not in both results.

    category: the one that it belongs to, as it is written; "" = to none.
    """

    name: str
    category: str
    gains: Sequence[Gain | None]


@dataclass(frozen=True)
class AgainstTables:
    """Both tables. level: of the intervals in percent; empty where no value has one."""

    metrics: Sequence[MetricGain]
    headings: Sequence[tuple[Heading, str]]
    groups: Sequence[GroupGains]
    level: str


def against_tables(comparison: Comparison) -> AgainstTables:
    """A baseline, and this result beside it."""
    lines = comparison.lines
    overall = {line.metric: line for line in lines if line.group is None}
    single = [line for line in lines if is_single_group(line.group)]
    columns = headings(line.metric for line in single)
    has_intervals = any(contrast.low is not None for contrast in _contrasts(lines))
    return AgainstTables(
        metrics=[_metric_gain(one, overall[one.metric]) for one in headings(overall)],
        headings=[(one, marked_label(one)) for one in columns],
        groups=_groups(single, columns),
        level=score_text(100 * comparison.level) if has_intervals else "",
    )


def _metric_gain(heading: Heading, line: Line) -> MetricGain:
    before, now = (UNDEFINED if value is None else _STYLE.value(value) for value in line.values)
    return MetricGain(heading, marked_label(heading), before, now, _gain(line.contrasts[0]))


def _groups(lines: Sequence[Line], columns: Sequence[Heading]) -> list[GroupGains]:
    gathered: dict[str, tuple[Group, dict[str, Gain]]] = {}
    for line in lines:
        group = line.group or {}
        _, gains = gathered.setdefault(images_text(line.group), (group, {}))
        gains[line.metric] = _gain(line.contrasts[0])
    return [
        GroupGains(name, group.get("category", ""), [gains.get(one.metric) for one in columns])
        for name, (group, gains) in gathered.items()
    ]


def _contrasts(lines: Sequence[Line]) -> list[Contrast]:
    return [line.contrasts[0] for line in lines if line.contrasts[0]]


def _gain(contrast: Contrast | None) -> Gain:
    if contrast is None:
        return Gain(UNDEFINED)
    interval = ""
    if contrast.low is not None and contrast.high is not None:
        interval = _STYLE.signed_interval(contrast.low, contrast.high)
    return Gain(
        text=_STYLE.signed(contrast.gain),
        number=contrast.gain,
        interval=interval,
        p=p_text(contrast),
        standing=contrast.standing,
    )
