"""Values of groups without a normal image or pixel: perfect, or nearly, whatever the scores are."""

from collections.abc import Iterable, Iterator, Sequence

from anomeval.metrics import Metric
from anomeval.metrics.metric import LEVELS
from anomeval.names import clean_name
from anomeval.reporting.result import Caution, Group, Row

_SHOWN = 5  # groups


def normals_cautions(rows: Iterable[Row], metrics: Sequence[Metric]) -> list[Caution]:
    """One caution for each level at which a value rests on anomalous scores alone.

    Args:
        rows: of every group that was measured by itself, and means over them, which are passed
            over: what they are made of is told.
        metrics: those of the rows. Metrics of the anomalous only, such as recall, lack nothing.
    """
    of_both = {str(metric): metric.level for metric in metrics if len(metric.classes) > 1}
    found: dict[str, list[Row]] = {level: [] for level in LEVELS}
    for row in rows:
        level = of_both.get(row.metric)
        measured = row.value is not None and "mean_over" not in row.extra
        if level and measured and row.support.get(f"normal_{level}s") == 0:
            found[level].append(row)
    return [Caution("no_normals", _message(level, told)) for level, told in found.items() if told]


def _message(level: str, rows: Sequence[Row]) -> str:
    metrics = ", ".join(dict.fromkeys(row.metric for row in rows))
    if any(row.group is None for row in rows):
        return (
            f"no normal {level}: values of {metrics} cannot count false alarms, and look better "
            "than they are"
        )
    names = list(dict.fromkeys(map(_name, _widest([row.group or {} for row in rows]))))
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return (
        f"no normal {level} in {shown}: values of {metrics} there cannot count false alarms, and "
        "look better than they are, as does every mean over them"
    )


def _widest(groups: Sequence[Group]) -> Iterator[Group]:
    """The groups that are no part of another one: a category stands for its defect types."""
    return (group for group in groups if not any(other.items() < group.items() for other in groups))


def _name(group: Group) -> str:
    return "/".join(clean_name(name) if name else "(none)" for name in group.values())
