"""HDF5 = NPZ, and what is written is what is read: laws over all data."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from anomeval.predictions import Image, Writer, open_predictions

from .conftest import write_hdf5, write_npz

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
map_types = st.sampled_from(["<f2", ">f4", "<f8", "u1", ">u2", "<u2"])


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A flat file with any choice of fields beside the map."""
    count = draw(st.integers(1, 5))
    shape = (count, draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    texts = st.lists(names, min_size=count, max_size=count)
    possible: dict[str, st.SearchStrategy[Any]] = {
        "pred_score": hnp.arrays(draw(st.sampled_from(["<f4", ">f8", "i4"])), count),
        "gt_label": hnp.arrays(bool, count),
        "gt_mask": hnp.arrays(draw(st.sampled_from(["u1", "?", ">i4"])), shape),
        "image_path": texts.filter(lambda t: len(set(t)) == count).map(np.array),
        "category": texts.map(np.array),
        "group_id": hnp.arrays("i4", count),
    }
    table: dict[str, Any] = {"anomaly_map": draw(hnp.arrays(draw(map_types), shape))}
    for field in draw(st.sets(st.sampled_from(sorted(possible)))):
        table[field] = draw(possible[field])
    return table


def read(path: Path) -> list[tuple[Any, ...]]:
    """Everything that a file gives, in a form that can be compared."""
    with open_predictions(path) as opened:
        return [(sorted(opened.fields), *_content(image)) for image in opened]


def _content(image: Image) -> tuple[Any, ...]:
    entry = image.entry
    pixels = [
        None if array is None else (array.dtype.str, array.shape, array.tobytes())
        for array in (image.anomaly_map, image.gt_mask)
    ]
    score = None if entry.score is None else np.float64(entry.score).tobytes()
    texts = (entry.category, entry.defect_type, entry.group_id)
    return entry.identity, entry.named, entry.index, score, entry.label, texts, *pixels


def laid_out(table: dict[str, Any], layout: str) -> dict[str, Any]:
    if layout == "flat":
        return table
    if layout == "categories":
        return {f"some group/{field}": value for field, value in table.items()}
    return {
        f"samples/k{row}/{field}": value[row]
        for field, value in table.items()
        for row in range(len(value))
    }


@given(tables(), st.sampled_from(["flat", "categories", "samples"]), st.booleans())
def test_hdf5_and_npz_give_the_same(table: dict[str, Any], layout: str, compress: bool) -> None:
    """Whatever the layout, types and byte orders, both formats read alike, value by value."""
    with TemporaryDirectory() as folder:
        columns = laid_out(table, layout)
        write_hdf5(Path(folder, "test.h5"), columns)
        write_npz(Path(folder, "test.npz"), columns, compress=compress)
        assert read(Path(folder, "test.h5")) == read(Path(folder, "test.npz"))


@given(tables(), st.integers(0, 5), st.sampled_from(["h5", "npz"]), st.booleans())
def test_what_is_written_is_read(
    table: dict[str, Any], cut: int, suffix: str, mixed_sizes: bool
) -> None:
    """Maps, scores and labels come back exactly, wherever the batches are cut."""
    table = {
        **table,
        "anomaly_map": np.nan_to_num(table["anomaly_map"]),
        "gt_mask": table["anomaly_map"] > 3,
        "pred_score": np.nan_to_num(table.get("pred_score", np.zeros(len(table["anomaly_map"])))),
    }
    with TemporaryDirectory() as folder:
        path = Path(folder, f"test.{suffix}")
        with Writer(path, mixed_sizes=mixed_sizes) as writer:
            for part in (slice(cut), slice(cut, None)):
                writer.add(**{field: value[part] for field, value in table.items()})
        for row, image in enumerate(open_predictions(path)):
            assert np.array_equal(image.anomaly_map, table["anomaly_map"][row])
            assert image.anomaly_map.dtype.newbyteorder("=") == table[
                "anomaly_map"
            ].dtype.newbyteorder("=")
            assert np.array_equal(image.gt_mask, table["gt_mask"][row])
            assert image.entry.score == table["pred_score"][row]
            for field in ("gt_label", "image_path", "category", "group_id"):
                seen = {"gt_label": image.entry.label, "image_path": image.entry.identity}
                value = seen.get(field, getattr(image.entry, field, None))
                if field in table:
                    assert str(value) == str(table[field][row])
