"""Pickles of ADEval: read when asked for, without running what is in them."""

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts.restricted_pickle import load_plain
from anomeval.workflows.converting import convert
from tests.layouts.samples import native_rows, rows_of, samples, write_masks


def records() -> dict[str, Any]:
    return {
        f"{sample.path}.png": (
            sample.map,
            sample.map.max(),
            None
            if sample.defect == "good"
            else f"{sample.category}/ground_truth/{sample.defect}/{sample.stem}_mask.png",
        )
        for sample in samples()[:9]
    }


def write(path: Path, content: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_is_converted(tmp_path: Path, protocol: int) -> None:
    """Of any protocol; worth the same as the native file."""
    source = write(tmp_path / "bottle.pkl", records(), protocol)
    write_masks(tmp_path / "data", samples())
    convert([source], tmp_path / "a.h5", allow_pickle=True, truth=tmp_path / "data")
    written = [row.value for row in rows_of(open_predictions(tmp_path / "a.h5"))]
    assert written == [row.value for row in native_rows(tmp_path, samples()[:9])]


def test_a_pickle_is_not_read_unasked(tmp_path: Path) -> None:
    """Neither by convert nor by anything else."""
    source = write(tmp_path / "bottle.pkl", records())
    with pytest.raises(InvalidInputError, match="is a pickle"):
        open_predictions(source)
    with pytest.raises(InvalidInputError, match="is a pickle"):
        convert([source], tmp_path / "a.h5")


class Call:
    """A call of any function, as pickles name it."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


HARMFUL = {
    "system": Call(os.system, "touch harmed"),
    "eval": Call(eval, "open('harmed', 'w')"),
    "open": Call(open, "harmed", "w"),
    "getattr": Call(getattr, "text", "join"),
    "numpy load": Call(np.load, "harmed.npy"),
    "within an array": np.array([Call(os.system, "touch harmed")], object),
    "object": object(),
    "bytearray": bytearray(b"x"),
    "complex": 1j,
    "structured": np.zeros(3, "i4,f4"),
    "text array": np.array(["a"]),
    "date": np.datetime64("2020-01-01"),
}


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("name", HARMFUL)
def test_nothing_but_data_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, protocol: int
) -> None:
    """Whatever a pickle wants to be called, it is not."""
    monkeypatch.chdir(tmp_path)
    content = {**records(), "x.png": (HARMFUL[name], 0.5, None)}
    source = write(tmp_path / "bottle.pkl", content, protocol)
    with pytest.raises(InvalidInputError):
        convert([source], tmp_path / "a.h5", allow_pickle=True)
    assert sorted(os.listdir()) == ["bottle.pkl"]


def test_hand_written_opcodes(tmp_path: Path) -> None:
    """Names by attribute, by memo, by extension, and arrays that lie about their size."""
    frames = {
        b"cos\nsystem\n(S'touch harmed'\ntR.": "names os.system",
        b"\x80\x04\x8c\x08builtins\x8c\x0dexec.__call__\x93.": "names builtins.exec.__call__",
        b"\x82\x01.": "unregistered extension",
        b"\x80\x02cnumpy\nndarray\n)R}(K\x01K\x02ub.": "not described as one",
        b"\x80\x04X\xff\xff\xff\x7fabc.": "no sound pickle",
        b"\x80\x05\x96" + b"\xff" * 8 + b".": "no sound pickle",
        b"r\xff\xff\xff\xff.": "no sound pickle",
        b"": "no sound pickle",
    }
    for text, message in frames.items():
        with pytest.raises((ValueError, MemoryError)) as caught:
            load_plain(io.BytesIO(text))
        assert message in str(caught.value) or isinstance(caught.value, MemoryError)


def test_deep_nesting_and_shared_parts_end(tmp_path: Path) -> None:
    """A pickle of 1 kB that would unfold to 2 to the 60th values."""
    text = b"]" + b"".join(b"2(lp%d\nh\x00h\x00e" % n for n in range(5)) + b"."
    with pytest.raises(ValueError, match=r"."):
        load_plain(io.BytesIO(text))
    nested: list[Any] = []
    for _ in range(60):
        nested = [nested, nested]
    with pytest.raises(ValueError, match="nested too deeply"):
        load_plain(io.BytesIO(pickle.dumps(nested)))


def test_wrong_records_are_named(tmp_path: Path) -> None:
    """With what a record must be."""
    source = write(tmp_path / "a.pkl", {"a.png": ([[1.0]], 0.5, None), "b.png": 3})
    with pytest.raises(InvalidInputError) as caught:
        convert([source], tmp_path / "a.h5", allow_pickle=True)
    assert "image 0 (a.png): has list for a map" in str(caught.value)
    assert "image 1 (b.png): is no record of three" in str(caught.value)
