"""Counts of decisions that a gate can bound, and what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["missed", "false_alarms", "missed_regions"]


@dataclass(frozen=True)
class Count:
    """Something that is counted at the fitted cut.

    kind: what is wrong. title: the same in words. of: what it is counted among.
    is_new: whether only that counts which the baseline had right.
    """

    kind: Kind
    title: str
    of: str
    is_new: bool = False


COUNTS: Mapping[str, Count] = {
    "missed": Count("missed", "missed images", "anomalous images"),
    "false_alarms": Count("false_alarms", "false alarms", "normal images"),
    "missed_regions": Count("missed_regions", "missed regions", "regions"),
    "new_missed": Count("missed", "newly missed images", "anomalous images", is_new=True),
    "new_false_alarms": Count("false_alarms", "new false alarms", "normal images", is_new=True),
    "new_missed_regions": Count("missed_regions", "newly missed regions", "regions", is_new=True),
}
"""Every count, by the name that rules give it."""

ALIASES = {"missed_images": "missed", "new_missed_images": "new_missed"}
"""Other names that are understood."""
