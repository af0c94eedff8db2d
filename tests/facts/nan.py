"""Scores that are not a number, or infinite (A18, D17, H).

Unless a policy is asked for, a NaN is refused, naming the image.  `drop` leaves the image or
pixel out of everything and counts it; `max` and `min` rank it above and below all else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tests.facts.image_level import ImageCase
from tests.facts.notation import Grid, Mask, Score, Value, flags, grid, mask, numbers

F = Fraction

Policy = Literal["drop", "max", "min"]
Outcome = Literal["refused", "left out", "on top", "at the bottom"]


@dataclass(frozen=True)
class NanImages:
    """Image scores with NaN in them, refused by default, and the metrics under each policy."""

    id: str
    scores: tuple[Score, ...]
    labels: tuple[int, ...]
    expected: Mapping[Policy, Mapping[str, Value]]
    remark: str


@dataclass(frozen=True)
class NanPixels:
    """A map with NaN in it, refused by default, and the metrics under each policy."""

    id: str
    mask: Mask
    map: Grid
    expected: Mapping[Policy, Mapping[str, Value]]
    remark: str


A18 = NanImages(
    "A18",
    numbers(".1 nan .8 .9"),
    flags("0 0 1 1"),
    {
        "drop": {"image_auroc": F(1)},
        "max": {"image_auroc": F(1, 2)},
        "min": {"image_auroc": F(1)},
    },
    "A normal image without a score.",
)

ALL_NAN = NanImages(
    "H-all",
    numbers("nan nan nan"),
    flags("0 1 1"),
    {
        "drop": {"image_auroc": None, "image_ap": None},
        "max": {"image_auroc": F(1, 2), "image_ap": F(2, 3)},
        "min": {"image_auroc": F(1, 2), "image_ap": F(2, 3)},
    },
    "Nothing but NaN: nothing left, or a constant detector.",
)

D17 = NanPixels(
    "D17",
    mask("1100/1100/0000/0000"),
    grid("9 7 8 0/6 5 4 0/3 2 1 0/0 0 0 nan"),
    {
        "drop": {"pixel_aupro(fpr_limit=0.3)": F(17, 22), "pixel_auroc": F(41, 44)},
        "max": {"pixel_aupro(fpr_limit=0.3)": F(37, 72), "pixel_auroc": F(41, 48)},
        "min": {"pixel_aupro(fpr_limit=0.3)": F(19, 24), "pixel_auroc": F(15, 16)},
    },
    "A background pixel without a score: 11 pixels of background, or 12 with it first or last.",
)

INFINITE = ImageCase(
    "H-inf",
    numbers("-inf inf inf 0"),
    flags("0 0 1 1"),
    {"image_auroc": F(5, 8)},
    "Infinite scores rank and tie like any other; no range can be fitted to them.",
)

POLICIES: Mapping[str, Mapping[Policy | Literal["default"], Outcome]] = {
    "image score": {
        "default": "refused",
        "drop": "left out",
        "max": "on top",
        "min": "at the bottom",
    },
    "map pixel": {
        "default": "refused",
        "drop": "left out",
        "max": "on top",
        "min": "at the bottom",
    },
    "validation score": {
        "default": "refused",
        "drop": "left out",
        "max": "refused",
        "min": "refused",
    },
    "mask pixel": {"default": "refused", "drop": "left out"},
}
"""What becomes of a NaN by where it stands; on top or at the bottom no range could be fitted."""
