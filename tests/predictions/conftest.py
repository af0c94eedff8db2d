"""Tiny prediction files, written without the project's own writer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions

Columns = Mapping[str, Any]
Make = Callable[[str, Columns], str]

both_formats = pytest.mark.parametrize("suffix", ["h5", "npz"])


def write_hdf5(path: Path, columns: Columns) -> None:
    """Datasets by path. What lies in `samples/<key>/` and has no axis becomes an attribute."""
    with h5py.File(path, "w") as file:
        for name, value in columns.items():
            group, _, member = name.rpartition("/")
            array = np.asarray(value)
            if group.startswith("samples/") and array.ndim == 0:
                file.require_group(group).attrs[member] = (
                    str(value) if array.dtype.kind == "U" else value
                )
            elif array.dtype.kind == "U":
                file.create_dataset(name, data=array.astype(object), dtype=h5py.string_dtype())
            else:
                file.create_dataset(name, data=array)


def write_npz(path: Path, columns: Columns, *, compress: bool = True) -> None:
    """Members by path."""
    save = np.savez_compressed if compress else np.savez
    save(path, **{name: np.asarray(value) for name, value in columns.items()})


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a file, as in `make("a/test.h5", {"anomaly_map": ...})`; its path comes back."""

    def write(name: str, columns: Columns) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (write_npz if path.suffix == ".npz" else write_hdf5)(path, columns)
        return str(path)

    return write


def problems(path: Any, fields: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a file, one text for each problem, without the directory in front."""
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(path, fields=fields or {})
    folder = f"{Path(path).parent}/" if isinstance(path, str) else "\0"
    return [str(problem).replace(folder, "") for problem in caught.value.problems]


def samples(**images: Columns) -> dict[str, Any]:
    """The samples layout: `samples(first={"anomaly_map": ...}, ...)`."""
    return {
        f"samples/{key}/{field}": value
        for key, fields in images.items()
        for field, value in fields.items()
    }


def maps(count: int, height: int = 2, width: int = 3, first: int = 0) -> np.ndarray:
    """(count, height, width) float32, all values different."""
    size = count * height * width
    return np.arange(first, first + size, dtype=np.float32).reshape(count, height, width)


def flat(count: int = 3, name: str = "image") -> dict[str, Any]:
    """A sound flat file with every field: the first image normal, the others anomalous."""
    masks = np.zeros((count, 2, 3), np.uint8)
    masks[1:, 0, 0] = 1
    return {
        "anomaly_map": maps(count),
        "pred_score": np.arange(count, dtype=np.float32),
        "gt_label": np.arange(count) > 0,
        "gt_mask": masks,
        "gt_saturation": masks[:, 0, :1].astype(np.uint32),
        "image_path": np.array([f"{name}/{i}.png" for i in range(count)]),
        "category": np.array(["bottle"] * count),
        "defect_type": np.array(["good", *["scratch"] * (count - 1)]),
        "group_id": np.array([f"part {i // 2}" for i in range(count)]),
    }
