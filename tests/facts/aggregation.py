"""Means over categories and samples of several views (G1-G5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.facts.notation import Score, Value, flags, numbers, values


@dataclass(frozen=True)
class MeanCase:
    """Values, their unweighted mean and how many of them are defined.

    `sizes` are the numbers of images behind the values, where some are given: they must not
    matter.
    """

    id: str
    values: tuple[Value, ...]
    mean: Value
    defined: int
    remark: str
    sizes: tuple[int, ...] = ()


MEANS: tuple[MeanCase, ...] = (
    MeanCase(
        "G1",
        values("54.5 76.3 83.6 47.6 3.2 6.7 14.3"),
        Fraction(2862, 70),
        7,
        "Seven metrics of one detector in one mean, published as 40.9.",
    ),
    MeanCase("G3", values(".8 .6"), Fraction(".7"), 2, "Structural and logical defects apart."),
    MeanCase(
        "G4",
        values(".9 .5"),
        Fraction(".7"),
        2,
        "A small category counts as much as a large one.",
        sizes=(10, 1000),
    ),
    MeanCase("G5a", values(".9 - .5"), Fraction(".7"), 2, "Undefined is left out, never zero."),
    MeanCase("G5b", values("- -"), None, 0, "Nothing defined, no mean."),
)


@dataclass(frozen=True)
class ViewCase:
    """Views of samples: a sample's score and label are the largest of its views'."""

    id: str
    samples: tuple[str, ...]
    scores: tuple[Score, ...]
    labels: tuple[int, ...]
    sample_scores: tuple[Score, ...]
    sample_labels: tuple[int, ...]
    expected: Mapping[str, Value]
    remark: str


G2 = ViewCase(
    "G2",
    tuple("AAAAABBBBB"),
    numbers(".1 .5 .2 .1 .1 .6 .3 .3 .2 .1"),
    flags("0 1 0 0 0 0 0 0 0 0"),
    numbers(".5 .6"),
    flags("1 0"),
    {"image_auroc": Fraction(8, 9), "sample_auroc": Fraction(0)},
    "One normal view of B above the anomalous view of A is enough to lose the sample.",
)
