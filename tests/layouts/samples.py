"""A small data set in every layout, and what the package makes of it.

Layouts are written by the libraries that people use, not by our own writers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as Pillow

from anomeval.metrics.selection import DataSupport, select_metrics
from anomeval.predictions import PredictionSet, open_predictions
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.result import Row
from anomeval.workflows.collecting import collect
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.options import Options, Splitting

SIZE = (12, 10)


@dataclass(frozen=True)
class Sample:
    """One image of the data set."""

    category: str
    defect: str
    stem: str
    map: NDArray[Any]
    mask: NDArray[np.uint8]

    @property
    def path(self) -> str:
        return f"{self.category}/test/{self.defect}/{self.stem}"


def samples(dtype: str = "float32") -> list[Sample]:
    """Two objects with good and defective images, whose scores overlap."""
    random = np.random.default_rng(7)
    made = []
    for category in ("bottle", "cable"):
        for defect in ("bent", "good", "large_hole"):
            for number in range(3):
                mask = np.zeros(SIZE, np.uint8)
                if defect != "good":
                    mask[2 + number : 6 + number, 3:7] = 255
                scores = (random.normal(size=SIZE) + mask / 255).astype(dtype)
                made.append(Sample(category, defect, f"{number:03}", scores, mask))
    return made


def write_native(
    path: Path,
    made: Sequence[Sample],
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
) -> Path:
    """The same in HDF5, under the identities that a layout gives."""
    with h5py.File(path, "w") as file:
        file["anomaly_map"] = np.stack([sample.map for sample in made])
        file["gt_mask"] = np.stack([sample.mask for sample in made])
        file["gt_label"] = np.array([sample.defect != "good" for sample in made])
        text = h5py.string_dtype()
        identities = names or [sample.path for sample in made]
        file.create_dataset("image_path", data=list(identities), dtype=text)
        file.create_dataset("category", data=[sample.category for sample in made], dtype=text)
        file.create_dataset("defect_type", data=[sample.defect for sample in made], dtype=text)
        if groups:
            file.create_dataset("group_id", data=list(groups), dtype=text)
    return path


def write_tree(root: Path, made: Sequence[Sample], suffix: str = ".tiff") -> Path:
    """Maps as MVTec AD has them."""
    for sample in made:
        path = (root / sample.path).with_suffix(suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, sample.map)
    return root


def write_masks(root: Path, made: Sequence[Sample], form: str = "{}_mask.png") -> Path:
    """Ground truth as MVTec AD has it: no masks of good images."""
    for sample in made:
        if sample.defect != "good":
            name = form.format(sample.stem)
            write_png(root / sample.category / "ground_truth" / sample.defect / name, sample.mask)
    return root


def write_images(root: Path, made: Sequence[Sample], size: tuple[int, int] = SIZE) -> Path:
    """The images themselves, all black."""
    for sample in made:
        write_png(root / f"{sample.path}.png", np.zeros(size, np.uint8))
    return root


def write_png(path: Path, array: NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(array).save(path)
    return path


def write_json(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), "utf-8")
    return path


def rows_of(predictions: PredictionSet, rules: PreparationRules | None = None) -> list[Row]:
    """The values of every metric that the data supports, by category."""
    splitting, rules = Splitting(("category",)), rules or PreparationRules()
    metrics, _ = select_metrics((), None, DataSupport(["image", "pixel"], {}, False))
    collection = collect(predictions, rules, splitting)
    return list(Evaluation(collection, metrics, None, Options(splitting, rules), ()).result.rows)


def native_rows(folder: Path, made: Sequence[Sample], rules: PreparationRules | None = None) -> Any:
    """The values of the same data set as a native file."""
    return rows_of(open_predictions(write_native(folder / "native.h5", made)), rules)
