"""A cluster of two processes on this machine, and files that are worth distributing."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import anomeval

IMAGES = 8
FILES = 6


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A `distributed.LocalCluster` whose workers are processes with a nanny each."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    ) as local:
        yield local


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    """A client, once both workers are there."""
    with cluster.get_client() as connected:
        connected.wait_for_workers(2)
        yield connected


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Prediction files of different types, with names, categories and defect types."""
    folder = tmp_path_factory.mktemp("shards")
    types = ["float32", "float16", "uint8"] * (FILES // 3)
    return [write(folder / f"shard{n}.h5", dtype, n) for n, dtype in enumerate(types)]


def write(path: Path, dtype: str, seed: int, *, names: bool = True, spoiled: int = -1) -> Path:
    """A file of random images; one of them spoiled by a NaN, where that is asked for."""
    random = np.random.default_rng(seed)
    maps = (random.random((IMAGES, 32, 32)) / 16 + 1) * (200 if dtype == "uint8" else 1)
    masks = np.zeros(maps.shape, np.uint8)
    masks[::2, 4:9, 5:20] = masks[::4, 20:22, 1:3] = 1
    columns: dict[str, Any] = {
        "category": ["cable" if seed % 2 else "bottle"] * IMAGES,
        "defect_type": ["bent" if index % 4 else "cut" for index in range(IMAGES)],
    }
    if names:
        columns["image_path"] = [f"{path.stem}/{index}.png" for index in range(IMAGES)]
    with anomeval.Writer(path) as writer:
        writer.add(anomaly_map=maps.astype(dtype), gt_mask=masks, **columns)
    if spoiled >= 0:  # the writer would refuse it
        with h5py.File(path, "r+") as file:
            file["anomaly_map"][spoiled, 3, 4] = np.nan
    return path
