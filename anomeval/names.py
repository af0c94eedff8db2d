"""Texts that somebody else has chosen, made safe to show."""

import unicodedata


def clean_name(text: str) -> str:
    r"""Text from outside, safe to show: what is not visible is written as an escape.

    Control characters, escape sequences, line breaks, text direction marks and lone surrogates
    become `\x1b`, `\n`, `\u202e`; spaces of all kinds stay. Empty text becomes `(empty)`.
    """
    if not text:
        return "(empty)"
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
