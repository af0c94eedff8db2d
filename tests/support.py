"""Prediction files made of a few pictures, and what the package makes of them.

Files are written by h5py and NumPy alone, so that a test of reading does not rest on our writer.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

import anomeval
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.reporting.result import Row
from anomeval.workflows.evaluation import Evaluation

Number = Fraction | float
Rows = Sequence[Sequence[Number]]
Layout = Literal["flat", "categories", "samples"]

PIXEL_FIELDS = {"map": "anomaly_map", "mask": "gt_mask", "saturation": "gt_saturation"}
NUMBER_FIELDS = {"score": "pred_score", "label": "gt_label"}
TEXT_FIELDS = {
    "path": "image_path",
    "category": "category",
    "defect_type": "defect_type",
    "group": "group_id",
}


@dataclass(frozen=True)
class Picture:
    """One image of a prediction file. A field that is None in all images is not written."""

    score: Number | None = None
    label: int | None = None
    map: Rows | None = None
    mask: Rows | None = None
    path: str | None = None
    category: str | None = None
    defect_type: str | None = None
    group: str | None = None
    saturation: Sequence[int] | None = None


def pictures_of(scores: Sequence[Number], labels: Sequence[int]) -> list[Picture]:
    """Images without maps."""
    return [Picture(score, label) for score, label in zip(scores, labels, strict=True)]


def pictures_with_maps(maps: Sequence[Rows], masks: Sequence[Rows]) -> list[Picture]:
    """Images of which nothing but map and mask is known."""
    return [Picture(map=scores, mask=mask) for scores, mask in zip(maps, masks, strict=True)]


def write_h5(
    path: Path,
    pictures: Sequence[Picture],
    *,
    dtype: str = "float64",
    layout: Layout | None = None,
    compression: str | None = None,
) -> Path:
    """Write an HDF5 file; maps are stored as `dtype`."""
    with h5py.File(path, "w") as file:
        for name, array in arrays_of(pictures, dtype, layout).items():
            options = {"compression": compression} if array.ndim else {}
            if array.dtype.kind == "U":
                array, options["dtype"] = array.astype(object), h5py.string_dtype()
            file.create_dataset(name, data=array, **options)
    return path


def reserve(file: h5py.File, name: str, shape: tuple[int, ...]) -> None:
    """Maps of float32, all 0, which take place in the file and none on the disk."""
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    early.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F32LE, space, early)


def write_npz(
    path: Path,
    pictures: Sequence[Picture],
    *,
    dtype: str = "float64",
    layout: Layout | None = None,
    compressed: bool = True,
) -> Path:
    """Write an NPZ file; maps are stored as `dtype`."""
    save = np.savez_compressed if compressed else np.savez
    save(path, **arrays_of(pictures, dtype, layout))  # type: ignore[arg-type]
    return path


def arrays_of(
    pictures: Sequence[Picture], dtype: str = "float64", layout: Layout | None = None
) -> dict[str, NDArray[Any]]:
    """The arrays of a file by name. Without a layout: flat, or samples if sizes are mixed."""
    shapes = {np.shape(part) for p in pictures for part in (p.map, p.mask) if part is not None}
    layout = layout or ("flat" if len(shapes) <= 1 else "samples")
    if layout == "flat":
        return _table(pictures, dtype)
    if layout == "categories":
        return {
            f"{category}/{name}": array
            for category in sorted({picture.category or "" for picture in pictures})
            for name, array in _table(
                [replace(p, category=None) for p in pictures if p.category == category], dtype
            ).items()
        }
    return {
        f"samples/{index:04}/{name}": array[0]
        for index, picture in enumerate(pictures)
        for name, array in _table([picture], dtype).items()
    }


def _table(pictures: Sequence[Picture], dtype: str) -> dict[str, NDArray[Any]]:
    columns = {
        name: [getattr(picture, attribute) for picture in pictures]
        for attribute, name in (PIXEL_FIELDS | NUMBER_FIELDS | TEXT_FIELDS).items()
    }
    types = {"anomaly_map": dtype, "pred_score": "float64", "gt_label": "uint8"}
    arrays = {}
    for name, values in columns.items():
        if all(value is None for value in values):
            continue
        if name in TEXT_FIELDS.values():
            arrays[name] = np.array([value or "" for value in values], dtype=str)
        elif name == "gt_mask":
            arrays[name] = _mask_array(values)
        elif name == "gt_saturation":
            arrays[name] = np.array(values, np.uint32)
        else:
            arrays[name] = np.array(values, np.float64).astype(types[name])
    return arrays


def _mask_array(values: Sequence[Any]) -> NDArray[Any]:
    """Masks as uint8, unless a value asks for more: int32; only a NaN needs a float."""
    array = np.array(values, np.float64)
    if np.isnan(array).any():
        return array
    is_byte = array.min(initial=0) >= 0 and array.max(initial=0) <= 255
    return array.astype(np.uint8 if is_byte else np.int32)


def evaluation_of(
    pictures: Sequence[Picture], *metrics: str, dtype: str = "float64", **options: Any
) -> Evaluation:
    """What `anomeval.score` makes of a real file with these images; intervals only if asked for."""
    with TemporaryDirectory() as folder:
        path = write_h5(Path(folder) / "test.h5", pictures, dtype=dtype)
        return anomeval.score([path], metrics=metrics, **{"confidence": None, **options})


def score_of(
    pictures: Sequence[Picture], *metrics: str, dtype: str = "float64", **options: Any
) -> dict[str, Row]:
    """The overall row of each metric, by its canonical text."""
    return overall(evaluation_of(pictures, *metrics, dtype=dtype, **options))


def overall(evaluation: Evaluation) -> dict[str, Row]:
    """The rows that are about all images, by canonical text."""
    return {row.metric: row for row in evaluation.result.rows if row.group is None}


def values_of(rows: Mapping[str, Row]) -> dict[str, float | None]:
    """The values alone."""
    return {metric: row.value for metric, row in rows.items()}


def caution_codes(evaluation: Evaluation) -> set[str]:
    """The kinds of cautions in a result."""
    return {caution.code for caution in evaluation.result.cautions}


def fit_of(pictures: Sequence[Picture], *, dtype: str = "float64", **options: Any) -> Fit:
    """What `anomeval.fit` makes of a real file with these images."""
    with TemporaryDirectory() as folder:
        return anomeval.fit([write_h5(Path(folder) / "val.h5", pictures, dtype=dtype)], **options)


def fit_at(image_cut: float, pixel_cut: float | None = None) -> Fit:
    """A fit that cuts images, and pixels, at given raw scores and has seen no image."""
    pixel_cut = image_cut if pixel_cut is None else pixel_cut
    return Fit(judge_at(image_cut, pixel_cut), Source((), "nothing", 0))


def judge_at(image_cut: float, pixel_cut: float) -> OneClassPostProcessor:
    """Fitted thresholds at given raw scores, on a scale from 0 to 1."""
    image, pixel = (
        FittedLevel(Scale(float(cut), 0.0, 1.0), f"manual@{cut}", 1, 1)
        for cut in (image_cut, pixel_cut)
    )
    return OneClassPostProcessor(image, pixel)


class Run(NamedTuple):
    """What a command left behind."""

    status: int
    stdout: str
    stderr: str


def run_cli(*arguments: str | Path, **environment: str) -> Run:
    """Run a command in a process of its own, as a user does. Slow: a second or so."""
    done = subprocess.run(
        [sys.executable, "-m", "anomeval", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=clean_environment(**environment),
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def run_here(*arguments: str | Path, **environment: str) -> Run:
    """Run a command in this process."""
    from typer.testing import CliRunner

    from anomeval.cli import app

    unset = {name: None for name in os.environ if name.startswith("ANOMEVAL_")} | {"COLUMNS": None}
    done = CliRunner().invoke(app, [*map(str, arguments)], env={**unset, **environment})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Run(done.exit_code, done.stdout, done.stderr)


def hear_interrupts() -> None:
    """For `preexec_fn`: Ctrl-C ends the process, though whoever runs the tests may ignore it.

    A shell starts background jobs so, and a child inherits it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def rest_of(terminal: int) -> bytes:
    """All that is still shown until nobody writes to it any more; closes it.

    A process waits where its terminal is full and not read, so this comes before waiting for it.
    """
    text = b""
    try:
        while part := os.read(terminal, 4096):
            text += part
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(terminal)
    return text


def clean_environment(**environment: str) -> dict[str, str]:
    """The environment of this process without what steers the command line, and with additions."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ANOMEVAL_") and name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")
    }
    return inherited | environment
