"""Defects told apart: the bits of a mask, and the pixels of each defect that are enough."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import Writer, open_predictions
from anomeval.predictions.channels import channels_of, narrowest, packed
from anomeval.predictions.inspection import inspect_predictions

from .conftest import Make, both_formats, flat, maps, problems, samples

BITS = np.array([[[0, 0, 0], [0, 0, 0]], [[1, 3, 2], [0, 2, 0]], [[1, 0, 0], [1, 0, 0]]], np.uint8)
ENOUGH = np.array([[0, 0], [2, 1], [2, 0]], np.uint32)


def read(path: Path | str) -> list[tuple[list[list[int]], list[int]]]:
    """Mask and saturation of each image."""
    found = []
    for image in open_predictions(path):
        assert image.gt_mask is not None
        assert image.saturation is not None
        found.append((image.gt_mask.tolist(), image.saturation.tolist()))
    return found


def there() -> list[tuple[list[list[int]], list[int]]]:
    return list(zip(BITS.tolist(), ENOUGH.tolist(), strict=True))


@both_formats
def test_a_flat_file(make: Make, suffix: str) -> None:
    """Whole, and from anywhere."""
    path = make(f"f.{suffix}", {"anomaly_map": maps(3), "gt_mask": BITS, "gt_saturation": ENOUGH})
    assert read(path) == there()
    (file,) = open_predictions(path).files
    assert [image.saturation.tolist() for image in file.images(1, 3)] == ENOUGH[1:].tolist()


@both_formats
def test_samples_of_their_own(make: Make, suffix: str) -> None:
    """(K,) each, and K may differ."""
    columns = samples(
        a={"anomaly_map": maps(1)[0], "gt_mask": BITS[1], "gt_saturation": ENOUGH[1]},
        b={"anomaly_map": maps(1)[0], "gt_mask": BITS[2], "gt_saturation": ENOUGH[2, :1]},
    )
    assert read(make(f"f.{suffix}", columns)) == [there()[1], (BITS[2].tolist(), [2])]


@both_formats
@pytest.mark.parametrize("mixed_sizes", [False, True])
@pytest.mark.parametrize(
    "batches",
    [
        [slice(0, 3)],
        [slice(0, 2), slice(2, 3)],
        [0, 1, 2],
    ],
    ids=["whole", "batches", "single"],
)
def test_what_is_written_is_read(
    tmp_path: Path, suffix: str, mixed_sizes: bool, batches: list[Any]
) -> None:
    """Batches and single images."""
    path = tmp_path / f"f.{suffix}"
    with Writer(path, mixed_sizes=mixed_sizes) as writer:
        for rows in batches:
            writer.add(anomaly_map=maps(3)[rows], gt_mask=BITS[rows], gt_saturation=ENOUGH[rows])
    assert read(path) == there()


@both_formats
def test_shorter_lists_end_in_zeros(tmp_path: Path, suffix: str) -> None:
    """In a flat file all images have as many numbers as the longest list."""
    path = tmp_path / f"f.{suffix}"
    with Writer(path) as writer:
        writer.add(anomaly_map=maps(1), gt_mask=BITS[:1], gt_saturation=[[]])
        writer.add(anomaly_map=maps(2), gt_mask=BITS[1:], gt_saturation=[[2, 1], [2]])
    assert read(path) == there()


@both_formats
@pytest.mark.parametrize("mixed_sizes", [False, True])
def test_no_image_has_a_defect(tmp_path: Path, suffix: str, mixed_sizes: bool) -> None:
    """K is 0."""
    path = tmp_path / f"f.{suffix}"
    with Writer(path, mixed_sizes=mixed_sizes) as writer:
        writer.add(anomaly_map=maps(2), gt_mask=BITS[:1].repeat(2, 0), gt_saturation=[[], []])
    assert [enough for _, enough in read(path)] == [[], []]


def test_tensors_are_taken(tmp_path: Path) -> None:
    """As everywhere."""
    torch = pytest.importorskip("torch")
    with Writer(tmp_path / "f.h5") as writer:
        writer.add(
            anomaly_map=torch.from_numpy(maps(3)),
            gt_mask=torch.from_numpy(BITS),
            gt_saturation=torch.from_numpy(ENOUGH.astype(np.int64)),
        )
    assert read(tmp_path / "f.h5") == there()


def test_wide_masks_keep_their_type(tmp_path: Path) -> None:
    """A byte holds eight defects, 64 bits hold 64."""
    mask = np.zeros((1, 2, 3), np.uint64)
    mask[0, 0, 0] = 1 << 63
    enough = [0] * 63 + [1]
    with Writer(tmp_path / "f.h5") as writer:
        writer.add(anomaly_map=maps(1), gt_mask=mask, gt_saturation=enough)
    assert read(tmp_path / "f.h5") == [(mask[0].tolist(), enough)]
    with h5py.File(tmp_path / "f.h5") as file:
        assert file["gt_mask"].dtype == np.uint64


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"gt_mask": BITS, "gt_saturation": ENOUGH[:, :1]}, "image 1: marks defect 1 (value 2)"),
        ({"gt_mask": BITS, "gt_saturation": ENOUGH + 0.5}, "is no list of whole numbers"),
        ({"gt_mask": BITS, "gt_saturation": -ENOUGH.astype(int)}, "is no list of whole numbers"),
        ({"gt_mask": BITS / 2, "gt_saturation": ENOUGH}, "its bits cannot be defects"),
        ({"gt_mask": -BITS.astype(int), "gt_saturation": ENOUGH}, "its bits cannot be defects"),
        ({"gt_saturation": ENOUGH}, "gt_saturation is given without gt_mask"),
        ({"gt_mask": BITS, "gt_saturation": ENOUGH[:2]}, "differ in the number of images"),
    ],
)
def test_what_cannot_be_is_not_written(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    """With field and image."""
    with pytest.raises(InvalidInputError) as caught, Writer(tmp_path / "f.h5") as writer:
        writer.add(anomaly_map=maps(3), **given)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@both_formats
@pytest.mark.parametrize(
    ("saturation", "words"),
    [
        (ENOUGH[:, 0], "must be N x K, is 3"),
        (ENOUGH / 2, "is float64, must be whole numbers of pixels"),
        (ENOUGH[:2], "fields differ in the number of images"),
    ],
)
def test_columns_that_do_not_fit_are_told(
    make: Make, suffix: str, saturation: Any, words: str
) -> None:
    """Before a pixel is read."""
    columns = flat(3) | {"gt_mask": BITS, "gt_saturation": saturation}
    assert any(words in problem for problem in problems(make(f"f.{suffix}", columns)))


@both_formats
def test_saturations_need_a_mask(make: Make, suffix: str) -> None:
    """Whose bits they are about."""
    columns = {"anomaly_map": maps(3), "gt_saturation": ENOUGH}
    (problem,) = problems(make(f"f.{suffix}", columns))
    assert "has gt_saturation without gt_mask" in problem


@pytest.mark.parametrize("count", [1, 8, 9, 16, 17, 33, 64])
def test_packing_is_undone_by_looking_at_bits(count: int) -> None:
    """In the narrowest type that has them."""
    channels = list(np.random.default_rng(count).random((count, 4, 5)) < 0.4)
    for channel in channels:
        channel[0, 0] = True
    mask = packed(channels, narrowest(count))
    assert mask.dtype.itemsize * 8 in (max(8, 1 << (count - 1).bit_length()), 64)
    for place, channel in enumerate(channels):
        assert np.array_equal(mask >> np.uint8(place) & 1 == 1, channel)
    found, faults = channels_of(mask, np.ones(count, int))
    assert faults == []
    assert found is not None
    assert found.saturation == (1,) * count


@both_formats
def test_an_inspection_tells_contradictions(make: Make, suffix: str) -> None:
    """And that nothing can be computed; sound bits are no gray values."""
    sound = {"anomaly_map": maps(3), "gt_mask": BITS, "gt_saturation": ENOUGH}
    seen = inspect_predictions([make(f"sound.{suffix}", sound)])
    assert not {"gray_mask", "saturation_contradicts"} & {one.code for one in seen.findings}
    broken = sound | {"gt_saturation": ENOUGH * np.array([1, 0], np.uint32)}
    seen = inspect_predictions([make(f"broken.{suffix}", broken)])
    (finding,) = [one for one in seen.findings if one.code == "saturation_contradicts"]
    assert "marks 3 pixels of defect 1, whose gt_saturation is 0" in finding.message
    assert finding.count == 1
    assert not any(level.possible for level in seen.levels)
