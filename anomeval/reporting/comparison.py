"""Several results of the same images side by side, as data. Every written form is made of this."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from anomeval.reporting.changes import Changes
from anomeval.reporting.result import Caution, Group

Standing = Literal["win", "tie", "loss"]


@dataclass(frozen=True)
class Contrast:
    """One value against that of the first result.

    gain: how much better it is, whatever the metric's direction.
    low, high: of the paired interval of the gain; None without replicates in both.
    p_value: that a gain of this size, either way, comes about by chance. adjusted: the same after
        Holm's correction for all groups of the metric.
    standing: a tie where chance is not excluded; without replicates, where values are equal.
    """

    gain: float
    standing: Standing
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    adjusted: float | None = None


@dataclass(frozen=True)
class Line:
    """One metric on one group of images, in every result.

    values: None where it is undefined. contrasts: of all results but the first with the first;
    None where either is undefined.
    best: positions of the results with the best value. tied: of those that chance may keep from it.
    """

    metric: str
    group: Group | None
    values: Sequence[float | None]
    contrasts: Sequence[Contrast | None]
    best: Sequence[int] = ()
    tied: Sequence[int] = ()


@dataclass(frozen=True)
class Comparison:
    """Results side by side.

    names: of the results, the first is what the others are set against. level: of intervals.
    changes: what changed side from the first result to each other one.
    notes: on the table. cautions: those of the results that bear upon it, with their names.
    """

    names: Sequence[str]
    lines: Sequence[Line]
    changes: Sequence[Changes]
    level: float
    notes: Sequence[str] = ()
    cautions: Sequence[Caution] = ()

    def standings(self, position: int) -> dict[str, Counter[Standing]]:
        """Wins, ties and losses of one result over the groups of each metric that has any.

        Where groups nest, these are the innermost of the metric.
        """
        single = [line for line in self.lines if is_single_group(line.group)]
        depth = {line.metric: 0 for line in single}
        for line in single:
            depth[line.metric] = max(depth[line.metric], len(line.group or {}))
        found = {metric: Counter[Standing]() for metric in depth}
        for line in single:
            contrast = line.contrasts[position - 1]
            if contrast is not None and len(line.group or {}) == depth[line.metric]:
                found[line.metric][contrast.standing] += 1
        return {metric: counts for metric, counts in found.items() if counts}


def is_single_group(group: Group | None) -> bool:
    """Whether a value is about one group: neither all images, nor a mean over groups."""
    return group is not None and "mean" not in group
