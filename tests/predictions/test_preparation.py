"""From stored masks to what is counted: which are gray, and what they mark."""

from pathlib import Path

import numpy as np
import pytest

from anomeval.predictions import inspect_predictions
from anomeval.predictions.preparation import PreparationRules, prepare
from anomeval.predictions.record import Image, ImageEntry

from .conftest import maps, write_hdf5

TWO_LEVELS = [(0, 0), (0, 1), (1, 1), (0, 255), (255, 255)]
GRAY = [(0, 2), (0, 1, 2), (0, 128), (1, 254)]
SOFT = [(0, 0.5), (0, 0.5, 1), (0, 0.25)]
SIGNED = [(0, -1), (-2, -2)]

MASKS = [
    *(("bool", levels, False) for levels in TWO_LEVELS[:3]),
    *(
        (dtype, levels, gray)
        for dtype in ("uint8", "uint16", "int32", "float16", "float32", "float64")
        for gray, several in ((False, TWO_LEVELS), (True, GRAY))
        for levels in several
    ),
    *((dtype, levels, True) for dtype in ("float16", "float64") for levels in (*SOFT, *SIGNED)),
    ("int16", SIGNED[0], True),
    ("int16", SIGNED[1], True),
]


@pytest.mark.parametrize(("dtype", "levels", "gray"), MASKS)
def test_gray_is_any_value_but_the_usual(
    dtype: str, levels: tuple[float, ...], gray: bool, tmp_path: Path
) -> None:
    """Whatever the type; and evaluating and inspecting see the same."""
    mask = np.resize(np.array(levels, dtype), (2, 3))
    image = Image(ImageEntry("a.h5", 0, "a", named=True), maps(1)[0], mask)
    prepared = prepare(image, PreparationRules())
    assert ("gray_mask" in prepared.observations) == gray
    marked = np.zeros((2, 3), np.bool_) if prepared.mask is None else prepared.mask
    assert marked.dtype == np.bool_
    assert marked.tolist() == [[value != 0 for value in row] for row in mask.tolist()]
    write_hdf5(tmp_path / "a.h5", {"anomaly_map": maps(1), "gt_mask": mask[None]})
    findings = inspect_predictions(tmp_path / "a.h5").findings
    assert ("gray_mask" in {finding.code for finding in findings}) == gray
