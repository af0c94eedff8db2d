"""Trees of MVTec LOCO with random channels have the value that the procedure gives on them."""

from math import nextafter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

import anomeval
from tests.hand_checked.expecting import close
from tests.reference import loco
from tests.reference.loco import Entry, Shown

from .samples import write_json, write_png

HIGHEST = 6
FIRST_VALUE = 250  # of the pixels of the first kind of defect


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Pixels, more of them than there are at times, or a share that may round down to nothing."""
    relative = draw(st.booleans())
    share = st.sampled_from([0.01, 0.25, 0.29, 1 / 3, 0.5, 0.75, 1.0])
    return Entry(draw(share if relative else st.integers(1, 9)), relative)


@st.composite
def shown(draw: st.DrawFn, known: list[Entry]) -> Shown:
    """An image of few pixels with up to three defects, which overlap as they please."""
    height, width = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))

    def rows(cells: st.SearchStrategy[int]) -> list[list[int]]:
        row = st.lists(cells, min_size=width, max_size=width)
        return draw(st.lists(row, min_size=height, max_size=height))

    defects = []
    for _ in range(draw(st.integers(0, 3))):
        channel = rows(st.integers(0, 1))
        channel[draw(st.integers(0, height - 1))][draw(st.integers(0, width - 1))] = 1
        defects.append((channel, draw(st.sampled_from(known))))
    return Shown(rows(st.integers(0, HIGHEST)), defects)


data_sets = st.lists(entries(), min_size=1, max_size=3, unique=True).flatmap(
    lambda known: st.tuples(st.just(known), st.lists(shown(known), min_size=1, max_size=4))
)


def write_tree(root: Path, known: list[Entry], images: list[Shown]) -> Path:
    """Maps and truth of one object, as the data set lays them out."""
    config = [
        {
            "defect_name": f"defect {number}",
            "pixel_value": FIRST_VALUE + number,
            "saturation_threshold": entry.threshold,
            "relative_saturation": entry.relative,
        }
        for number, entry in enumerate(known)
    ]
    for number, image in enumerate(images):
        kind = "logical_anomalies" if image.defects else "good"
        path = root / "object" / "test" / kind / f"{number:03}.tiff"
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, np.array(image.map, np.float32))
        write_png(path.with_suffix(".png"), np.zeros(np.shape(image.map), np.uint8))
        for channel, (pixels, entry) in enumerate(image.defects):
            value = FIRST_VALUE + known.index(entry)
            folder = root / "object" / "ground_truth" / kind / path.stem
            write_png(folder / f"{channel:03}.png", np.array(pixels, np.uint8) * np.uint8(value))
    write_json(root / "object" / "defects_config.json", config)
    return root


def value_of(tree: Path, metric: str) -> float | None:
    (row,) = anomeval.score([tree], metrics=[metric], confidence=None).result.rows
    return row.value


@settings(max_examples=40)
@given(data_sets, st.sampled_from([0.01, 0.05, 0.3, 1.0]), st.integers(0, HIGHEST))
def test_area_and_overlap_are_those_of_the_procedure(
    data_set: tuple[list[Entry], list[Shown]], limit: float, cut: int
) -> None:
    """Relative and absolute saturations, areas of a pixel, defects that nothing finds, and ties."""
    known, images = data_set
    if not any(image.defects for image in images):
        images = [*images, Shown([[HIGHEST, 0]], [([[1, 0]], known[0])])]
    with TemporaryDirectory() as folder:
        tree = write_tree(Path(folder), known, images)
        area = value_of(tree, f"auspro@{limit}")
        overlap = value_of(tree, f"pixel_spro(threshold={cut})")
    expected = loco.auspro(images, limit)
    assert area is None if expected is None else area == close(expected)
    assert overlap == close(loco.spro(images, nextafter(cut, -1)))
