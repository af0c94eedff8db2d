"""Texts that somebody else has chosen, made safe to show."""

import re
import unicodedata

_COMMAND = re.compile(r"::(?=\w)|##(?=\w*\[)")
"""What begins a command to the runner of GitHub (`::error::`) or Azure (`##vso[`) in a log."""


def clean_name(text: str) -> str:
    r"""Text from outside, safe to show: what is not visible is written as an escape.

    Control characters, escape sequences, line breaks, text direction marks and lone surrogates
    become `\x1b`, `\n`, `\u202e`; spaces of all kinds stay. What would be a command to a CI system
    that reads along, `::error::`, becomes `\x3a:error::`. Empty text becomes `(empty)`.
    """
    if not text:
        return "(empty)"
    if not text.isprintable():
        text = "".join(_visible(character) for character in text)
    return _COMMAND.sub(lambda found: rf"\x{ord(found[0][0]):02x}{found[0][1]}", text)


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
