"""Curves in a file."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.atomic import replacing, write_text
from anomeval.errors import UsageError
from anomeval.reporting.as_csv import Field, csv_text

Arrays = Mapping[str, NDArray[Any]]

COLUMNS = ("category", "level", "curve", "image_path", "threshold", "x", "y")

_AXES = {
    "roc": ("fpr", "tpr"),
    "pr": ("recall", "precision"),
    "pro": ("fpr", "overlap"),
    "spro": ("fpr", "overlap"),
    "pimo": ("fpr", "recall"),
}
"""What x and y of each curve are."""


def write_curves(path: Path, curves: Arrays) -> None:
    """Write curves in the form that the suffix names, whole or not at all.

    .npz has the named arrays of `Evaluation.curves`, .csv a line for each point: of ROC (x is the
    false positive rate, y recall), PR (recall, precision), PRO and sPRO (false positive rate, mean
    overlap) and PIMO (shared false positive rate, recall of the image).

    Raises:
        UsageError: the path ends in something else, or cannot be written.
    """
    if path.suffix not in _FORMS:
        raise UsageError(f"curves are written as {' or '.join(_FORMS)}, got {str(path)!r}")
    _FORMS[path.suffix](path, curves)


def curves_csv(curves: Arrays) -> str:
    """A line for each point, with all digits."""
    return csv_text(COLUMNS, _points(curves))


def _points(curves: Arrays) -> Iterator[list[Field]]:
    for name in curves:
        if not name.endswith("_threshold"):
            continue
        stem = name.removesuffix("_threshold")
        category, _, curve = stem.rpartition("/")
        level, _, kind = curve.partition("_")
        x, y = (curves[f"{stem}_{axis}"] for axis in _AXES[kind])
        images: list[str | None] = [None]
        if kind == "pimo":  # a curve for each image, over one false positive rate
            images = curves[f"{stem}_image_path"].tolist()
        for image, heights in zip(images, np.atleast_2d(y), strict=True):
            for threshold, *point in zip(curves[name], x, heights, strict=True):
                yield [category or None, level, kind, image, *map(float, (threshold, *point))]


def _write_npz(path: Path, curves: Arrays) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **curves)


def _write_csv(path: Path, curves: Arrays) -> None:
    write_text(path, curves_csv(curves))


_FORMS: Mapping[str, Callable[[Path, Arrays], None]] = {".npz": _write_npz, ".csv": _write_csv}
