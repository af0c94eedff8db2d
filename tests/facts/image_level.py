"""Scores and labels of single images: ranking (A1-A17) and operating points (C1-C6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.facts.notation import Score, Value, flags, numbers, values


@dataclass(frozen=True)
class ImageCase:
    """Image scores and labels, and what the metrics make of them.

    `f1_cuts` are the lowest and the highest observed score at which F1 is largest.
    `batch_sizes` says how the images arrive where that must not matter; empty is all at once.
    """

    id: str
    scores: tuple[Score, ...]
    labels: tuple[int, ...]
    expected: Mapping[str, Value]
    remark: str
    f1_cuts: tuple[Score, Score] | None = None
    batch_sizes: tuple[int, ...] = ()


RANKING_METRICS = ("image_auroc", "image_ap", "image_aupr", "image_f1max")


def _ranking(
    id: str,
    scores: str,
    labels: str,
    expected: str,
    f1_cuts: str,
    remark: str,
    batch_sizes: tuple[int, ...] = (),
) -> ImageCase:
    """Write a ranking case; `expected` follows RANKING_METRICS, one cut means no tie of cuts."""
    cuts = numbers(f1_cuts)
    return ImageCase(
        id,
        numbers(scores),
        flags(labels),
        dict(zip(RANKING_METRICS, values(expected), strict=True)),
        remark,
        (min(cuts), max(cuts)) if cuts else None,
        batch_sizes,
    )


def _operating(
    id: str, normal: str, anomalous: str, expected: Mapping[str, Value], remark: str
) -> ImageCase:
    """Write an operating point case from the scores of either class."""
    below, above = numbers(normal), numbers(anomalous)
    return ImageCase(id, below + above, (0,) * len(below) + (1,) * len(above), expected, remark)


RANKING: tuple[ImageCase, ...] = (
    _ranking(
        "A1",
        ".1 .2 .8 .9",
        "0 0 1 1",
        "1 1 1 1",
        ".8",
        "Perfect ranking. Re-sorting the curve by recall would give an AUPR of 7/8.",
    ),
    _ranking(
        "A2",
        ".1 .4 .35 .8",
        "0 0 1 1",
        "3/4 5/6 19/24 4/5",
        ".35",
        "One of four pairs is the wrong way round; at .35 F1 is 2*2/(4+1).",
    ),
    _ranking(
        "A3",
        ".1 .5 .5 .9",
        "0 0 1 1",
        "7/8 5/6 11/12 4/5",
        ".5",
        "A tie across the classes earns half a pair.",
    ),
    _ranking(
        "A4",
        ".5 .5 .5 .5",
        "0 0 1 1",
        "1/2 1/2 3/4 2/3",
        ".5",
        "A constant detector: AUROC 1/2, AP the prevalence.",
    ),
    _ranking(
        "A5",
        ".5 .5 .5 .5",
        "0 0 0 1",
        "1/2 1/4 5/8 2/5",
        ".5",
        "A constant detector with prevalence 1/4.",
    ),
    _ranking(
        "A6",
        ".9 .8 .2 .1",
        "0 0 1 1",
        "0 5/12 7/24 2/3",
        ".1",
        "Ranked upside down: F1 is best when everything is flagged.",
    ),
    _ranking(
        "A7",
        ".13 .26 .08 .92 .03",
        "0 0 1 1 0",
        "2/3 3/4 17/24 2/3",
        ".08 .92",
        "F1 is 2/3 at .92 (one hit, one miss) and at .08 (two hits, two false alarms).",
    ),
    _ranking(
        "A8",
        ".59 .35 .72 .33 .73 .81 .30 .05 .04 .48",
        "0 1 1 1 0 0 0 0 1 1",
        "9/25 242/525 4913/12600 2/3",
        ".04 .33",
        "Precision at the five positives: 1/3 2/5 3/6 4/7 5/10. F1 is 8/12 at .33, 10/15 at .04.",
    ),
    _ranking(
        "A9",
        ".9 .8 .7 .6",
        "1 0 0 1",
        "1/2 3/4 17/24 2/3",
        ".6 .9",
        "An exact tie of F1 between the outermost cuts; rounded precision may break it.",
    ),
    _ranking(
        "A10",
        "1 2 2 2 3",
        "0 1 0 1 1",
        "5/6 5/6 11/12 6/7",
        "2",
        "Two positives and one negative share a score; 5 of 6 pairs are won.",
    ),
    _ranking(
        "A11",
        "2.3 1.6 2.6 7.9 3.3",
        "0 0 0 1 1",
        "1 1 1 1",
        "3.3",
        "Raw scores need not lie between 0 and 1.",
    ),
    _ranking(
        "A12",
        "1 1 0",
        "1 0 0",
        "3/4 1/2 3/4 2/3",
        "1",
        "A detector that only says yes or no.",
    ),
    _ranking(
        "A13",
        ".1 .2 .3",
        "0 0 0",
        "- - - -",
        "",
        "Normal images alone: nothing to find, so nothing is defined.",
    ),
    _ranking(
        "A14",
        ".1 .2 .3",
        "1 1 1",
        "- 1 1 1",
        ".1",
        "Anomalous images alone: no pairs to rank, but precision is perfect throughout.",
    ),
    _ranking(
        "A15",
        "10 20 80 90",
        "0 0 1 1",
        "1 1 1 1",
        "80",
        "A float32 sigmoid would make 20, 80 and 90 equal and AUROC 3/4.",
    ),
    _ranking(
        "A16",
        ".9 1.2",
        "0 1",
        "1 1 1 1",
        "1.2",
        "Two batches of one; squashing only the one that leaves [0, 1] would turn the order round.",
        batch_sizes=(1, 1),
    ),
    _ranking("A17", "", "", "- - - -", "", "No data."),
)

OPERATING_POINTS: tuple[ImageCase, ...] = (
    _operating(
        "C1",
        "1 2 3 4",
        "3 5 6 7",
        {"image_pg(fnr=0.05)": Fraction(1, 2)},
        "No positive may be missed, so the cut is 3: 1 and 2 lie below. A cut interpolated to 3.3"
        " would miss a quarter of the positives.",
    ),
    _operating(
        "C2",
        "1 2 3 4",
        "3 5 6 7",
        {"image_pb(fpr=0.05)": Fraction(3, 4)},
        "No normal may be flagged: 5, 6 and 7 remain.",
    ),
    _operating(
        "C3",
        ".1 .4",
        ".35 .8",
        {"image_pg(fnr=0.2)": Fraction(1, 2)},
        "A fifth of two positives is none; an interpolated cut of .44 would miss half.",
    ),
    _operating(
        "C4",
        ".5 .5",
        ".5 .5",
        {"image_pg(fnr=0.05)": Fraction(0), "image_pb(fpr=0.05)": Fraction(0)},
        "A constant detector finds nothing at a strict operating point.",
    ),
    _operating(
        "C5",
        "",
        ".1 .2",
        {"image_pg(fnr=0.05)": None, "image_pb(fpr=0.05)": None},
        "Without normal images neither is defined.",
    ),
    _operating(
        "C6",
        "29.5 200",
        " ".join(str(score) for score in range(1, 101)),
        {"image_pg(fnr=0.29)": Fraction(1, 2)},
        "29 of 100 may be missed, so the cut is 30 and 29.5 lies below it. In binary floating"
        " point 0.29 * 100 is a little less than 29.",
    ),
)
