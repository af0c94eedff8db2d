"""Values of masks that mean "not annotated": pixels that have one count nowhere."""

from collections.abc import Iterable, Mapping
from numbers import Real

from anomeval.errors import Problem, UsageError

ATTRIBUTE = "ignore_value"
"""The attribute by which a file tells which values of its masks these are."""

IgnoreValue = int | Iterable[int] | None
"""One value, several, or none, as people give them."""

MOST = 64
"""Values at most that can be ignored."""

LARGEST = 1 << 64
"""No mask of whole numbers holds a larger one."""


def ignore_values(given: object) -> tuple[int, ...]:
    """Values as they were given: whole numbers, ascending, each once.

    Args:
        given: a whole number, several of them, or None.

    Raises:
        ValueError: it is something else; the message tells what.
    """
    if given is None:
        return ()
    is_one = isinstance(given, Real | str | bytes) or getattr(given, "ndim", 1) == 0
    several = [given] if is_one else given
    if not isinstance(several, Iterable) or isinstance(several, Mapping):
        raise ValueError(f"is {given!r}, must be a whole number or several")
    found = sorted({_whole(one) for one in several})
    if len(found) > MOST:
        raise ValueError(f"names {len(found)} values, {MOST} at most can be ignored")
    return tuple(found)


def asked_values(given: IgnoreValue) -> tuple[int, ...]:
    """The same of what a user has asked for.

    Raises:
        UsageError: it is something else.
    """
    try:
        return ignore_values(given)
    except ValueError as error:
        raise UsageError(f"the mask value to ignore {error}") from None


def of_file(attributes: Mapping[str, object]) -> tuple[int, ...]:
    """The values that a sound file says are to be ignored."""
    return ignore_values(attributes.get(ATTRIBUTE))


def attribute_problems(path: str, attributes: Mapping[str, object]) -> list[Problem]:
    """What is wrong with what a file says about them."""
    try:
        of_file(attributes)
    except ValueError as error:
        remedy = "store whole numbers, such as 255, or no such attribute"
        return [Problem(str(error), path, ATTRIBUTE, remedy=remedy)]
    return []


def _whole(one: object) -> int:
    number = getattr(one, "item", lambda: one)()  # of NumPy and torch
    if isinstance(number, bool) or not isinstance(number, int | float) or number % 1:
        raise ValueError(f"is {one!r}, must be a whole number")
    if abs(number) > LARGEST:
        raise ValueError("is beyond all numbers that a mask can hold")
    return int(number)
