"""Results to judge: made by hand for single questions, and by real models for whole commands."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import anomeval
from anomeval.reporting.result import DataSummary, ImageRecord, RegionRecord, Result, Row
from anomeval.uncertainty.replicates import Replicates
from tests.support import Picture, fit_at, write_h5

SETTINGS = {"fit": "sha256:ab", "by": None, "pool": False, "resize": None, "core": "native"}
DATA = DataSummary(
    ("test.h5",), "sha256:00", 4, 2, 2, 256, 12, 3, identities="sha256:11", ground_truth="sha256:22"
)
IMAGES = (
    ImageRecord("a.png", "nut", "good", False, "m0", 0.1, False),
    ImageRecord("b.png", "nut", "good", False, "m0", 0.2, False),
    ImageRecord(
        "c.png", "nut", "crack", True, "m1", 0.9, True, (RegionRecord(4, 1.0), RegionRecord(9, 0.5))
    ),
    ImageRecord("d.png", "nut", "bend", True, "m2", 0.8, True, (RegionRecord(2, 0.5),)),
)


def row(metric="image_auroc", value=0.9, group=None, *, error=None, seed=0, **extra):
    """A value; with an error also replicates, that scatter so far around it."""
    packed = None
    if error is not None and value is not None:
        shared = np.random.default_rng(99).normal(size=500)
        own = np.random.default_rng(seed).normal(size=500)
        noise = (own - own.mean()) / own.std() * error
        packed = Replicates.of(value + 0.02 * shared + noise, "anomeval.draws/1", "u", 20, 20)
    reason = "no anomalous images" if value is None else None
    return Row(metric, group, value, reason, extra=extra, replicates=packed)


def result(*rows, images=IMAGES, settings=None, data=None, **changes):
    """A result with these rows."""
    merged = SETTINGS | (settings or {})
    return Result("0.1.0", merged, data or DATA, tuple(rows), (), images=tuple(images), **changes)


def by_category(values, metric="image_auroc", *, error=None, seed=0):
    """The rows of several categories."""
    return [
        row(metric, value, {"category": name}, error=error, seed=seed + number)
        for number, (name, value) in enumerate(values.items())
    ]


def changed_image(path, **fields):
    """The images, one of which is not as it was."""
    return tuple(replace(i, **fields) if i.image_path == path else i for i in IMAGES)


def pictures(seed: int, loss: float = 0.0) -> list[Picture]:
    """What a model makes of 40 images of two categories; `loss` is what it misses of each fourth.

    What is true of the images, and how hard they are, is the same for every seed.
    """
    images, model = np.random.default_rng(0), np.random.default_rng(seed)
    return [
        _picture(images, model, category, number, loss)
        for category in ("nut", "pill")
        for number in range(20)
    ]


def _picture(images, model, category, number, loss):
    anomalous = number % 2
    mask = np.zeros((8, 8), int)
    if anomalous:
        mask[1:3, 1:4] = 1
        mask[5:7, 5:7] = 1
    missing = loss if number % 4 == 1 else 0.0
    score = images.normal() + 0.2 * model.normal() + anomalous * (1.5 - missing)
    noise = 0.5 * images.normal(size=(8, 8)) + 0.1 * model.normal(size=(8, 8))
    kind = "bend" if anomalous else "good"
    return Picture(
        score=score,
        label=anomalous,
        map=(noise + 1.5 * mask * (1 - missing)).tolist(),
        mask=mask.tolist(),
        path=f"{category}/{kind}/{number:03}.png",
        category=category,
        defect_type=kind,
    )


def scored(path: Path, images: Sequence[Picture], **options) -> Result:
    """The result of a file of images."""
    write_h5(path, images)
    usual = {"fit": fit_at(1.0, 1.0), "by": "category"}
    return anomeval.score([path], **(usual | options)).result
