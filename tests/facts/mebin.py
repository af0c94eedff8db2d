"""Masks by the stability of the number of components (F1-F6)."""

from dataclasses import dataclass
from fractions import Fraction

from tests.facts.notation import Grid, Mask, grid, mask


@dataclass(frozen=True)
class MebinCase:
    """Images sharing one score range, not eroded, with each one's raw threshold and mask."""

    id: str
    maps: tuple[Grid, ...]
    thresholds: tuple[Fraction, ...]
    masks: tuple[Mask, ...]
    remark: str


TWO_BLOBS = grid("10 10 0 0 0/10 10 0 0 0/0 0 0 6 6/0 0 0 6 6")

CASES: tuple[MebinCase, ...] = (
    MebinCase(
        "F1",
        (TWO_BLOBS, grid("00000/00400/00000/00000")),
        (Fraction(514, 85), Fraction(10)),
        (mask("11000/11000/00000/00000"), mask("00000/00000/00000/00000")),
        "Range 4 to 10: the 6 scales to 85, one component from level 251 to 87, two below.",
    ),
    MebinCase(
        "F2",
        (TWO_BLOBS,),
        (Fraction(2, 17),),
        (mask("11000/11000/00011/00011"),),
        "The same image alone, range 0 to 10: the 6 scales to 153, two components from 151 to 3.",
    ),
)


@dataclass(frozen=True)
class RunCase:
    """Component counts at levels 255, 251, ... and the stable level and count chosen from them."""

    id: str
    counts: tuple[int, ...]
    level: int
    count: int
    remark: str


RUNS: tuple[RunCase, ...] = (
    RunCase("F3", (0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 1), 215, 2, "The longest run ends at 10."),
    RunCase("F4", (1, 1, 1, 1, 0, 2, 2, 2, 2), 243, 1, "Of equally long runs the first."),
    RunCase("F5", (0, 1, 2, 3), 255, 0, "No run of four: nothing is kept."),
    RunCase("same-count", (1, 1, 1, 1, 0, 1, 1, 1, 1), 243, 1, "The first of one count's runs."),
    RunCase(
        "first-seen-count",
        (1, 1, 1, 1, 0, 2, 2, 2, 2, 2, 0, 1, 1, 1, 1, 1),
        195,
        1,
        "1 and 2 both reach a run of five; 1 was seen first, and its own five end at 15.",
    ),
)


@dataclass(frozen=True)
class ErosionCase:
    """A mask and how many of its pixels a 6 x 6 erosion leaves."""

    id: str
    mask: Mask
    surviving: int
    remark: str


def block(top: int, left: int, size: int = 16) -> Mask:
    """Return a square mask with a 6 x 6 block in it."""
    return tuple(
        tuple(int(top <= row < top + 6 and left <= column < left + 6) for column in range(size))
        for row in range(size)
    )


EROSIONS: tuple[ErosionCase, ...] = (
    ErosionCase("F6a", block(0, 0), 16, "Top left corner: beyond the border counts as set."),
    ErosionCase("F6b", block(5, 5), 1, "Inside only the anchor is surrounded."),
)
