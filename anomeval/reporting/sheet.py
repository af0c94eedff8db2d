"""Lines that are laid out for the width and the encoding of whatever they are printed on."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anomeval.reporting.cells import Line, plain, width_of

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

_SUBSTITUTES = {
    **dict.fromkeys("—\N{EN DASH}─", "-"),
    **{"…": "~", "·": "|", "↓": "v", "→": ">", "≥": ">", "≤": "<", "∫": "S", "Σ": "S"},
    **dict(zip("¹²³⁴⁵⁶⁷⁸⁹⁰", "abcdefghij", strict=True)),  # a digit would read as a number
}
"""What stands in for a character that the output cannot carry: one cell for one cell."""


@dataclass(frozen=True)
class Sheet:
    """Something to print with rich.

    lay_out: from a width in cells to lines no wider. width: None takes the console's.
    """

    lay_out: Callable[[int], list[Line]]
    width: int | None = None

    def text(self, width: int = 80) -> str:
        """The sheet without styles."""
        return plain(self.lay_out(self.width or width))

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> Iterator["Text"]:
        from rich.text import Text

        for line in self.lay_out(self.width or options.max_width):
            pieces = [(encodable(text, options.encoding), style) for text, style in line]
            assembled = Text.assemble(*pieces, no_wrap=True, overflow="ignore")
            assembled.rstrip()
            yield assembled


def stacked(*blocks: list[Line]) -> list[Line]:
    """The blocks that hold anything below each other, an empty line between them."""
    return [line for block in blocks if block for line in ([], *block)][1:]


def encodable(text: str, encoding: str) -> str:
    """The text in characters that an encoding has, of unchanged width."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_encodable(character, encoding) for character in text)
    except LookupError:
        return encodable(text, "ascii")
    return text


def _encodable(character: str, encoding: str) -> str:
    width = width_of(character)
    decomposed = unicodedata.normalize("NFKD", character)
    for candidate in (character, _SUBSTITUTES.get(character, ""), decomposed):
        if candidate and width_of(candidate) == width and _fits(candidate, encoding):
            return candidate
    return "?" * width


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
