"""A name keeps one form however it is spelled, and two names of one data set stay two."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.image_names import (
    below_root,
    canonical,
    is_absolute,
    join,
    names_below_root,
    root_of,
    shared_folders,
    split,
    unified,
)

PARTS = st.lists(st.text("abÄé. ", min_size=1, max_size=4), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bottle/test/good/000.png", "bottle/test/good/000.png"),
        ("bottle\\test\\good\\000.png", "bottle/test/good/000.png"),
        ("./bottle//test/./good/000.png", "bottle/test/good/000.png"),
        ("/data/x/000.png", "/data/x/000.png"),
        ("//data///x/000.png", "/data/x/000.png"),
        ("d:\\data\\000.png", "D:/data/000.png"),
        ("D:/data/000.png", "D:/data/000.png"),
        ("\\\\?\\D:\\data\\000.png", "D:/data/000.png"),
        ("\\\\server\\share\\000.png", "/server/share/000.png"),
        ("cafe\u0301/000.png", "caf\u00e9/000.png"),
        ("Bottle/000.PNG", "Bottle/000.PNG"),  # case says something
        ("a/../b.png", "a/../b.png"),  # a link may lead elsewhere
        ("test#7", "test#7"),
        ("a:b.png", "a:b.png"),  # no drive
        ("\udcff.png", "\udcff.png"),  # bytes that are no UTF-8
        ("", ""),
    ],
)
def test_what_does_not_matter_goes(name: str, expected: str) -> None:
    """And nothing else does."""
    assert canonical(name) == expected


@given(st.text("abAé\u0301/\\.:?D ", max_size=12))
def test_the_canonical_form_is_its_own(name: str) -> None:
    """Once is enough."""
    assert canonical(canonical(name)) == canonical(name)


@given(PARTS, st.data())
def test_every_spelling_has_one_form(parts: list[str], data: st.DataObject) -> None:
    """Separators, repeats of them, dots and Unicode forms drawn at random make no difference."""
    between = st.sampled_from(["/", "\\", "//", "/./", "\\.\\"])
    name = data.draw(st.sampled_from(["", "./", ".\\"]))
    for number, part in enumerate(parts):
        form = unicodedata.normalize(data.draw(st.sampled_from(["NFC", "NFD"])), part)
        name += form if number == 0 else data.draw(between) + form
    assert canonical(name) == canonical("/".join(parts))


def test_two_images_stay_two() -> None:
    r"""`a\b.png` is a file of its own where `a/b.png` is another: then no name is touched."""
    assert unified(["./a.png", "b.png"]) == {"./a.png": "a.png", "b.png": "b.png"}
    both = ["a\\b.png", "a/b.png", "./c.png"]
    assert unified(both) is None
    assert names_below_root(dict.fromkeys(both)) == {name: name for name in both}


def test_a_root_is_told_apart() -> None:
    """From the folders below it."""
    assert is_absolute(split("/a/b.png"))
    assert is_absolute(split("c:\\a\\b.png"))
    assert not is_absolute(split("a/b.png"))
    assert not is_absolute(split(""))
    assert below_root("c:\\a\\b.png") == below_root("/a/b.png") == below_root("a/b.png")


@pytest.mark.parametrize(
    ("names", "category", "root"),
    [
        # the folder of an object is the last that is called like the category
        (["/data/x/bottle/good/0.png", "/data/x/bottle/bent/0.png"], "bottle", "/data/x"),
        (["data/bottle/bottle/good/0.png"], "bottle", "data/bottle"),
        (["bottle/good/0.png", "bottle/bent/0.png"], "bottle", ""),
        # or it is the one that holds a split
        (["/data/x/bottle/test/good/0.png"], None, "/data/x"),
        (["D:\\x\\bottle\\test\\good\\0.png"], None, "D:/x"),
        (["/data/x/a/test/good/0.png", "/data/x/b/test/good/0.png"], None, "/data/x"),
        (["bottle/test/good/0.png"], None, ""),
        (["test/good/0.png"], None, ""),
        (["/test/good/0.png"], None, "/"),
        (["/data/train/bottle/0.png"], "bottle", "/data"),  # a split above the object belongs to it
        # without either, absolute names say where the data set lies, relative ones do not
        (["/data/x/good/0.png", "/data/x/bent/0.png"], None, "/data/x"),
        (["x/good/0.png", "x/bent/0.png"], None, ""),
        (["/a/bottle/test/0.png", "/b/cable/test/0.png"], None, "/"),
        ([], None, ""),
    ],
)
def test_where_a_data_set_begins(names: list[str], category: str | None, root: str) -> None:
    """By hand."""
    assert join(root_of([split(name) for name in names], [category] * len(names))) == root


@given(st.lists(PARTS.map(tuple), min_size=1, max_size=5))
def test_shared_folders_are_the_longest_that_all_begin_with(names: list[tuple[str, ...]]) -> None:
    """As trying every length tells."""
    shortest = min(len(name) for name in names)
    alike = [n for n in range(shortest) if len({name[:n] for name in names}) == 1]
    assert shared_folders(names) == names[0][: max(alike)]
