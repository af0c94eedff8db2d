"""Text measured in terminal cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.names import clean_name
from anomeval.reporting.cells import padded, shortened, width_of
from anomeval.reporting.paragraphs import wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain / name-1.png", "plain / name-1.png"),
        ("日本語 é ½", "日本語 é ½"),
        ("wide\u3000space", "wide\u3000space"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\tc\r\0", r"a\nb\tc\r\x00"),
        ("\u202e\u200b\u2028", r"\u202e\u200b\u2028"),
        ("\udcff", r"\udcff"),
        ("", "(empty)"),
    ],
)
def test_what_is_not_visible_is_written_as_an_escape(text, shown):
    assert clean_name(text) == shown


@given(st.text())
def test_clean_names_can_be_printed_anywhere(text):
    assert not any(ord(character) < 32 for character in clean_name(text))
    assert clean_name(text).encode("utf-8")
    assert clean_name(clean_name(text)) == clean_name(text)


@given(st.text(), st.integers(1, 40))
def test_a_shortened_text_fits_and_a_padded_one_fills(text, cells):
    short = shortened(clean_name(text), cells)
    assert width_of(short) <= cells
    assert width_of(padded(short, cells)) == width_of(padded(short, cells, left=True)) == cells


def test_the_ellipsis_stands_in_the_middle():
    assert shortened("abcdefgh", 8) == "abcdefgh"
    assert shortened("abcdefgh", 7) == "abc…fgh"
    assert shortened("abcdefgh", 6) == "abc…gh"
    assert shortened("日本語日本語", 7) == "日本…語"


@given(st.text(), st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text, cells):
    lines = wrapped(clean_name(text), cells)
    assert all(width_of(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean_name(text).split())
