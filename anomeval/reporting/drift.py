"""Whether ranking or threshold has failed: what is found, and how it is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from anomeval.names import clean_name
from anomeval.reporting.cells import Line
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.paragraphs import hanging, wrapped

_TITLE = "Ranking or threshold?"


@dataclass(frozen=True)
class Drift:
    """Whether ranking or threshold has failed, at one level of one category.

    f1, f1max: at the fitted cut, and the best that any cut reaches. serves: whether they are about
    equal; None where there is no F1. ks_low, ks_high: between what bounds the largest distance lies
    between the shares of normal scores below any point, of the split that was fitted on and of this
    one; None where nothing is known of the former. moved: whether that is beyond chance. verdict:
    what follows, in a sentence.
    """

    level: str
    category: str | None
    cut: float
    f1: float | None
    f1max: float | None
    best_cut: float | None
    serves: bool | None
    ks_low: float | None
    ks_high: float | None
    moved: bool | None
    verdict: str


def drift_lines(drifts: Sequence[Drift], width: int, *, brief: bool = False) -> list[Line]:
    """A line for each; if brief, of several only those where something is wrong."""
    told = [one for one in drifts if one.serves is not True or one.moved] if brief else drifts
    if not drifts or (brief and not told):
        return []
    lines: list[Line] = [[(_TITLE, STRONG)]]
    for one in told:
        place = f"{one.level}, {clean_name(one.category)}" if one.category else one.level
        lines += hanging((f"  {place}  ", ""), one.verdict, width, "")
    return [*lines, *([(line, QUIET)] for line in wrapped(_advice(told), width))]


def _advice(drifts: Sequence[Drift]) -> str:
    if any(one.ks_low is None for one in drifts):
        what = "The fit does not tell where normal scores were"
        return f"{what}: fit anew, or explain with --validation VAL."
    return "KS is the largest distance between the shares of normal scores below any point."
