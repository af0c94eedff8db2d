"""Whatever happens to a state file on its way, it is refused in words, or is what it was."""

import io
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anomeval.errors import InvalidInputError
from anomeval.evidence import state_stream
from anomeval.evidence.state import load_state, read_header, save_state, state_bytes
from anomeval.evidence.state_header import header_of
from anomeval.evidence.state_stream import DamagedError, Writer
from tests.state.drawing import state_with
from tests.state.test_round_trip import prepared_map

FIRST_LINE = b"anomeval.state/3\n"
SEAL = struct.Struct("<Q16s")
START = len(FIRST_LINE) + SEAL.size


def small_state() -> bytes:
    """A state that has something in every section."""
    scores = np.array([[0.5, 1.5, 1.5], [-1, 0.1, np.inf]])
    mask = np.array([[1, 0, 1], [0, 0, 1]], np.uint8)
    images = [
        prepared_map(scores, mask, "a.png", [2]),
        prepared_map(scores.astype(np.float32), mask, "b.png"),
        prepared_map(scores.astype(np.float32), None, "c.png"),
    ]
    return state_bytes(state_with(images))


SMALL = small_state()


def sealed(content: bytes, first_line: bytes = FIRST_LINE) -> bytes:
    """A file whose seal fits to its content, as someone with bad intentions would make it."""
    return first_line + SEAL.pack(len(content), xxhash.xxh3_128_digest(content)) + content


def test_it_is_sound_before_anything_happens_to_it():
    """Otherwise the other tests would prove nothing."""
    assert load_state(SMALL).header.images == 3
    assert sealed(SMALL[START:]) == SMALL


def test_cut_off_anywhere():
    """At every single byte."""
    for length in range(len(SMALL)):
        with pytest.raises(InvalidInputError, match="is truncated"):
            load_state(SMALL[:length])


def test_every_byte_changed():
    """One after the other."""
    for position in range(len(SMALL)):
        broken = bytearray(SMALL)
        broken[position] ^= 1 << position % 8
        with pytest.raises(InvalidInputError):
            load_state(bytes(broken))


@given(data=st.data())
def test_bits_flipped(data):
    """Any few of them."""
    bits = data.draw(st.sets(st.integers(0, 8 * len(SMALL) - 1), min_size=1, max_size=5))
    broken = bytearray(SMALL)
    for bit in bits:
        broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidInputError):
        load_state(bytes(broken))


@settings(max_examples=300)
@given(position=st.integers(0, len(SMALL) - START - 1), mask=st.integers(1, 255), cut=st.booleans())
@example(position=0, mask=1, cut=True)
def test_content_that_was_sealed_again(position, mask, cut):
    """What the checksum cannot tell is refused by what it says, or it says something sound."""
    content = bytearray(SMALL[START:])
    content[position] ^= mask
    broken = sealed(bytes(content[: position if cut else None]))
    try:
        loaded = load_state(broken)
    except InvalidInputError:
        return
    state_bytes(loaded)


@settings(max_examples=200)
@given(data=st.data())
def test_columns_exchanged_and_sealed_again(data):
    """Sound blocks in the wrong place, which a change of single bytes seldom makes."""
    blocks = list(_blocks(SMALL[START:]))
    first, second = data.draw(st.tuples(*[st.integers(0, len(blocks) - 1)] * 2))
    blocks[first] = blocks[second]
    try:
        loaded = load_state(sealed(b"".join(blocks)))
    except InvalidInputError:
        return
    state_bytes(loaded)


def _blocks(content: bytes):
    while content:
        *_, size = struct.unpack_from("<IBI", content)
        yield content[: 9 + size]
        content = content[9 + size :]


def test_more_than_there_should_be():
    """Bytes behind the end are no part of it."""
    with pytest.raises(InvalidInputError, match="is damaged"):
        load_state(SMALL + b"\0")
    with pytest.raises(InvalidInputError, match="follow the last column"):
        load_state(sealed(SMALL[START:] + bytes(9)))


@pytest.mark.parametrize(
    "first_line", [b"anomeval.state/1\n", b"anomeval.state/33", b"anomeval.state/3."]
)
def test_another_version_is_named(first_line):
    """So that one knows which anomeval to take."""
    schema = first_line.decode().strip()
    with pytest.raises(InvalidInputError, match=f"{schema}.*this version reads 'anomeval.state/3'"):
        load_state(sealed(SMALL[START:], first_line))


@pytest.mark.parametrize("content", [b"\x89HDF\r\n\x1a\n" + bytes(99), b"PK\3\4" + bytes(99), b"x"])
def test_other_files_are_not_states(content):
    """The message says who writes states."""
    with pytest.raises(InvalidInputError, match=r"is not a state file — .*--save-state"):
        load_state(content)


def test_files_are_named(tmp_path):
    """A message begins with the path."""
    path = tmp_path / "part.state"
    with pytest.raises(InvalidInputError, match=rf"^{path}: does not exist"):
        read_header(path)
    with pytest.raises(InvalidInputError, match=rf"^{tmp_path}: is a directory"):
        load_state(tmp_path)
    save_state(path, load_state(SMALL))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InvalidInputError, match=rf"^{path}: is truncated"):
        load_state(path)


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {}},
        {"settings": None},
        {"files": "a.h5"},
        {"files": [1]},
        {"fields": None},
        {"novelty": 1},
    ],
)
def test_headers_of_another_kind(change):
    """Nothing unknown is passed over, nothing that is missing is made up."""
    file = io.BytesIO(SMALL[START:])
    [text] = state_stream.Reader(file, len(SMALL)).known_texts(1)
    header_of(text)
    with pytest.raises(DamagedError):
        header_of(json.dumps(json.loads(text) | change))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000])
def test_headers_that_are_none(text):
    """Also where JSON itself gives up."""
    with pytest.raises(DamagedError):
        header_of(text)


def test_declared_sizes_cost_nothing():
    """A file that promises a lot of entries is refused without memory for them."""
    file = io.BytesIO()
    writer = Writer(file)
    writer.texts([_header()])
    writer.whole([2**62])  # the length of one text of almost five exabytes
    with pytest.raises(InvalidInputError, match="damaged"):
        load_state(sealed(file.getvalue()))


def _header() -> str:
    [text] = state_stream.Reader(io.BytesIO(SMALL[START:]), len(SMALL)).known_texts(1)
    return text


def state_of_defects(evidence) -> bytes:
    """A state of one image with evidence that has been tampered with."""
    scores, mask = np.array([[0.5, 1.5, 1.5]], np.float32), np.array([[1, 0, 1]], np.uint8)
    state = state_with([prepared_map(scores, mask, "a.png", [2])])
    (one,) = state.cells.values()
    one.pixels.saturated = [evidence(one.pixels.saturated[0])]
    return state_bytes(state)


def test_defects_are_those_of_their_image():
    """Scores that the image has not would rank nowhere."""
    assert load_state(state_of_defects(lambda image: image)).header.images == 1
    for wrong in (np.array([2.5, 0.5], np.float32), np.array([1.5, 0.5], np.float64)):
        with pytest.raises(InvalidInputError, match=r"a defect has scores|none of that type"):
            load_state(state_of_defects(lambda image, wrong=wrong: replace(image, scores=wrong)))


def test_defects_need_an_image_with_a_mask():
    """A normal image has none."""
    scores, mask = np.array([[0.5, 1.5]], np.float32), np.array([[1, 0]], np.uint8)
    state = state_with([prepared_map(scores, mask, "a.png", [1])])
    (one,) = state.cells.values()
    one.pixels.anomalous = []
    with pytest.raises(InvalidInputError, match="lacks its regions"):
        load_state(state_bytes(state))
    two = state_with([prepared_map(scores, None, "b.png")])
    (other,) = two.cells.values()
    other.pixels.saturated = [replace(one.pixels.saturated[0], identity="b.png")]
    with pytest.raises(InvalidInputError, match="of an image that has none"):
        load_state(state_bytes(two))
