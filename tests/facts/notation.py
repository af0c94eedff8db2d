"""The compact notation in which the facts are written, and its types."""

from fractions import Fraction

Score = Fraction | float
"""A finite score is an exact fraction; infinities and NaN are floats."""

Value = Fraction | None
"""An exact metric value; `None` where the metric is undefined."""

Grid = tuple[tuple[Score, ...], ...]
"""An anomaly map, row by row."""

Mask = tuple[tuple[int, ...], ...]
"""A ground truth mask, row by row."""


def number(text: str) -> Score:
    """Read `.35`, `3/4`, `inf` or `nan`."""
    return float(text) if text.strip("+-") in ("inf", "nan") else Fraction(text)


def numbers(text: str) -> tuple[Score, ...]:
    """Read scores separated by blanks."""
    return tuple(number(word) for word in text.split())


def values(text: str) -> tuple[Value, ...]:
    """Read metric values separated by blanks; `-` is undefined."""
    return tuple(None if word == "-" else Fraction(word) for word in text.split())


def flags(text: str) -> tuple[int, ...]:
    """Read labels or decisions, zeros and ones separated by blanks."""
    return tuple(int(word) for word in text.split())


def grid(text: str) -> Grid:
    """Read a map, rows apart by `/`: single digits, or numbers where a row has blanks in it."""
    rows = (row.strip() for row in text.split("/"))
    return tuple(numbers(row if " " in row else " ".join(row)) for row in rows)


def mask(text: str) -> Mask:
    """Read a mask: rows of digits apart by `/`."""
    return tuple(tuple(int(digit) for digit in row) for row in text.split("/"))
