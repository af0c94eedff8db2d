"""What a state file says is what was collected, in the same bytes however it came about."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.errors import UsageError
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.state import State, load_state, read_header, save_state, state_bytes
from anomeval.evidence.state_header import Settings
from anomeval.predictions.preparation import PreparationRules, prepare
from anomeval.predictions.record import Image, ImageEntry
from tests.state.drawing import sets_of_images, state_with, told


@given(images=sets_of_images())
def test_what_was_saved_is_loaded(images):
    """Every row, count, region, outline and observation comes back, of every type of scores."""
    state = state_with(images)
    loaded = load_state(state_bytes(state))
    assert loaded.cells.keys() == state.cells.keys()
    for key, evidence in state.cells.items():
        assert told(loaded.cells[key]) == told(evidence)


@given(images=sets_of_images())
def test_what_was_loaded_saves_to_the_same_bytes(images):
    """Nothing of a state depends on how the evidence came into memory."""
    content = state_bytes(state_with(images))
    assert state_bytes(load_state(content)) == content


@given(data=st.data())
def test_the_order_of_images_leaves_no_trace(data):
    """The same images in any order make the same bytes."""
    images = data.draw(sets_of_images())
    shuffled = data.draw(st.permutations(images))
    assert state_bytes(state_with(shuffled)) == state_bytes(state_with(images))


@given(data=st.data())
def test_evidence_that_was_merged_makes_the_same_bytes(data):
    """Neither do parts, nor the order in which they were merged."""
    images = data.draw(sets_of_images())
    whole = state_with(images)
    parts = [state_with([image]) for image in data.draw(st.permutations(images))]
    cells: dict[object, Evidence] = {}
    for part in parts:
        for key, evidence in part.cells.items():
            cells.setdefault(key, Evidence()).merge(evidence)
    assert state_bytes(State(whole.header, cells)) == state_bytes(whole)


@given(images=sets_of_images())
def test_the_header_says_what_there_is(images):
    """The header can be read on its own and is that of the whole state."""
    state = state_with(
        images, Settings(PreparationRules("mask", 0.5, "drop"), ("defect_type",), True)
    )
    content = state_bytes(state)
    header = read_header(content)
    assert header == load_state(content).header
    assert header.settings == state.header.settings
    assert set(header.files) == set(state.header.files)
    assert header.images == len(images)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    """A failure on the way leaves what was there before, and nothing beside it."""
    path = tmp_path / "part.state"
    state = state_with([prepared_map(np.eye(4, dtype=np.float32))])
    save_state(path, state)
    content = path.read_bytes()
    assert content == state_bytes(state)
    with pytest.raises(AttributeError):
        save_state(path, replace(state, cells={("a", None): object()}))
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["part.state"]


def test_a_directory_that_is_not_there_is_a_usage_error(tmp_path):
    """The message names the path."""
    with pytest.raises(UsageError, match=r"no/part\.state"):
        save_state(tmp_path / "no" / "part.state", state_with([]))


def test_both_cores_make_the_same_bytes():
    """A state does not tell which core counted, down to tables of several blocks."""
    contents = {
        core: subprocess.run(
            [sys.executable, "-c", _BY_CORE],
            capture_output=True,
            check=True,
            env=os.environ | {"ANOMEVAL_CORE": core},
            cwd=Path(__file__).resolve().parents[2],
        ).stdout
        for core in ("numpy", _built_core())
    }
    assert len(set(contents.values())) == 1
    assert len(*set(contents.values())) > 100_000


@pytest.mark.parametrize("distinct", [65535, 65536, 65537, 131072])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tables_of_full_blocks(distinct, dtype):
    """The last block of a table may be full or not."""
    scores = (np.arange(distinct) / 3).astype(dtype).reshape(1, -1)
    state = state_with([prepared_map(scores)])
    loaded = load_state(state_bytes(state))
    assert told(loaded.cells[None, None]) == told(state.cells[None, None])


@pytest.mark.parametrize(
    ("dtype", "limit"), [("uint8", 0.05), ("float16", 0.15), ("float32", 2.5), ("float64", 7.5)]
)
def test_states_are_compact(dtype, limit):
    """Bytes per pixel of maps whose scores hardly repeat; few distinct scores take next to none."""
    random = np.random.default_rng(7)
    maps = [random.gamma(2, 20, (128, 128)).clip(0, 255).astype(dtype) for _ in range(8)]
    masks = [np.zeros((128, 128), np.uint8) for _ in maps]
    for mask in masks[::2]:
        mask[20:50, 30:60] = 1
    images = [
        prepared_map(scores, mask, f"{i}")
        for i, (scores, mask) in enumerate(zip(maps, masks, strict=True))
    ]
    content = state_bytes(state_with(images))
    assert len(content) < limit * sum(scores.size for scores in maps) + 4000


def test_equal_scores_take_no_space():
    """A count is a count: sixteen times the pixels, the same size but for some bytes."""
    small, large = (
        state_bytes(state_with([prepared_map(np.ones((side, side), np.float32))]))
        for side in (64, 256)
    )
    assert len(large) <= len(small) + 8


def prepared_map(scores, mask=None, identity="0.png", saturation=None):
    """An image as it comes out of a file."""
    entry = ImageEntry("test.h5", 0, identity, named=True)
    mask = np.zeros(scores.shape, np.uint8) if mask is None else mask
    enough = None if saturation is None else np.array(saturation)
    return prepare(Image(entry, scores, mask, enough), PreparationRules())


def _built_core() -> str:
    from anomeval.counting import CORE_NAME

    return CORE_NAME


_BY_CORE = """
import sys
import numpy as np
from anomeval.evidence.state import state_bytes
from tests.state.drawing import state_with
from tests.state.test_round_trip import prepared_map

random = np.random.default_rng(3)
images = []
for number, dtype in enumerate(["float16", "float32", "float64", "uint8", "uint16"]):
    scores = random.gamma(2, 9, (200, 300)).astype(dtype)
    mask = np.zeros(scores.shape, np.uint8)
    if number % 2:
        mask[5:60, 7:80] = mask[100:110, 100:110] = 1
    images.append(prepared_map(scores, mask, str(number)))
sys.stdout.buffer.write(state_bytes(state_with(images)))
"""
