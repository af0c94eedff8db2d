"""The tree of MVTec LOCO: a folder of PNGs for each image, and a list of what is enough."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import anomeval
from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.reporting.result import Row
from anomeval.workflows.converting import Conversion, convert
from tests.hand_checked.expecting import close
from tests.reference.saturated import auspro, spro
from tests.support import fit_at, run_here

from .samples import SIZE, write_json, write_png

CONFIG = [
    {
        "defect_name": "missing_orange",
        "pixel_value": 255,
        "saturation_threshold": 7,
        "relative_saturation": False,
    },
    {
        "defect_name": "stain",
        "pixel_value": 254,
        "saturation_threshold": 0.29,
        "relative_saturation": True,
    },
    {
        "defect_name": "too_long",
        "pixel_value": 253,
        "saturation_threshold": 1.0,
        "relative_saturation": True,
    },
]
KINDS = ("good", "logical_anomalies", "structural_anomalies")


@dataclass(frozen=True)
class Shot:
    """An image. defects: (H, W) bool each, with its pixel value and the pixels that are enough."""

    path: str
    map: NDArray[np.float32]
    defects: Sequence[tuple[NDArray[np.bool_], int, int]]

    @property
    def mask(self) -> NDArray[np.uint8]:
        bits = [channel.astype(np.uint8) << k for k, (channel, _, _) in enumerate(self.defects)]
        return np.array(sum(bits, np.zeros(SIZE, np.uint8)))

    @property
    def enough(self) -> list[int]:
        return [enough for _, _, enough in self.defects]


def box(top: int, left: int, height: int, width: int) -> NDArray[np.bool_]:
    pixels = np.zeros(SIZE, np.bool_)
    pixels[top : top + height, left : left + width] = True
    return pixels


def shots() -> list[Shot]:
    """Two objects; logical anomalies have two defects that overlap, structural ones one."""
    random = np.random.default_rng(5)
    kinds: dict[str, Any] = {
        "good": [],
        "logical_anomalies": [(box(1, 1, 5, 6), 255, 7), (box(3, 3, 4, 5), 253, 20)],
        "structural_anomalies": [(box(2, 2, 5, 5), 254, 7), (box(8, 7, 2, 2), 255, 4)],
    }
    made = []
    for category in ("breakfast_box", "pushpins"):
        for kind, defects in kinds.items():
            for number in range(3):
                marked = sum((channel for channel, _, _ in defects), np.zeros(SIZE))
                scores = random.normal(size=SIZE) + 0.8 * (marked > 0)
                path = f"{category}/test/{kind}/{number:03}"
                made.append(Shot(path, scores.astype(np.float32), defects))
    return made


def write_maps(root: Path, made: Sequence[Shot]) -> Path:
    for shot in made:
        path = root / f"{shot.path}.tiff"
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, shot.map)
    return root


def write_truth(root: Path, made: Sequence[Shot], config: Any = CONFIG) -> Path:
    """As the data set has it: no masks of good images, but the images themselves."""
    for shot in made:
        write_png(root / f"{shot.path}.png", np.zeros(SIZE, np.uint8))
        folder = root / shot.path.replace("/test/", "/ground_truth/")
        for number, (channel, value, _) in enumerate(shot.defects):
            write_png(folder / f"{number:03}.png", channel.astype(np.uint8) * np.uint8(value))
        write_json(root / shot.path.split("/")[0] / "defects_config.json", config)
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Maps and truth side by side."""
    return write_truth(write_maps(tmp_path / "tree", shots()), shots())


def expected(limit: F, kinds: Sequence[str] = KINDS) -> list[F]:
    """The area of each object, by the reference."""
    values = []
    for name in ("breakfast_box", "pushpins"):
        chosen = [s for s in shots() if s.path.startswith(name) and s.path.split("/")[2] in kinds]
        maps, masks = [s.map.tolist() for s in chosen], [s.mask.tolist() for s in chosen]
        value = auspro(maps, masks, [s.enough for s in chosen], limit)
        assert value is not None
        values.append(value)
    return values


def found(path: Path | Sequence[Path], *metrics: str, **options: Any) -> list[Row]:
    paths = path if isinstance(path, list) else [path]
    return list(anomeval.score(paths, metrics=metrics, confidence=None, **options).result.rows)


def test_the_area_is_that_of_the_definition(tree: Path) -> None:
    """Mean over objects; exactly, at a tight limit and at none."""
    for limit in ("0.05", "1"):
        row, *_ = found(tree, f"auspro@{limit}")
        assert row.value == close(sum(expected(F(limit))) / 2)


def test_each_channel_is_a_defect(tree: Path) -> None:
    """Not each connected region: of 24 defects, those that overlap would be one."""
    (row,) = found(tree, "pixel_spro(threshold=0.75)", pool=True)
    made = shots()
    maps, masks = [s.map.tolist() for s in made], [s.mask.tolist() for s in made]
    value = spro(maps, masks, [s.enough for s in made], 0.75)
    assert row.support["defects"] == 24
    assert value is not None
    assert row.value == close(value)


def test_logical_and_structural_anomalies_have_rows_and_a_mean(tree: Path) -> None:
    """Each against all good images; the published number is the mean of the two."""
    rows = found(tree / "pushpins", "auspro@0.3", by="defect_type")
    by_group = {tuple((row.group or {}).values())[-1:]: row.value for row in rows}
    limit, of_kind = F("0.3"), {}
    for kind in KINDS[1:]:
        of_kind[kind] = expected(limit, ("good", kind))[1]
        assert by_group[(kind,)] == close(of_kind[kind])
    assert by_group[("defect_type",)] == close(sum(of_kind.values()) / 2)


def test_the_preset_computes_on_the_tree(tree: Path) -> None:
    """With intervals: there are resampled saturated curves, too."""
    result = anomeval.score([tree], preset="loco", pool=True, by="defect_type").result
    limits = {row.metric for row in result.rows}
    assert len(limits) == 6
    assert None not in [row.value for row in result.rows]
    whole = [row for row in result.rows if row.group is None]
    assert all(row.confidence for row in whole)


def test_the_truth_may_lie_elsewhere(tmp_path: Path) -> None:
    """Named with --truth, as the whole data set."""
    maps = write_maps(tmp_path / "maps", shots())
    data = write_truth(tmp_path / "data", shots())
    predictions = open_predictions(maps, truth=data)
    assert {"gt_mask", "gt_saturation"} <= predictions.fields
    for image, shot in zip(predictions, shots(), strict=True):
        assert image.gt_mask is not None
        assert np.array_equal(image.gt_mask, shot.mask)
        enough = [] if image.saturation is None else image.saturation.tolist()
        assert enough == shot.enough


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_converting_keeps_channels(tmp_path: Path, tree: Path, suffix: str) -> None:
    """One flat file, whose values and digest are those of the tree; and once more."""
    output = tmp_path / f"out{suffix}"
    assert convert([tree], output).cautions == ()
    again = tmp_path / "again.npz"
    convert([output], again)
    metrics = ["auspro", "auroc", "aupro", "pixel_spro(threshold=0.75)"]
    whole, *others = (
        anomeval.score([path], metrics=metrics, confidence=None).result
        for path in (tree, output, again)
    )
    for other in others:
        assert (other.rows, other.data.digest) == (whole.rows, whole.data.digest)
        assert other.data.ground_truth == whole.data.ground_truth
    if suffix == ".h5":
        with h5py.File(output) as file:
            assert file["gt_mask"].dtype == np.uint8
            assert file["gt_saturation"].shape == (18, 2)


def test_applying_keeps_channels(tmp_path: Path, tree: Path) -> None:
    """What is known of the images is written along."""
    raw, output = tmp_path / "raw.h5", tmp_path / "out.h5"
    convert([tree], raw)
    anomeval.apply([raw], fit_at(1.0), output)
    with h5py.File(raw) as before, h5py.File(output) as after:
        for field in ("gt_mask", "gt_saturation"):
            assert np.array_equal(before[field][()], after[field][()])


def test_inspecting_sees_no_gray_mask(tree: Path) -> None:
    """Bits are no gray values."""
    run = run_here("inspect", tree, "--json", "-")
    codes = {finding["code"] for finding in json.loads(run.stdout)["findings"]}
    assert run.status == 0
    assert "gray_mask" not in codes


def test_files_without_saturations_among_others_have_a_mask_only(tmp_path: Path) -> None:
    """Converted together, the union of defects remains, and the field that is lost is named."""
    tree = write_truth(write_maps(tmp_path / "tree", shots()), shots())
    convert([tree], tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["anomaly_map"] = np.zeros((1, *SIZE), np.float32)
        file["gt_mask"] = np.ones((1, *SIZE), np.uint8)
    converted = convert([tmp_path / "a.h5", tmp_path / "b.h5"], tmp_path / "c.h5")
    assert any("gt_saturation is left out" in c.message for c in converted.cautions)
    with h5py.File(tmp_path / "c.h5") as file:
        assert "gt_saturation" not in file
        assert set(np.unique(file["gt_mask"][()])) == {0, 1}


def test_a_tree_of_two_levels_loses_channels_and_says_so(tmp_path: Path, tree: Path) -> None:
    """The union remains, as 0 and 255."""
    converted = convert([tree], tmp_path / "out", Conversion(layout_to="mvtec"))
    assert "gt_saturation" in converted.cautions[0].message
    rows = [found(path, "aupro", "pixel_auroc") for path in (tree, tmp_path / "out")]
    assert rows[0] == rows[1]


def test_more_defects_than_a_byte_holds(tmp_path: Path) -> None:
    """All masks become wider, those of good images too."""
    many = [(box(k, k, 2, 2), 255, 4) for k in range(9)]
    made = [shot if not shot.defects else Shot(shot.path, shot.map, many) for shot in shots()]
    tree = write_truth(write_maps(tmp_path / "tree", made), made)
    masks = [image.gt_mask for image in open_predictions(tree)]
    assert {mask.dtype for mask in masks if mask is not None} == {np.dtype("uint16")}
    convert([tree], tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["gt_saturation"].shape == (18, 9)
    assert found(tmp_path / "out.h5", "auspro") == found(tree, "auspro")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ([CONFIG[0]], "000.png has pixels of [253], must be one of 255"),
        ({"stain": 1}, "is no list of defects with pixel_value"),
        ([{"pixel_value": 255}], "is no list of defects with pixel_value"),
        ([{**CONFIG[0], "saturation_threshold": -1}], "saturation_threshold -1"),
        ([{**CONFIG[0], "relative_saturation": "yes"}], "relative_saturation yes"),
    ],
)
def test_a_list_of_defects_that_does_not_fit_is_told(
    tmp_path: Path, config: Any, words: str
) -> None:
    """In one message, with the file."""
    made = [Shot(s.path, s.map, s.defects[1:]) for s in shots() if "logical" in s.path]
    tree = write_truth(write_maps(tmp_path / "tree", made), made, config)
    with pytest.raises(InvalidInputError) as caught:
        list(open_predictions(tree))
    assert words in str(caught.value)


def test_a_list_of_defects_with_a_name_that_stands_twice_is_told(tree: Path) -> None:
    """Which of two thresholds holds, nobody can say."""
    config = tree / "pushpins/defects_config.json"
    text = config.read_text("utf-8")
    config.write_text(text.replace('"pixel_value"', '"saturation_threshold": 1, "pixel_value"'))
    with pytest.raises(InvalidInputError, match="has 'saturation_threshold' twice in one object"):
        list(open_predictions(tree))


def test_what_is_no_channel_is_refused(tmp_path: Path, tree: Path) -> None:
    """Two defects in one PNG, a PNG of another size, a folder without any."""
    folder = tree / "pushpins/ground_truth/logical_anomalies"
    both = box(0, 0, 2, 2) * np.uint8(255) + box(3, 3, 2, 2) * np.uint8(253)
    for name, pixels, words in (
        ("000/000.png", both, "has pixels of [253, 255], must be one of 253, 254, 255"),
        ("001/000.png", np.zeros(SIZE, np.uint8), "has pixels of no value but 0"),
        ("002/001.png", np.full((3, 3), 253, np.uint8), "differs in size"),
    ):
        before = (folder / name).read_bytes()
        write_png(folder / name, pixels)
        with pytest.raises(InvalidInputError) as caught:
            list(open_predictions(tree))
        assert words in str(caught.value)
        (folder / name).write_bytes(before)
    for file in (folder / "001").iterdir():
        file.unlink()
    with pytest.raises(InvalidInputError, match=r"has no mask in .*ground_truth/logical.*/001"):
        open_predictions(tree)


def test_a_list_that_is_no_json_is_told(tree: Path) -> None:
    """It is read with the first anomalous image."""
    (tree / "pushpins/defects_config.json").write_text(json.dumps(CONFIG)[:-3], "utf-8")
    with pytest.raises(InvalidInputError, match="JSONDecodeError"):
        open_predictions(tree)
