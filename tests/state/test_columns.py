"""Columns of numbers and texts: what goes in comes out, and nothing else is believed."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.evidence.state_runs import read_runs, write_runs
from anomeval.evidence.state_scores import keys_of, scores_of
from anomeval.evidence.state_stream import BLOCK, DamagedError, Reader, Writer

reals = st.none() | st.floats()
texts = st.none() | st.text(st.characters(exclude_categories=()))


def reader_of(*writes):
    """A reader of what the functions write."""
    file = io.BytesIO()
    writer = Writer(file)
    for write in writes:
        write(writer)
    file.seek(0)
    return Reader(file, writer.length)


def raw(data: bytes) -> Reader:
    """A reader of any bytes."""
    return Reader(io.BytesIO(data), len(data))


@given(numbers=st.lists(st.integers(0, 2**64 - 1)))
def test_whole_numbers(numbers):
    """From none to the largest that 64 bits hold."""
    reader = reader_of(lambda writer: writer.whole(numbers))
    assert reader.whole(len(numbers)) == numbers
    reader.end()


@given(values=st.lists(reals), strings=st.lists(texts), flags=st.lists(st.booleans()))
def test_columns_of_every_kind(values, strings, flags):
    """Missing values stay missing, and NaN, infinities and lone surrogates come through."""
    reader = reader_of(
        lambda writer: writer.reals(values),
        lambda writer: writer.texts(strings),
        lambda writer: writer.flags(flags),
    )
    assert repr(reader.reals(len(values))) == repr(values)
    assert reader.texts() == strings
    assert reader.flags() == flags
    reader.end()


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_columns_of_several_blocks(count):
    """A column ends with the first block that is not full."""
    numbers = np.arange(count, dtype=np.uint32) * 70_000 % 1_000_003
    reader = reader_of(lambda writer: writer.integers(numbers), lambda writer: writer.whole([7]))
    assert np.array_equal(reader.integers(count), numbers)
    assert reader.whole() == [7]


def test_zeros_take_next_to_no_space():
    """A byte for 32 of them, so that nobody can promise more than he gives."""
    writer = Writer(io.BytesIO())
    writer.block(np.zeros(BLOCK, np.uint8))
    assert writer.length == 9 + BLOCK // 32
    reader = reader_of(lambda writer: writer.block(np.zeros(BLOCK, np.uint8)))
    assert not reader.block().any()


@given(lists=st.lists(st.lists(st.integers(0, 2**64 - 1)).map(sorted)))
def test_runs(lists):
    """Ascending numbers in runs, empty ones too."""
    keys = np.array([key for run in lists for key in run], np.uint64)
    sizes = np.array([len(run) for run in lists], np.int64)
    reader = reader_of(lambda writer: write_runs(writer, keys, sizes))
    read, lengths = read_runs(reader)
    assert read.tolist() == keys.tolist()
    assert lengths.tolist() == sizes.tolist()


@pytest.mark.parametrize("width", [32, 64])
@given(data=st.data())
def test_keys_order_as_scores_do(width, data):
    """A key for each score, in the same order, and back; there is one zero."""
    dtype = np.dtype(f"float{width}").type
    scores = data.draw(st.lists(st.floats(width=width, allow_nan=False)))
    array = np.array(sorted(scores), dtype)
    keys = keys_of(array)
    assert np.array_equal(array[1:] > array[:-1], keys[1:] > keys[:-1])
    assert np.array_equal(array[1:] == array[:-1], keys[1:] == keys[:-1])
    assert scores_of(keys.astype(np.uint64), dtype).tolist() == array.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keys_beyond_infinity_are_refused(dtype):
    """They would be NaN."""
    lowest, highest = (int(key) for key in keys_of(np.array([-np.inf, np.inf], dtype)))
    for key in (lowest - 1, highest + 1):
        with pytest.raises(DamagedError):
            scores_of(np.array([key], np.uint64), dtype)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(8),
        BLOCK.to_bytes(4, "little") + b"\0" + bytes(4),  # zeros for nothing
        BLOCK.to_bytes(4, "little") + b"\1" + b"\x50\0\0\0" + zlib.compress(bytes(BLOCK)),
        (BLOCK + 1).to_bytes(4, "little") + b"\0" + bytes(4),  # more entries than a block holds
        b"\1\0\0\0" + b"\x09" + b"\x09\0\0\0" + bytes(9),  # too wide
        b"\1\0\0\0" + b"\1" + b"\2\0\0\0" + bytes(2),  # larger than plain
        b"\1\0\0\0" + b"\1" + b"\1\0\0\0",  # cut off
        b"\x40\0\0\0" + b"\1" + b"\x08\0\0\0" + b"\xff" * 8,  # not deflated
    ],
)
def test_impossible_blocks_are_refused(data):
    """By their header, or by what follows it."""
    with pytest.raises((DamagedError, zlib.error)):
        raw(data).block()


@pytest.mark.parametrize("declared", [999, 1001])
def test_a_block_must_inflate_to_what_it_declares(declared):
    """Neither fewer bytes nor more, and a bomb is not inflated."""
    packed = zlib.compress(bytes(1000)).ljust(40, b"\0")
    header = declared.to_bytes(4, "little") + b"\1" + len(packed).to_bytes(4, "little")
    with pytest.raises(DamagedError):
        raw(header + packed).block()


def test_columns_that_belong_together_must_agree():
    """In length, in range, and in what may be missing."""
    whole = reader_of(lambda writer: writer.whole([1, 2]))
    with pytest.raises(DamagedError, match="2 entries or more where 3"):
        whole.whole(3)
    with pytest.raises(DamagedError, match="flag"):
        reader_of(lambda writer: writer.whole([2])).flags()
    with pytest.raises(DamagedError, match="missing"):
        reader_of(lambda writer: writer.texts(["a", None])).known_texts()
    with pytest.raises(DamagedError, match="follow"):
        raw(b"x").end()


@pytest.mark.parametrize(
    ("lengths", "letters"), [([3], b"ab"), ([2], b"ab"), ([2**64 - 1], b"ab"), ([2**63] * 2, b"")]
)
def test_texts_must_be_as_long_as_they_say(lengths, letters):
    """Lengths are stored plus one."""
    reader = reader_of(
        lambda writer: writer.whole(lengths),
        lambda writer: writer.integers(np.frombuffer(letters, np.uint8)),
    )
    if lengths == [3]:
        assert reader.texts() == ["ab"]
    else:
        with pytest.raises(DamagedError):
            reader.texts()
