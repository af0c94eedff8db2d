"""JSON objects in which no name stands twice: `json` keeps the last one and says nothing."""

from collections.abc import Iterable
from typing import Any


class Repeated(ValueError):
    """A name that stands twice in one object."""

    def __init__(self, name: str) -> None:
        super().__init__(f"has {name!r} twice in one object")
        self.name = name


def unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The `object_pairs_hook` of every `json.loads` of text that others may have written.

    Raises:
        Repeated: the first name that comes again.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Repeated(name)
        found[name] = value
    return found
