"""Parts merge into the whole, however they are taken together, or say why they cannot."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

import anomeval
from anomeval.errors import CannotJudgeError, InvalidInputError, UsageError
from anomeval.evidence.state import load_state, read_header, state_bytes
from anomeval.evidence.state_header import Settings, header_text
from anomeval.evidence.state_parts import Parts
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.as_json import result_to_json
from anomeval.workflows.merging import merge
from tests.state.drawing import sets_of_images, state_with
from tests.support import Picture, write_h5

NORMAL = Picture(map=[[0, 1, 2]], mask=[[0, 0, 0]], label=0, category="a", defect_type="good")
ANOMALOUS = Picture(map=[[1, 3, 2]], mask=[[0, 1, 1]], label=1, category="a", defect_type="bend")


@given(data=st.data())
def test_any_tree_of_merges_makes_the_same_bytes(data):
    """Parts of any size, merged in any order and grouping."""
    images = data.draw(sets_of_images(8))
    whole = state_bytes(state_with(images))
    parts = [state_bytes(state_with([image])) for image in data.draw(st.permutations(images))]
    while len(parts) > 1:
        count = data.draw(st.integers(2, len(parts)))
        parts = [*parts[count:], state_bytes(Parts(parts[:count]).merged())]
    assert parts == ([whole] if images else [])


@given(images=sets_of_images())
def test_a_part_without_images_changes_nothing(images):
    """It is the neutral element, on both sides."""
    whole, nothing = state_bytes(state_with(images)), state_bytes(state_with([]))
    for parts in ([whole, nothing], [nothing, whole]):
        assert state_bytes(Parts(parts).merged()) == whole


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(PreparationRules(resize="map")), "with --resize map, but state 0 without --res"),
        (Settings(PreparationRules(mask_above=0.0)), "with --mask-above 0.0, but .* without --mas"),
        (Settings(PreparationRules(nan="drop")), "with --nan drop, but state 0 with --nan error"),
        (Settings(by=("category",)), "with --by category, but state 0 without --by"),
        (Settings(pool=True), "with --pool, but state 0 without --pool"),
        (Settings(connectivity=4), "with --connectivity 4, but state 0 with --connectivity 8"),
    ],
)
def test_unlike_settings_are_named(settings, told):
    """The setting and both values."""
    one, other = (state_bytes(state_with([], made)) for made in (Settings(), settings))
    with pytest.raises(CannotJudgeError, match=f"state 2: was made {told}"):
        Parts([one, one, other])


def test_every_difference_of_every_part_is_told():
    """Not only the first."""
    other = Settings(PreparationRules("mask", 1.0, "min"), ("group_id",), True)
    contents = [state_bytes(state_with([], made)) for made in (Settings(), other, other)]
    with pytest.raises(CannotJudgeError) as caught:
        Parts(contents)
    assert len(caught.value.problems) == 10


def test_parts_of_normalized_scores_are_cautioned_of(tmp_path):
    """In the words of `score`, and after another merge; states of raw scores tell of nothing."""
    files = []
    for name in "bac":
        images = [replace(image, path=f"{name}/{image.label}.png") for image in (NORMAL, ANOMALOUS)]
        files.append(write_h5(tmp_path / f"{name}.h5", images))
    for path in files[1:]:
        with h5py.File(path, "a") as file:
            file.attrs["score_space"] = "normalized"
    states = [path.with_suffix(".state") for path in files]
    for path, state in zip(files, states, strict=True):
        anomeval.score([path], save_to=state)
    whole = anomeval.score(files)
    assert result_to_json(merge(states).result) == result_to_json(whole.result)
    [told] = [c.message for c in whole.result.cautions if c.code == "normalized_scores"]
    assert told.startswith(f"2 files with normalized scores ({tmp_path / 'a.h5'}): ")
    merge(states[:2], save_to=tmp_path / "two.state")
    again = merge([tmp_path / "two.state", states[2]])
    assert result_to_json(again.result) == result_to_json(whole.result)
    headers = [header_text(read_header(state)) for state in states]
    assert ['"normalized"' in text for text in headers] == [False, True, True]


def test_the_same_image_in_two_parts(tmp_path):
    """Both parts are named, once for every two of them."""
    first = part_of(tmp_path, "a", [named(NORMAL, "1.png"), named(NORMAL, "2.png")])
    second = part_of(tmp_path, "b", [named(NORMAL, "3.png"), named(ANOMALOUS, "2.png")])
    third = part_of(tmp_path, "c", [named(NORMAL, "1.png"), named(NORMAL, "2.png")])
    with pytest.raises(InvalidInputError) as caught:
        merge([first, second, third])
    assert [(p.file, p.what) for p in caught.value.problems] == [
        (str(second), f"the same image is in {first}"),
        (str(third), f"the same image is in {first} (and 1 more images are in both)"),
    ]


def test_all_unreadable_parts_are_told_at_once(tmp_path):
    """Missing ones, foreign ones and cut ones, each by its name."""
    sound = part_of(tmp_path, "a", [NORMAL])
    foreign, cut = tmp_path / "a.h5", tmp_path / "cut.state"
    cut.write_bytes(sound.read_bytes()[:-1])
    with pytest.raises(InvalidInputError) as caught:
        merge([foreign, sound, cut])
    assert [problem.file for problem in caught.value.problems] == [str(foreign), str(cut)]


@pytest.mark.parametrize("by", [None, "category", "defect_type", "group_id"])
def test_values_of_merged_parts_are_those_of_all_files(tmp_path, by):
    """The whole result, byte for byte, with curves and images."""
    pictures = [
        named(replace(picture, category=category, group="g"), f"{category}{index}.png")
        for category in "ab"
        for index, picture in enumerate([NORMAL, ANOMALOUS, NORMAL, ANOMALOUS])
    ]
    groups = pictures[:3], pictures[3:4], pictures[4:]
    parts = [part_of(tmp_path, f"{n}", list(group), by=by) for n, group in enumerate(groups)]
    whole = anomeval.score([tmp_path / "2.h5", tmp_path / "0.h5", tmp_path / "1.h5"], by=by)
    merged = merge(parts)
    assert result_to_json(merged.result) == result_to_json(whole.result)
    assert merged.images() == whole.images()
    curves = merged.curves()
    assert {name: array.tolist() for name, array in curves.items()} == {
        name: array.tolist() for name, array in whole.curves().items()
    }


def test_images_known_by_position_are_named_as_if_read_at_once(tmp_path):
    """Files of the same name in different directories are told apart, here as there."""
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths.append(write_h5(tmp_path / folder / "test.h5", [NORMAL, ANOMALOUS]))
    parts = []
    for path in paths:
        parts.append(path.with_suffix(".state"))
        anomeval.score([path], save_to=parts[-1])
    merged, whole = merge(parts), anomeval.score(paths)
    assert result_to_json(merged.result) == result_to_json(whole.result)
    assert {image.image_path for image in merged.images()} == {
        "x/test#0", "x/test#1", "y/test#0", "y/test#1"
    }  # fmt: skip


@pytest.mark.parametrize(
    "lacking",
    [
        Picture(score=1.0, label=0, category="a", defect_type="good"),
        replace(ANOMALOUS, mask=None, score=1.0),
    ],
)
def test_where_one_part_has_no_pixels_to_judge_none_has(tmp_path, lacking):
    """As if all files had been read at once: a level that not all files support is left out."""
    full = [
        named(replace(picture, score=2.0), f"{i}.png")
        for i, picture in enumerate([NORMAL, ANOMALOUS])
    ]
    parts = [
        part_of(tmp_path, "full", full),
        part_of(tmp_path, "lacking", [named(lacking, "other.png")]),
    ]
    whole = anomeval.score([path.with_suffix(".h5") for path in parts])
    for order in (parts, parts[::-1]):
        merged = merge(order, save_to=tmp_path / "merged.state")
        assert result_to_json(merged.result) == result_to_json(whole.result)
        assert merged.result.data.pixels == 0
        again = merge([tmp_path / "merged.state"])
        assert result_to_json(again.result) == result_to_json(whole.result)


def test_normal_images_need_no_mask(tmp_path):
    """Neither in a file of their own nor in a part of their own."""
    full = [named(NORMAL, "1.png"), named(ANOMALOUS, "2.png")]
    parts = [
        part_of(tmp_path, "full", full),
        part_of(tmp_path, "bare", [named(replace(NORMAL, mask=None), "3.png")]),
    ]
    whole = anomeval.score([path.with_suffix(".h5") for path in parts])
    assert result_to_json(merge(parts).result) == result_to_json(whole.result)
    assert whole.result.data.pixels == 9


def test_metrics_that_look_at_images_themselves_cannot_be_merged(tmp_path):
    """What they saw is not in the parts."""
    part = part_of(tmp_path, "a", [NORMAL, ANOMALOUS])
    with pytest.raises(UsageError, match="image_nosy looks at every image itself"):
        merge([part], metrics=[Nosy("image")])


def test_another_split_than_that_of_the_parts(tmp_path):
    """Categories and groups can always be told, defect types only if they were kept apart."""
    pictures = [named(NORMAL, "1.png"), named(ANOMALOUS, "2.png")]
    plain = part_of(tmp_path, "plain", pictures)
    apart = part_of(tmp_path, "apart", pictures, by="defect_type")
    assert by_category(merge([plain], by="category")) == by_category(merge([apart], by="category"))
    with pytest.raises(UsageError, match=r"do not keep .* apart — .*--by defect_type"):
        merge([plain], by="defect_type")
    with pytest.raises(UsageError, match="the data has no group_id"):
        merge([plain], by="group_id")
    with pytest.raises(UsageError, match="cannot split by 'size'"):
        merge([plain], by="size")


def test_what_is_asked_in_vain_is_told_before_the_long_work(tmp_path):
    """Unknown metrics and missing levels, as `score` does."""
    part = part_of(tmp_path, "a", [Picture(score=1.0, label=0)])
    with pytest.raises(UsageError, match="no anomaly_map and no gt_mask"):
        merge([part], metrics=["aupro"])
    with pytest.raises(UsageError, match="needs a fitted threshold"):
        merge([part], metrics=["image_f1"])


def test_progress_counts_images(tmp_path):
    """After each part."""
    parts = [
        part_of(tmp_path, "a", [named(NORMAL, "1.png"), named(NORMAL, "2.png")]),
        part_of(tmp_path, "b", [named(ANOMALOUS, "3.png")]),
    ]
    told = []
    merge(parts, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]


def test_scoring_saves_the_state_of_its_evidence(tmp_path):
    """With the settings under which it was collected."""
    part = part_of(tmp_path, "a", [NORMAL, ANOMALOUS], by="defect_type", pool=True, nan="max")
    header = load_state(part).header
    assert header.settings == Settings(PreparationRules(nan="max"), ("defect_type",), True)
    assert header.files == header.unnamed == (str(tmp_path / "a.h5"),)
    assert header.fields == {"anomaly_map", "gt_mask", "gt_label", "category", "defect_type"}


@dataclass(frozen=True)
class Nosy(StreamedMetric):
    """A plugin's metric."""

    name = "nosy"
    levels = ("image",)

    def start(self):
        raise NotImplementedError


def named(picture: Picture, path: str) -> Picture:
    """The same picture under a path of its own."""
    return replace(picture, path=path)


def part_of(folder: Path, name: str, pictures: list[Picture], **options) -> Path:
    """The state that `score` saves for a file of these pictures."""
    state = folder / f"{name}.state"
    anomeval.score([write_h5(folder / f"{name}.h5", pictures)], save_to=state, **options)
    return state


def by_category(evaluation) -> list:
    """The rows of the categories."""
    return [row for row in evaluation.result.rows if row.group]
