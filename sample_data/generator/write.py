"""Files: predictions as flat HDF5 and the images as PNG, the same bytes on every run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image as PillowImage

from generator.samples import GOOD, Sample
from generator.textures import Field

_TEXT = h5py.string_dtype("utf-8")


@dataclass(frozen=True)
class Prediction:
    """What a detector says about one sample."""

    sample: Sample
    anomaly_map: Field
    pred_score: float


def write_predictions(
    path: Path, predictions: Sequence[Prediction], *, with_masks: bool = True
) -> None:
    """Write predictions in the flat layout, one dataset per column, image by image in chunks."""
    samples = [p.sample for p in predictions]
    maps = np.stack([p.anomaly_map for p in predictions])
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        _write_planes(file, "anomaly_map", maps.astype(np.float16))
        _write_column(file, "pred_score", [p.pred_score for p in predictions], np.float32)
        _write_column(file, "gt_label", [s.defect_type != GOOD for s in samples], np.uint8)
        if with_masks:
            _write_planes(file, "gt_mask", np.stack([s.mask for s in samples]).astype(np.uint8))
        _write_column(file, "image_path", [s.image_path for s in samples], _TEXT)
        _write_column(file, "category", [s.category for s in samples], _TEXT)
        _write_column(file, "defect_type", [s.defect_type for s in samples], _TEXT)


def write_images(folder: Path, samples: Iterable[Sample]) -> None:
    """Write each image as a grey PNG under its `image_path`."""
    for sample in samples:
        path = folder / sample.image_path
        path.parent.mkdir(parents=True, exist_ok=True)
        PillowImage.fromarray(sample.image).save(path, optimize=True)


def _write_planes(file: h5py.File, name: str, planes: NDArray[np.generic]) -> None:
    """Write an (N, H, W) stack so that a reader can fetch single images cheaply."""
    file.create_dataset(
        name,
        data=planes,
        chunks=(1, *planes.shape[1:]),
        compression="gzip",
        compression_opts=9,
        shuffle=True,
        track_times=False,
    )


def _write_column(file: h5py.File, name: str, values: Sequence[object], dtype: DTypeLike) -> None:
    """Write one value per image. No time stamps: they would differ from run to run."""
    file.create_dataset(name, data=values, dtype=dtype, track_times=False)
