"""However predictions are stored, `score` gives the same result, bit for bit.

Every metric there is, is asked for at its defaults, at thresholds from outside the files.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import anomeval
from anomeval.metrics import METRICS
from anomeval.reporting.result import Result
from tests.laws.drawing import ONE_SHAPE, pictures, rescaled, risen
from tests.support import Layout, Picture, fit_at, write_h5, write_npz

EVERY_METRIC = [str(family(level=level)) for family in METRICS.values() for level in family.levels]
FIT = fit_at(2.0, 3.0)

few = settings(max_examples=8)
images_of_any_size = pictures(1) | pictures(1, shapes=ONE_SHAPE)


def result_of(*files: Path, **options: Any) -> Result:
    """Every metric on files, without intervals unless asked for."""
    call = {"metrics": EVERY_METRIC, "fit": FIT, "by": "group_id", "confidence": None, **options}
    return anomeval.score(files, **call).result


def content(result: Result) -> tuple[object, ...]:
    """All of a result but the names of the files."""
    return result.rows, result.cautions, result.data.digest, result.data.images, result.data.regions


def stored(images: list[Picture], dtype: str = "float64") -> tuple[object, ...]:
    """What a file with the images gives, apart from the digest, which knows the type of maps."""
    with TemporaryDirectory() as folder:
        result = result_of(write_h5(Path(folder) / "test.h5", images, dtype=dtype))
    return result.rows, result.cautions


@few
@given(images=images_of_any_size)
def test_the_format_does_not_matter(images: list[Picture]) -> None:
    """HDF5 and NPZ, compressed or not, hold the same data."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            write_h5(folder / "plain.h5", images),
            write_h5(folder / "gzip.h5", images, compression="gzip"),
            write_npz(folder / "plain.npz", images, compressed=False),
            write_npz(folder / "deflated.npz", images),
        ]
        first, *others = (content(result_of(file)) for file in files)
    assert all(other == first for other in others)


@few
@given(images=pictures(1, shapes=ONE_SHAPE))
def test_the_layout_does_not_matter(images: list[Picture]) -> None:
    """A flat table, a group for each category, and a sample for each image hold the same data."""
    layouts: tuple[Layout, ...] = ("flat", "categories", "samples")
    with TemporaryDirectory() as name:
        first, *others = (
            content(result_of(write_h5(Path(name) / f"{layout}.h5", images, layout=layout)))
            for layout in layouts
        )
    assert all(other == first for other in others)


@few
@given(images=images_of_any_size, data=st.data())
def test_splitting_into_files_does_not_matter(images: list[Picture], data: st.DataObject) -> None:
    """Any number of files, of either format, named in any order, are one data set."""
    borders = data.draw(st.sets(st.integers(1, len(images))).map(lambda s: s | {0, len(images)}))
    writers = {".h5": write_h5, ".npz": write_npz}
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = content(result_of(write_h5(folder / "whole.h5", images)))
        parts = []
        for start, stop in pairwise(sorted(borders)):
            suffix = data.draw(st.sampled_from(sorted(writers)))
            parts.append(writers[suffix](folder / f"{start}{suffix}", images[start:stop]))
        assert content(result_of(*data.draw(st.permutations(parts)))) == whole


@few
@given(images=images_of_any_size, data=st.data())
def test_the_order_of_images_does_not_matter(images: list[Picture], data: st.DataObject) -> None:
    """Any permutation of the images in a file."""
    with TemporaryDirectory() as name:
        there = content(result_of(write_h5(Path(name) / "there.h5", images)))
        shuffled = data.draw(st.permutations(images))
        assert content(result_of(write_h5(Path(name) / "shuffled.h5", shuffled))) == there


@few
@given(images=images_of_any_size)
def test_the_number_of_threads_does_not_matter(images: list[Picture]) -> None:
    """One thread reads all images, or several share them."""
    with TemporaryDirectory() as name:
        path = write_h5(Path(name) / "test.h5", images)
        assert content(result_of(path, jobs=3)) == content(result_of(path, jobs=1))


@settings(max_examples=5)
@given(normal=pictures(5, 6, labels=[False]), anomalous=pictures(5, 6, labels=[True]))
def test_intervals_do_not_depend_on_storage_either(
    normal: list[Picture], anomalous: list[Picture]
) -> None:
    """One file read by one thread, or two files the other way round read by several."""
    defects = [replace(image, path=f"defect/{image.path}") for image in anomalous]
    images = [replace(image, category=None, group=image.path) for image in normal + defects]
    call = {"confidence": 0.9, "replicates": 20}
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = write_h5(folder / "whole.h5", images)
        parts = [
            write_npz(folder / "part1.npz", images[6:]),
            write_h5(folder / "part0.h5", images[:6]),
        ]
        first = result_of(whole, jobs=1, **call)
        assert content(result_of(*parts, jobs=3, **call)) == content(first)
    assert any(row.confidence for row in first.rows)


@pytest.mark.parametrize("anomalous", [False, True], ids=["normal", "anomalous"])
@settings(max_examples=3)
@given(data=st.data())
def test_one_class_alone_has_intervals_or_a_reason(data: st.DataObject, anomalous: bool) -> None:
    """A value comes with an interval, or with why it has none, also where a class is missing."""
    images = data.draw(pictures(5, 8, labels=[anomalous]))
    nameless = [replace(image, category=None, group=image.path) for image in images]
    with TemporaryDirectory() as name:
        path = write_h5(Path(name) / "test.h5", nameless)
        result = result_of(path, confidence=0.9, replicates=20)
    for row in result.rows:
        assert (row.value is None) or row.confidence or row.confidence_reason, row.metric


@few
@given(images=images_of_any_size, scale=risen(16))
def test_float16_is_its_widening(images: list[Picture], scale: list[float]) -> None:
    """A float16 map gives what it gives as float32 and float64."""
    moved = rescaled(images, scale)
    assert stored(moved, "float16") == stored(moved, "float32") == stored(moved, "float64")


@few
@given(images=images_of_any_size, scale=risen(32))
def test_float32_is_its_widening(images: list[Picture], scale: list[float]) -> None:
    """A float32 map gives what it gives as float64."""
    moved = rescaled(images, scale)
    assert stored(moved, "float32") == stored(moved, "float64")


@few
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@given(images=images_of_any_size)
def test_integers_are_their_widening(images: list[Picture], dtype: str) -> None:
    """A map of small whole numbers gives what it gives as float32."""
    assert stored(images, dtype) == stored(images, "float32")


@few
@given(images=images_of_any_size, data=st.data())
def test_files_of_different_types_are_one_data_set(
    images: list[Picture], data: st.DataObject
) -> None:
    """Each image may be stored in a type of its own, one that holds its scores; that is told."""
    types = st.sampled_from(["uint8", "uint16", "float16", "float32", "float64"])
    with TemporaryDirectory() as name:
        files = [
            write_h5(Path(name) / f"{index}.h5", [image], dtype=data.draw(types))
            for index, image in enumerate(images)
        ]
        result = result_of(*files)
    cautions = [caution for caution in result.cautions if caution.code != "mixed_map_types"]
    assert (result.rows, cautions) == stored(images)
