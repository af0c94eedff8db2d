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
    **{"…": "~", "·": "*", "↓": "v", "→": ">"},
    **dict(zip("¹²³⁴⁵⁶⁷⁸⁹⁰", "abcdefghij", strict=True)),  # a digit would read as a number
}
"""What stands in for a character that the output cannot carry: one cell for one cell."""
_FORMULA = {
    **{"≥": ">=", "≤": "<=", "∫": "int", "Σ": "sum", "½": "1/2"},
    **{"⁺": "^+", "⁻": "^-", "ᴸ": "^L", "₀": "_0", "₋": "-", "₁": "1", "ₖ": "_k", "ᵢ": "_i"},
}
"""The same for formulas, where meaning counts for more than width."""
_SPARE = (0, 2, 4, 8, 12)  # cells to leave free until formulas that became wider fit


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

        width = self.width or options.max_width
        for spare in _SPARE:
            lines = self._encodable(max(width - spare, 1), options.encoding)
            if all(width_of(text) <= width for text in plain(lines).splitlines()):
                break
        for line in lines:
            text = Text.assemble(*line, no_wrap=True, overflow="ignore")
            text.rstrip()
            yield text

    def _encodable(self, width: int, encoding: str) -> list[Line]:
        return [
            [(encodable(text, encoding), style) for text, style in line]
            for line in self.lay_out(width)
        ]


def stacked(*blocks: list[Line]) -> list[Line]:
    """The blocks that hold anything below each other, an empty line between them."""
    return [line for block in blocks if block for line in ([], *block)][1:]


def encodable(text: str, encoding: str) -> str:
    """The text in characters that an encoding has; only formulas become wider."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_encodable(character, encoding) for character in text)
    except LookupError:
        return encodable(text, "ascii")
    return text


def _encodable(character: str, encoding: str) -> str:
    if _fits(character, encoding):
        return character
    known = _SUBSTITUTES.get(character) or _FORMULA.get(character)
    if known:
        return known
    width, decomposed = width_of(character), unicodedata.normalize("NFKD", character)
    fits = width_of(decomposed) == width and _fits(decomposed, encoding)
    return decomposed if fits else "?" * width


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
