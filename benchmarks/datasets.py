"""Write the data sets of the benchmark: python benchmarks/datasets.py FOLDER NAME...

Every image is made from its own seed, so it is the same in every data set of its side, whatever
the number of images, their type or their storage. Maps look like those of real detectors: smooth,
with a heavy upper tail, higher on most defects (some are missed) and on a few spots of normal
images. They stay within 0 and 1, so no tool rescales them behind the scenes.
"""

import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from catalogue import DataSet
from numpy.lib import format as npy
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Scores = NDArray[Any]
Mask = NDArray[np.uint8]
Prediction = tuple[Scores, Mask]

SEED = 20_260
DEFECT_SHARE = 0.035  # of the pixels of an anomalous image, on average
MOST_REGIONS = 8
TOP = 64.0  # scores are divided by it; the typical score of a normal pixel is 1 / TOP
TIE_LEVELS = 1024  # between 0 and 1; the scores fill a few hundred


def make_image(data: DataSet, index: int) -> Prediction:
    """Anomaly map in the type of the data set, and mask. Every other image is anomalous."""
    rng = np.random.default_rng([SEED, data.side, index])
    scores = np.exp(0.5 * _smooth_noise(rng, data.side))
    mask = np.zeros(scores.shape, np.uint8)
    if index % 2:
        _add_defects(rng, scores, mask)
    elif rng.random() < 0.2:
        _add_blob(rng, scores, np.zeros_like(mask), 0.01, strength=0.8)
    return _stored(np.minimum(scores / np.float32(TOP), 1.0), data), mask


def _smooth_noise(rng: np.random.Generator, side: int) -> NDArray[np.float32]:
    """About standard normal; smooth over a few pixels, and over a few tens of them."""
    fine = rng.standard_normal((side, side), dtype=np.float32)
    coarse = rng.standard_normal((side // 8, side // 8), dtype=np.float32)
    blocks = coarse.repeat(8, axis=0).repeat(8, axis=1)
    noise: NDArray[np.float32] = gaussian_filter(10 * fine + blocks, 4.0, truncate=3.0)
    return noise


def _add_defects(rng: np.random.Generator, scores: Scores, mask: Mask) -> None:
    """One to eight regions of very different sizes, some of which the detector hardly sees."""
    shares = rng.lognormal(-0.32, 0.8, rng.integers(1, MOST_REGIONS, endpoint=True))
    shares *= DEFECT_SHARE / len(shares)  # lognormal(-0.32, 0.8) has mean 1
    for share in shares:
        _add_blob(rng, scores, mask, min(share, 0.3), strength=rng.lognormal(0.5, 0.8))


def _add_blob(
    rng: np.random.Generator, scores: Scores, mask: Mask, share: float, strength: float
) -> None:
    """An uneven ellipse: part of the mask, and raised scores that fade a little beyond it."""
    side = len(scores)
    centre = rng.uniform(0.1, 0.9, 2) * side
    stretch = rng.uniform(0.5, 1.0)
    radius = side * np.sqrt(share / np.pi / stretch)
    rows, columns = np.ogrid[:side, :side]
    y, x = (rows - centre[0]) / radius, (columns - centre[1]) / (radius * stretch)
    lobes, phase = rng.integers(2, 6), rng.uniform(0, 2 * np.pi)
    rim = 1 + 0.2 * np.sin(lobes * np.arctan2(y, x) + phase)
    distance = ((y * y + x * x) / rim**2).astype(np.float32)
    mask |= distance < 1
    scores *= 1 + np.float32(min(strength, 6.0)) * np.maximum(1 - 0.5 * distance, 0)


def _stored(scores: NDArray[np.float32], data: DataSet) -> Scores:
    if data.ties:
        return np.floor(scores * TIE_LEVELS) / np.float32(TIE_LEVELS)
    if data.dtype == "uint8":  # as people do: stretched, and clipped at the top
        return (np.minimum(scores * 4, 1.0) * 255).astype(np.uint8)
    return scores.astype(data.dtype)


def write(data: DataSet, path: Path) -> None:
    """Write a data set image by image; nothing is left under the name if it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{os.getpid()}-{path.name}")
    writer = _write_npz if data.storage == "npz" else _write_hdf5
    try:
        with _predictions(data) as predictions:
            writer(data, unfinished, predictions)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _predictions(data: DataSet) -> Iterator[Iterator[Prediction]]:
    """All images in order, made on all cores."""
    make: Callable[[int], Prediction] = partial(make_image, data)
    with Pool() as pool:
        yield pool.imap(make, range(data.images), chunksize=4)


def _columns(data: DataSet, highest: list[float], labels: list[bool]) -> dict[str, Any]:
    paths = [f"benchmark/{index:06}.png" for index in range(data.images)]
    return {
        "pred_score": np.array(highest, np.float32),
        "gt_label": np.array(labels, np.uint8),
        "image_path": paths,
    }


def _write_hdf5(data: DataSet, path: Path, predictions: Iterator[Prediction]) -> None:
    shape = (data.images, data.side, data.side)
    pixels: dict[str, Any] = {"shape": shape, "chunks": (1, *shape[1:])}
    if data.storage == "gzip":
        pixels |= {"compression": "gzip", "compression_opts": 4, "shuffle": True}
    highest, labels = [], []
    with h5py.File(path, "w") as file:
        maps = file.create_dataset("anomaly_map", dtype=data.dtype, **pixels)
        masks = file.create_dataset("gt_mask", dtype=np.uint8, **pixels)
        for index, (scores, mask) in enumerate(predictions):
            maps[index], masks[index] = scores, mask
            highest.append(float(scores.max()))
            labels.append(bool(mask.any()))
        for name, column in _columns(data, highest, labels).items():
            file[name] = column


def _write_npz(data: DataSet, path: Path, predictions: Iterator[Prediction]) -> None:
    """A ZIP can only be written one member after the other: masks wait, eight pixels a byte."""
    shape = (data.images, data.side, data.side)
    highest: list[float] = []
    packed: list[NDArray[np.uint8]] = []
    with zipfile.ZipFile(path, "w") as file:
        with _member(file, "anomaly_map", shape, np.dtype(data.dtype)) as append:
            for scores, mask in predictions:
                append(scores.tobytes())
                highest.append(float(scores.max()))
                packed.append(np.packbits(mask))
        with _member(file, "gt_mask", shape, np.dtype(np.uint8)) as append:
            for bits in packed:
                append(np.unpackbits(bits, count=data.side**2).tobytes())
        labels = [bool(bits.any()) for bits in packed]
        for name, column in _columns(data, highest, labels).items():
            array = np.asarray(column)
            with _member(file, name, array.shape, array.dtype) as append:
                append(array.tobytes())


@contextmanager
def _member(
    file: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Iterator[Callable[[bytes], object]]:
    """A new array of a ZIP; yields what appends to it."""
    header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        npy.write_array_header_1_0(member, header)
        yield member.write


def main() -> None:
    """Write the data sets that are not there yet."""
    folder = Path(sys.argv[1])
    for name in sys.argv[2:]:
        data = DataSet.named(name)
        path = data.path(folder)
        if not path.exists():
            print(f"making {data.title}", file=sys.stderr, flush=True)
            write(data, path)


if __name__ == "__main__":
    main()
