"""What makes a class a metric: checked alike for built-in ones and those of others."""

import re
from inspect import get_annotations
from typing import Any

from anomeval.metrics.metric import LEVELS, Doc, Metric

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def family_fault(name: str, family: Any) -> str | None:
    """Why a class cannot serve as the metrics of this name; None if it can."""
    if not (isinstance(family, type) and issubclass(family, Metric)):
        return "it is no subclass of anomeval.metrics.Metric"
    if getattr(family, "name", None) != name:
        return f"it is registered as {name!r}, but its name is {getattr(family, 'name', None)!r}"
    if not _NAME.fullmatch(name) or name.startswith(tuple(f"{level}_" for level in LEVELS)):
        return "a name has lower-case letters, digits and _, and no level at its beginning"
    levels = getattr(family, "levels", ())
    if not levels or not set(levels) <= set(LEVELS):
        return f"its levels are {levels!r}, must be some of {', '.join(LEVELS)}"
    if not isinstance(getattr(family, "doc", None), Doc):
        return "it has no doc, which tells people about it"
    if family.compute is Metric.compute:
        return "it has no compute"
    return _parameter_fault(family)


def _parameter_fault(family: type[Metric]) -> str | None:
    if set(get_annotations(family)) - set(family.__dataclass_fields__):
        return "its parameters need the decorator @dataclass(frozen=True)"
    try:
        made = family(level=family.levels[0])
        hash(made)
    except Exception as error:  # code of others
        return f"it cannot be made with its defaults ({type(error).__name__}: {error})"
    return None
