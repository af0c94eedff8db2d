"""Damaging bytes at random, such that much of them stays plausible."""

import re
from collections.abc import Callable
from random import Random

_NUMBERS = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0xFFFFFFFF,
    1 << 40,
    (1 << 64) - 1,
)
_MOST_AT_ONCE = 4
_WORDS = (
    *(b"null", b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"1e-320", b"9" * 400, b"0.5"),
    *(b'""', b'"\\ud800"', b'"\\u001b[2J"', b'"../../x"', b'"=1+1"', b"[]", b"{}", b"[[[[]]]]"),
)

Mutation = Callable[[bytearray, Random], None]


def mutated(content: bytes, random: Random, *, text: bool = False) -> bytes:
    """The content with one to four mutations, never the content itself.

    Args:
        content: a sound file.
        random: what decides.
        text: mutate words and numbers rather than bits.
    """
    damaged = bytearray(content)
    mutations = _OF_TEXT if text and random.random() < 0.8 else _MUTATIONS
    for _ in range(random.randint(1, _MOST_AT_ONCE)):
        random.choice(mutations)(damaged, random)
    if damaged == content:
        _flip_bit(damaged, random)
    return bytes(damaged)


def _flip_bit(content: bytearray, random: Random) -> None:
    if content:
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _set_byte(content: bytearray, random: Random) -> None:
    if content:
        content[random.randrange(len(content))] = random.randrange(256)


def _set_number(content: bytearray, random: Random) -> None:
    """Put a number that is often an edge in the place of 2, 4 or 8 bytes."""
    size = random.choice((2, 4, 8))
    if len(content) > size:
        start = random.randrange(len(content) - size)
        number = random.choice(_NUMBERS) % (1 << 8 * size)
        order = random.choice(("little", "big"))
        content[start : start + size] = number.to_bytes(size, order)  # type: ignore[arg-type]


def _add_to_number(content: bytearray, random: Random) -> None:
    if content:
        place = random.randrange(len(content))
        content[place] = (content[place] + random.randint(-8, 8)) % 256


def _cut_off(content: bytearray, random: Random) -> None:
    del content[random.randrange(len(content) + 1) :]


def _remove(content: bytearray, random: Random) -> None:
    start, size = random.randrange(len(content) + 1), random.randint(1, 64)
    del content[start : start + size]


def _insert(content: bytearray, random: Random) -> None:
    start = random.randrange(len(content) + 1)
    content[start:start] = random.randbytes(random.randint(1, 32))


def _repeat(content: bytearray, random: Random) -> None:
    """Put a piece of the content at another place."""
    start, size = random.randrange(len(content) + 1), random.randint(1, 128)
    place = random.randrange(len(content) + 1)
    content[place : place + size] = content[start : start + size]


def _blank(content: bytearray, random: Random) -> None:
    start, size = random.randrange(len(content) + 1), random.randint(1, 64)
    part = content[start : start + size]
    content[start : start + size] = bytes([random.choice((0, 255))]) * len(part)


def _replace_word(content: bytearray, random: Random) -> None:
    """Put another word, often an edge, in the place of a word, number or text."""
    words = list(re.finditer(rb'"[^"\n]*"|[-+.\w]+', content))
    if words:
        chosen = random.choice(words)
        word = random.choice((*_WORDS, random.choice(words)[0]))
        content[chosen.start() : chosen.end()] = word


def _remove_line(content: bytearray, random: Random) -> None:
    lines = content.split(b"\n")
    del lines[random.randrange(len(lines))]
    content[:] = b"\n".join(lines)


_OF_TEXT: tuple[Mutation, ...] = (_replace_word, _replace_word, _replace_word, _remove_line)

_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bit,
    _flip_bit,
    _set_byte,
    _set_number,
    _set_number,
    _add_to_number,
    _cut_off,
    _remove,
    _insert,
    _repeat,
    _blank,
)
