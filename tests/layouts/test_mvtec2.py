"""The public test split of MVTec AD 2."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions

from .samples import SIZE, Sample, native_rows, rows_of, write_native, write_png

CONDITIONS = ("mixed", "regular")


def samples() -> list[Sample]:
    """Two objects; each bad and good image under two conditions."""
    random = np.random.default_rng(3)
    made = []
    for category in ("can", "vial"):
        for defect in ("bad", "good"):
            for number in range(2):
                mask = np.zeros(SIZE, np.uint8)
                mask[3:6, 2 + number : 7] = 255 * (defect == "bad")
                for condition in CONDITIONS:
                    scores = (random.normal(size=SIZE) + mask / 255).astype(np.float16)
                    stem = f"{number:03}_{condition}"
                    made.append(Sample(category, defect, stem, scores, mask))
    return made


def split_path(sample: Sample) -> str:
    return f"{sample.category}/test_public/{sample.defect}/{sample.stem}"


def write_maps(root: Path, made: list[Sample]) -> Path:
    for sample in made:
        path = root / f"{split_path(sample)}.tiff"
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, sample.map)
    return root


def write_truth(root: Path, made: list[Sample], *, shared: bool) -> Path:
    """One mask for each image, or one for all conditions."""
    for sample in made:
        if sample.defect == "bad":
            stem = sample.stem.partition("_")[0] if shared else sample.stem
            folder = root / sample.category / "test_public/ground_truth/bad"
            write_png(folder / f"{stem}_mask.png", sample.mask)
    return root


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_a_tree_is_worth_its_native_file(tmp_path: Path, shared: bool, beside: bool) -> None:
    """Every metric is equal to the last bit."""
    made = samples()
    maps = write_maps(tmp_path / "maps", made)
    truth = write_truth(maps if beside else tmp_path / "data", made, shared=shared)
    predictions = open_predictions(maps, truth=None if beside else truth)
    names = [split_path(sample) for sample in made]
    groups = [name.rpartition("_")[0] for name in names]
    native = open_predictions(write_native(tmp_path / "native.h5", made, names, groups))
    assert rows_of(predictions) == rows_of(native)
    assert [e.identity for e in predictions.entries] == [e.identity for e in native.entries]


def test_conditions_are_kept(tmp_path: Path) -> None:
    """As the defect type of bad images, and as images of one sample."""
    maps = write_maps(tmp_path / "maps", samples())
    entries = open_predictions(maps).entries
    assert {entry.defect_type for entry in entries} == {"bad/mixed", "bad/regular", "good"}
    groups = {entry.group_id for entry in entries if entry.category == "can"}
    assert groups == {
        f"can/test_public/{kind}/00{number}" for kind in ("bad", "good") for number in (0, 1)
    }


def test_a_missing_mask_is_told(tmp_path: Path) -> None:
    """With the place where it was looked for."""
    made = samples()
    write_truth(write_maps(tmp_path / "maps", made), made[2:], shared=False)
    with pytest.raises(InvalidInputError, match=r"bad/000_mixed_mask\.png was looked for"):
        open_predictions(tmp_path / "maps")


def test_native_rows_are_those_of_the_helper(tmp_path: Path) -> None:
    """The values do not depend on what images are called."""
    made = samples()
    write_truth(write_maps(tmp_path / "maps", made), made, shared=False)
    rows = [row.value for row in rows_of(open_predictions(tmp_path / "maps"))]
    assert rows == [row.value for row in native_rows(tmp_path, made)]
