"""Means over categories and samples made of several views."""

from collections.abc import Hashable, Sequence
from fractions import Fraction

from tests.reference.exact import Score, Value
from tests.reference.ranking import Labels, Scores


def unweighted_mean(values: Sequence[Value]) -> tuple[Value, int]:
    """Return the mean of the defined values, whatever their sizes, and how many there are."""
    defined = [value for value in values if value is not None]
    mean = sum(defined, Fraction(0)) / len(defined) if defined else None
    return mean, len(defined)


def by_sample(
    scores: Scores, labels: Labels, samples: Sequence[Hashable]
) -> tuple[list[Score], list[int]]:
    """Return one score and label per sample, each the largest over the sample's views."""
    members = [
        [index for index, sample in enumerate(samples) if sample == wanted]
        for wanted in dict.fromkeys(samples)
    ]
    return (
        [max(scores[index] for index in views) for views in members],
        [max(labels[index] for index in views) for views in members],
    )
