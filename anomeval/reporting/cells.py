"""Text measured in terminal cells: a Japanese character takes two, a combining one none."""

Piece = tuple[str, str]
"""Text and the style to print it in; the empty style is plain."""
Line = list[Piece]

_ELLIPSIS = "…"


def width_of(text: str) -> int:
    """The cells a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, cells: int) -> str:
    """The text, with an ellipsis for its middle where it takes more than so many cells."""
    if width_of(text) <= cells:
        return text
    room = max(cells - 1, 0)
    tail = head(text[::-1], room // 2)[::-1]
    return head(text, room - width_of(tail)) + _ELLIPSIS + tail


def padded(text: str, cells: int, *, left: bool = False) -> str:
    """The text filled up with spaces, at the right of its cells, or at the left."""
    space = " " * (cells - width_of(text))
    return text + space if left else space + text


def head(text: str, cells: int) -> str:
    """As much of the beginning as fits."""
    taken = 0
    for index, character in enumerate(text):
        taken += width_of(character)
        if taken > cells:
            return text[:index]
    return text


def plain(lines: list[Line]) -> str:
    """The lines without their styles."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
