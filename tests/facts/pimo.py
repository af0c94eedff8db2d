"""Per-image overlap against the false positive rate of normal images (E2-E12).

E1 is E2 sampled at 16 thresholds and has no exact value of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log

from tests.facts.notation import Grid, Mask, Score, grid, mask

RAMP = grid("0 1 2 3/4 5 6 7/8 9 10 11/12 13 14 15")
"""A normal image of 16 scores: the rate is k/16 at the k-th highest."""

FIRST_ROW = mask("1111/0000/0000/0000")
NOTHING = mask("0000/0000/0000/0000")
EVERYTHING = mask("1111/1111/1111/1111")

BOUNDS = "pixel_aupimo(fpr_low=0.125,fpr_high=0.5)"
EXACT = (log(3 / 2) / 4 + 3 / 4 * log(8 / 3)) / log(4)
"""Recall 1/4 from rate 1/8 to 3/16 (cut above 12.5), 3/4 from there to 1/2."""


@dataclass(frozen=True)
class PimoCase:
    """Images, the mean area and the area of each image, in order."""

    id: str
    masks: tuple[Mask, ...]
    maps: tuple[Grid, ...]
    expected: Mapping[str, float | None]
    per_image: tuple[float | None, ...]
    remark: str


def defect(first_row: str) -> Grid:
    """Return a map with these scores under FIRST_ROW and 99 elsewhere, where nobody looks."""
    return grid(f"{first_row}/99 99 99 99/99 99 99 99/99 99 99 99")


def _one(
    id: str,
    normal: Grid,
    anomalous: Grid,
    expected: float,
    remark: str,
    text: str = BOUNDS,
    anomalous_mask: Mask = FIRST_ROW,
) -> PimoCase:
    """Write a case of one normal and one anomalous image."""
    return PimoCase(
        id,
        (NOTHING, anomalous_mask),
        (normal, anomalous),
        {text: expected},
        (None, expected),
        remark,
    )


def rescaled(scores: Grid) -> Grid:
    """Return the map moved to a small range far from zero."""
    return tuple(tuple(1000 + score / 1000 for score in row) for row in scores)


def clamped(scores: Grid) -> Grid:
    """Return the map cut off at 10."""
    return tuple(tuple(min(score, Fraction(10)) for score in row) for row in scores)


FOUND = defect("20 12.5 12.5 3.5")

CASES: tuple[PimoCase, ...] = (
    _one("E2", RAMP, FOUND, EXACT, "No anomalous pixel ties with a normal one."),
    _one(
        "E3",
        RAMP,
        defect("20 13 13 3.5"),
        (log(3 / 2) / 2 + 3 / 4 * log(8 / 3)) / log(4),
        "A tie at 13: recall climbs from 1/4 to 3/4, straight in ln(rate), 1/2 on average.",
    ),
    _one(
        "E4",
        RAMP,
        FOUND,
        (log(6) / 4 + 3 / 4 * log(8 / 3)) / log(16),
        "Below the smallest rate 1/16 recall stays what it is above the highest normal score.",
        text="pixel_aupimo(fpr_low=0.03125,fpr_high=0.5)",
    ),
    PimoCase(
        "E5",
        (NOTHING, NOTHING, FIRST_ROW),
        (RAMP, grid("0 .5 1 1.5/2 2.5 3 3.5/4 4.5 5 5.5/6 6.5 7 7.5"), FOUND),
        {BOUNDS: 3 / 4},
        (None, None, 3 / 4),
        "Recall is 3/4 throughout; 1/2 lies between two rates and is cut exactly.",
    ),
    _one(
        "E6",
        grid("12.5 12.5 12.5 12.5/" * 3 + "12.5 12.5 12.5 12.5"),
        FOUND,
        1 / 4,
        "A constant normal image: what lies strictly above it counts.",
    ),
    PimoCase("E7a", (FIRST_ROW,), (FOUND,), {BOUNDS: None}, (None,), "No normal image."),
    PimoCase("E7b", (NOTHING,), (RAMP,), {BOUNDS: None}, (None,), "No anomalous image."),
    PimoCase(
        "E8b",
        (mask("00/00"), mask("00"), mask("111")),
        (grid("50/00"), grid("30"), grid("442")),
        {BOUNDS: (log(3) * 2 / 3 + log(4 / 3)) / log(4)},
        (None, None, (log(3) * 2 / 3 + log(4 / 3)) / log(4)),
        "Images of three sizes: rates 1/8 at 5, 3/8 at 3 and 1 at 0; recall 2/3, then 1.",
    ),
    _one(
        "E9",
        RAMP,
        grid("20 20 20 20/" * 3 + "20 20 20 20"),
        1.0,
        "A fully anomalous image is as good as any: its own background is never asked for.",
        anomalous_mask=EVERYTHING,
    ),
    _one(
        "E10",
        clamped(RAMP),
        clamped(FOUND),
        3 / 4 * log(4 / 3) / log(4),
        "E2 cut off at 10: recall is lost to ties below rate 3/8, so rank before clamping.",
    ),
    _one(
        "E11",
        rescaled(RAMP),
        rescaled(FOUND),
        EXACT,
        "Only the order counts, also for a small range far from zero in float32.",
    ),
    _one("E12", RAMP, FOUND, EXACT, "The normal image has no area and no part in the mean."),
)


@dataclass(frozen=True)
class SharedRateCase:
    """Normal images of different sizes: the shared rate at a cut is the mean of their rates."""

    id: str
    maps: tuple[Grid, ...]
    cut: Score
    mean_of_rates: Fraction
    rate_of_pooled_pixels: Fraction


E8 = SharedRateCase(
    "E8",
    (grid("90/00"), grid("0000/0000/0000/0000")),
    Fraction(9),
    mean_of_rates=Fraction(1, 8),
    rate_of_pooled_pixels=Fraction(1, 20),
)
