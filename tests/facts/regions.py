"""Maps and masks: regions, per-region overlap and pixel ranking (D1-D21, without D17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from tests.facts.notation import Grid, Mask, Score, Value, grid, mask

F = Fraction

K1 = mask("1100/1100/0000/0000")
"""One region of 4 pixels before 12 pixels of background."""

C = grid("9780/6540/3210/0000")
"""A map that ranks one background pixel, the 8, between the region's 9 and 7 6 5."""

EMPTY = mask("0000/0000/0000/0000")
FULL = mask("1111/1111/1111/1111")
DIAGONAL = mask("1000/0100/0010/0001")

TWELFTH = F("0.08333333333333333")
THIRD = F("0.3333333333333333")
"""The limits 1/12 and 1/3 as a metric text can say them, which is a little less."""


@dataclass(frozen=True)
class RegionCase:
    """Images, the number of their regions and what the pixel metrics make of them.

    `regions_4` and `expected_4` hold under 4-connectivity.  `f1_cuts` are the lowest and highest
    observed score at which pixel F1 is largest.  With `fpr_from` "anomalous" only anomalous
    images are background; elsewhere all are.
    """

    id: str
    masks: tuple[Mask, ...]
    maps: tuple[Grid, ...]
    regions: int
    expected: Mapping[str, Value]
    remark: str
    regions_4: int | None = None
    expected_4: Mapping[str, Value] = field(default_factory=dict)
    f1_cuts: tuple[Score, Score] | None = None
    fpr_from: Literal["all", "anomalous"] = "all"


def aupro(limit: Fraction | str) -> str:
    """Return the text of AUPRO with a limit."""
    return f"pixel_aupro(fpr_limit={float(Fraction(limit))!r})"


def pro(threshold: str) -> str:
    """Return the text of PRO with a threshold."""
    return f"pixel_pro(threshold={float(threshold)!r})"


D8 = RegionCase(
    "D8",
    (K1, EMPTY),
    (C, grid("6.5 0 0 0/0000/0000/0000")),
    1,
    {aupro(".3"): F(143, 168), aupro(".05"): F(9, 28), aupro("1"): F(107, 112)},
    "The normal image adds 16 pixels of background, one of them above part of the region.",
)

CASES: tuple[RegionCase, ...] = (
    RegionCase(
        "D1",
        (K1,),
        (grid("9900/9900/0000/0000"),),
        1,
        {aupro(".3"): F(1)},
        "Perfect, with two distinct scores.",
    ),
    RegionCase(
        "D2",
        (K1,),
        (grid("5555/5555/5555/5555"),),
        1,
        {aupro(".3"): F(3, 20), aupro(".05"): F(1, 40), aupro("1"): F(1, 2)},
        "A constant map is one tie: the diagonal, half the limit.",
    ),
    RegionCase(
        "D3",
        (K1,),
        (C,),
        1,
        {
            aupro(".3"): F(19, 24),
            aupro(".05"): F(1, 4),
            aupro(TWELFTH): F(1, 4),
            aupro(".25"): F(3, 4),
            aupro("1"): F(15, 16),
        },
        "Overlap 1/4 until the false alarm at rate 1/12, where the curve rises to 1.",
    ),
    RegionCase(
        "D4",
        (K1,),
        (C,),
        1,
        {"pixel_auroc": F(15, 16), "pixel_ap": F(193, 240), "pixel_f1max": F(8, 9)},
        "The same pixels as one ranking; F1 at 5 is 8/(8+1).",
        f1_cuts=(F(5), F(5)),
    ),
    RegionCase(
        "D5",
        (mask("1000/0100/0000/0000"),),
        (grid("9000/0300/5000/0000"),),
        1,
        {aupro(".3"): F(37, 42)},
        "Two pixels touching at a corner: equal sizes hide the connectivity in the value.",
        regions_4=2,
        expected_4={aupro(".3"): F(37, 42)},
    ),
    RegionCase(
        "D6",
        (mask("1100/0010/0000/0000"),),
        (grid("9800/0020/0005/0000"),),
        1,
        {aupro(".3"): F(107, 117), aupro(".05"): F(2, 3)},
        "A pair and a single touching at a corner: the value tells 8 from 4 neighbours.",
        regions_4=2,
        expected_4={aupro(".3"): F(34, 39), aupro(".05"): F(1, 2)},
    ),
    RegionCase(
        "D7",
        (K1,),
        (grid("9999/9999/0000/0000"),),
        1,
        {
            aupro(".05"): F(3, 40),
            aupro(".25"): F(3, 8),
            aupro(".3"): F(9, 20),
            aupro(THIRD): F(3, 2) * THIRD,
            aupro("1"): F(5, 6),
        },
        "One tie leads from (0, 0) straight to (1/3, 1); limits inside it cut that line.",
    ),
    D8,
    replace(
        D8,
        id="D8b",
        expected={aupro(".3"): F(19, 24)},
        remark="Without the normal image's background it is as if that image were not there.",
        fpr_from="anomalous",
    ),
    RegionCase(
        "D9",
        (mask("1000/0000/0011/0011"),),
        (grid("1000/0500/0098/0076"),),
        2,
        {aupro(".3"): F(28, 33), aupro(".05"): F(1, 2), "pixel_auroc": F(54, 55)},
        "A region of 1 pixel weighs as much as one of 4.",
    ),
    RegionCase(
        "D10",
        (K1,),
        (grid("0099/0099/9999/9999"),),
        1,
        {aupro(".3"): F(0), aupro("1"): F(0)},
        "Upside down: all background before any of the region.",
    ),
    RegionCase("D11", (FULL,), (C,), 1, {aupro(".3"): None}, "No background."),
    RegionCase(
        "D12", (EMPTY,), (C,), 0, {aupro(".3"): None, pro("0.5"): None}, "No region to overlap."
    ),
    RegionCase(
        "D13",
        (mask("0011/1000/0000/0000"),),
        (grid("0099/1000/0000/0000"),),
        2,
        {pro("5"): F(1, 2)},
        "The end of a row does not touch the start of the next.",
    ),
    RegionCase(
        "D14",
        (mask("1001/1001/1001/1111"),),
        (grid("9118/9118/9118/7777"),),
        1,
        {pro("8.5"): F(3, 10), pro("8"): F(3, 5), aupro(".3"): F(1)},
        "A U along three borders; pixels exactly at the threshold are flagged.",
    ),
    RegionCase(
        "D15",
        (DIAGONAL,),
        (grid(".5 .5 .5 .5/.5 .5 .5 .5/.5 .5 .5 .5/.5 .5 .5 .5"),),
        1,
        {pro("0.5"): F(1)},
        "A diagonal, every pixel exactly at the threshold.",
        regions_4=4,
        expected_4={pro("0.5"): F(1)},
    ),
    RegionCase(
        "D18",
        (FULL,),
        (grid("0000/0000/0000/0000"),),
        1,
        {pro("0.5"): F(0)},
        "A fully anomalous image of which nothing is found.",
    ),
    RegionCase(
        "D19", (mask("1111/1001/1001/1111"),), (C,), 1, {}, "A ring is one region, hole or not."
    ),
)


@dataclass(frozen=True)
class SaturationCase:
    """The area under the saturated overlap curve: `saturation` pixels are as good as all."""

    id: str
    mask: Mask
    map: Grid
    saturation: int
    fpr_limit: Fraction
    expected: Fraction


SATURATED: tuple[SaturationCase, ...] = (
    SaturationCase("D16a", K1, C, 2, F("0.3"), F(31, 36)),
    SaturationCase("D16b", K1, C, 1, F("0.3"), F(1)),
    SaturationCase("D16c", K1, C, 4, F("0.3"), F(19, 24)),
    SaturationCase("D16d", K1, C, 2, F("0.05"), F(1, 2)),
)


@dataclass(frozen=True)
class GrayMaskCase:
    """A gray mask and how many pixels are anomalous when values above `above` are."""

    id: str
    mask: Mask
    above: int
    anomalous_pixels: int


GRAY_MASKS: tuple[GrayMaskCase, ...] = tuple(
    GrayMaskCase(id, ((0, 100), (0, 0)), above, anomalous_pixels)
    for id, above, anomalous_pixels in (("D20a", 0, 1), ("D20b", 127, 0), ("D20c", 254, 0))
)


@dataclass(frozen=True)
class VanishedMask:
    """Images of which some are labelled anomalous although their mask is empty.

    Such an image is anomalous at image level, has no area of its own and is no normal image for
    the rate that the areas share; the report counts it.
    """

    id: str
    labels: tuple[int, ...]
    masks: tuple[Mask, ...]
    maps: tuple[Grid, ...]
    expected: Mapping[str, float]
    per_image: tuple[float | None, ...]
    vanished: int
    remark: str


D21 = VanishedMask(
    "D21",
    labels=(0, 1, 1),
    masks=(mask("00/00"), mask("11/00"), mask("00/00")),
    maps=(grid("20/00"), grid("31/00"), grid("99/99")),
    expected={"pixel_aupimo(fpr_low=0.0625,fpr_high=1.0)": 3 / 4},
    per_image=(None, 3 / 4, None),
    vanished=1,
    remark="Recall 1/2 up to rate 1/4, then 1: half way on the log scale from 1/16 to 1.",
)
