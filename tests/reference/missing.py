"""What becomes of scores that are not a number."""

from collections.abc import Sequence
from math import inf, isnan
from typing import Literal

from tests.reference.exact import Map, Score
from tests.reference.ranking import Labels, Scores

Policy = Literal["drop", "max", "min"]

REPLACEMENT: dict[Policy, float | None] = {"drop": None, "max": inf, "min": -inf}


def settled(scores: Sequence[Score | None], policy: Policy) -> list[Score | None]:
    """Return the scores with each NaN left out (`None`), on top (inf) or at the bottom (-inf)."""
    return [
        REPLACEMENT[policy] if score is not None and isnan(score) else score for score in scores
    ]


def settled_samples(scores: Scores, labels: Labels, policy: Policy) -> tuple[Scores, Labels]:
    """Return scores and labels after the policy, without the samples that it leaves out."""
    pairs = zip(settled(scores, policy), labels, strict=True)
    kept = [(score, label) for score, label in pairs if score is not None]
    return [score for score, _ in kept], [label for _, label in kept]


def settled_map(scores: Map, policy: Policy) -> Map:
    """Return the map after the policy; pixels left out are `None`."""
    return [settled(row, policy) for row in scores]
