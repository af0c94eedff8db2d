"""The values of a result, to be looked up."""

from collections.abc import Iterable
from functools import cached_property

from anomeval.reporting.result import Group, Result, Row

GroupKey = tuple[tuple[str, str], ...]
"""A group as something to look up; () is all images."""


class Table:
    """The values of a result by metric and group, whether they are shown or not."""

    def __init__(self, result: Result) -> None:
        self._rows = {(row.metric, key_of(row.group)): row for row in result.values}

    def get(self, metric: str, group: GroupKey) -> Row | None:
        """The row of a metric on a group; () is all images."""
        return self._rows.get((metric, group))

    @cached_property
    def metrics(self) -> list[str]:
        """Every metric, in order."""
        return list(dict.fromkeys(metric for metric, _ in self._rows))

    def relatives(self, metric: str) -> list[str]:
        """Metrics of the same name with other parameters."""
        name = metric.partition("(")[0]
        return [known for known in self.metrics if known.partition("(")[0] == name]

    def keys(self, metric: str) -> list[GroupKey]:
        """Whatever a metric was computed on."""
        return [key for name, key in self._rows if name == metric]

    def groups(self, metric: str) -> list[GroupKey]:
        """The groups a metric was computed on; neither all images, nor means."""
        return [key for key in self.keys(metric) if is_group(key)]


def key_of(group: Group | None) -> GroupKey:
    """A group as something to look up; all images are ()."""
    return tuple(sorted((group or {}).items()))


def is_group(key: GroupKey) -> bool:
    """Whether values are of a group: neither of all images, nor means over groups."""
    return bool(key) and "mean" not in dict(key)


def common(keys: Iterable[GroupKey], others: Iterable[GroupKey]) -> list[GroupKey]:
    """What both have, in the order of the first."""
    known = set(others)
    return [key for key in keys if key in known]
