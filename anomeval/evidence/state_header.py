"""What a state file tells before its evidence: what is in it, and how it was collected."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from anomeval.evidence.state_stream import DamagedError
from anomeval.json_objects import unique
from anomeval.predictions.ignoring import ignore_values
from anomeval.predictions.preparation import PreparationRules

_IF_ANY = ("normalized", "ignored")
"""What is told only of states that have any."""


@dataclass(frozen=True)
class Settings:
    """What parts of one data set must have in common.

    by, pool: how evidence is kept apart, and values are split.
    """

    rules: PreparationRules = field(default_factory=PreparationRules)
    by: tuple[str, ...] = ()
    pool: bool = False
    connectivity: int = 8

    def as_dict(self) -> dict[str, object]:
        """Every setting by its name."""
        by = self.by[0] if len(self.by) == 1 else list(self.by) or None
        rest = {"by": by, "pool": self.pool, "connectivity": self.connectivity}
        return {**asdict(self.rules), **rest}


@dataclass(frozen=True)
class Header:
    """What is told of a state before its evidence.

    fields: canonical fields that every file has for every image.
    files: paths of the prediction files. unnamed: of those with images known by position only.
    images: how many there are.
    normalized: paths of the files whose scores are normalized.
    ignored: mask values that files themselves say are to be ignored, each in its own masks.
    """

    settings: Settings
    has_pixels: bool
    fields: frozenset[str]
    files: tuple[str, ...]
    unnamed: tuple[str, ...]
    images: int
    normalized: tuple[str, ...] = ()
    ignored: tuple[int, ...] = ()


def header_text(header: Header) -> str:
    """A header as strict JSON; the same header always makes the same text."""
    told = {
        **vars(header),
        "settings": header.settings.as_dict(),
        "fields": sorted(header.fields),
        "files": sorted(header.files),
        "unnamed": sorted(header.unnamed),
        "normalized": sorted(header.normalized),
    }
    told = {name: value for name, value in told.items() if value or name not in _IF_ANY}
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def header_of(text: str) -> Header:
    """The header that a text tells of.

    Raises:
        DamagedError: it tells other things than a header.
    """
    try:
        told: dict[str, Any] = json.loads(text, object_pairs_hook=unique)
        settings = told.pop("settings")
        rest = {name: settings.pop(name) for name in ("by", "pool", "connectivity")}
        return Header(
            settings=Settings(PreparationRules(**settings), **(rest | {"by": _split(rest["by"])})),
            fields=frozenset(_texts(told.pop("fields"))),
            files=_texts(told.pop("files")),
            unnamed=_texts(told.pop("unnamed")),
            normalized=_texts(told.pop("normalized", [])),
            ignored=ignore_values(told.pop("ignored", [])),
            **told,
        )
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        raise DamagedError("its header tells other things than this version knows") from None


def _split(told: object) -> tuple[str, ...]:
    """What values are split by: one text, several, or null."""
    return _texts([] if told is None else [told] if isinstance(told, str) else told)


def _texts(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(text, str) for text in told):
        raise TypeError
    return tuple(told)
