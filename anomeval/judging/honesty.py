"""What a fitted threshold's false positive rate is known to be, from so few normals.

That none of 40 normals is flagged does not make the rate 0: it may be up to 8.8 %. Wilson's
interval says how far, and how many normals would support the rate that was asked for.

Pixels of one image are alike, so a share of pixels is only as well known as the images are many:
they are what the interval counts.
"""

from dataclasses import dataclass

from anomeval.ranking.rates import exact_rate
from anomeval.ranking.wilson import trials_needed, wilson

LEVEL = 0.95
"""Of the interval."""


@dataclass(frozen=True)
class FalsePositives:
    """The normals of a validation split that are flagged at the cut.

    flagged, total: scores of normals, of images or of pixels. units: images they are from.
    """

    flagged: int
    total: int
    units: int

    @property
    def rate(self) -> float:
        """The share that is flagged; 0 without normals."""
        return self.flagged / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true rate lies with probability `LEVEL`; anywhere without normals."""
        return wilson(self.rate, self.units, LEVEL) if self.total else (0.0, 1.0)


def asked_rate(rule: str) -> float | None:
    """The false positive rate that a threshold rule asks for; None if it asks for none."""
    name, _, number = rule.partition("@")
    if name == "fpr":
        return float(number)
    return float(1 - exact_rate(float(number))) if name == "quantile" else None


def honest_words(found: FalsePositives, rule: str) -> str:
    """The interval in words: `0 of 40 normals flagged: up to 8.8 %; 1 % needs 381 normals`."""
    if not found.total:
        return "no normals: nothing is known of false alarms"
    upper = found.interval[1]
    words = f"{_seen(found)}: up to {_percent(upper)}"
    asked = asked_rate(rule)
    if asked is None or upper <= asked:
        return words
    needed = trials_needed(asked, LEVEL)
    if needed is None:
        return f"{words}; no number of normals supports 0 %"
    return f"{words}; {_percent(asked)} needs {needed:,} normals, none of them flagged"


def _seen(found: FalsePositives) -> str:
    if found.total == found.units:
        return f"{found.flagged:,} of {found.total:,} normals flagged"
    share = _percent(found.rate)
    return f"{share} of the normal pixels of {found.units:,} images flagged"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.3g} %"
