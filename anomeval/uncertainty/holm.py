"""Many tests at once: Holm's step-down correction.

Whatever is true of a family of hypotheses, one of those that hold is rejected with probability
`level` at most. Weights share the level out: what weighs twice as much may err twice as often.
"""

from collections.abc import Iterator, Sequence


def adjusted(p_values: Sequence[float]) -> list[float]:
    """P-values that hold for all of a family together."""
    found = [1.0] * len(p_values)
    least = 0.0
    for place, tests in _steps(p_values, [1] * len(p_values)):
        least = max(least, min(p_values[place] * tests, 1.0))
        found[place] = least
    return found


def levels(p_values: Sequence[float], weights: Sequence[int], level: float) -> list[float]:
    """The level that each hypothesis is tested at; those with smaller p-values are rejected.

    Args:
        p_values: of a family of hypotheses. weights: 1 or more, one for each of them.
        level: how often any true hypothesis may be rejected.
    """
    rejected: dict[int, float] = {}
    for place, tests in _steps(p_values, weights):
        if not p_values[place] < level / tests:
            break
        rejected[place] = level / tests
    left = sum(weight for place, weight in enumerate(weights) if place not in rejected)
    return [
        rejected[place] if place in rejected else level / (left / weight)
        for place, weight in enumerate(weights)
    ]


def _steps(p_values: Sequence[float], weights: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Place after place, most surely rejected first, with what the level is divided by."""
    left = sum(weights)
    for place in sorted(range(len(p_values)), key=lambda n: p_values[n] / weights[n]):
        yield place, left / weights[place]
        left -= weights[place]
