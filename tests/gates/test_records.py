"""What a result keeps of each image."""

import json
import random
from math import inf
from zlib import compress

import numpy as np
import pytest

from anomeval.reporting.as_json import result_from_json, result_to_json
from anomeval.reporting.image_records import rounded_recall
from anomeval.reporting.result import Adoption, ImageRecord, RegionRecord
from tests.gates.samples import IMAGES, pictures, result, row, scored


@pytest.mark.parametrize(
    ("recall", "kept"),
    [(0.0, 0.0), (1.0, 1.0), (1e-9, 0.001), (0.99999, 0.999), (0.1234, 0.123), (2 / 3, 0.667)],
)
def test_a_region_of_which_anything_is_found_or_missed_keeps_showing_it(recall, kept):
    assert rounded_recall(recall) == kept


def test_records_come_back():
    strange = ImageRecord("\udcff\n", None, None, True, None, -inf, None, (RegionRecord(5),))
    large = ImageRecord("z", "", "", False, "m", 1.5e300, True)
    viewed = ImageRecord("y", "nut", "good", False, "m", 1 / 3, True, (), "S1")
    original = result(row(), images=[*IMAGES, strange, large, viewed])
    text = result_to_json(original)
    assert result_from_json(text, "r.json") == original
    assert result_to_json(result_from_json(text, "r.json")) == text


def test_an_image_is_a_line():
    text = result_to_json(result(row(), images=IMAGES[2:3]))
    line = '    ["c.png","nut","crack",1,"m1",0.9,1,[[4,1],[9,0.5]]]\n'
    assert text.endswith(f'  "images": [\n{line}  ]\n}}\n')


def test_how_a_result_became_a_baseline_comes_back():
    original = result(row(), adopted=Adoption("sha256:aa", None, "2026-01-31"))
    text = result_to_json(original)
    assert result_from_json(text, "r.json") == original
    assert json.loads(text)["baseline"] == {
        "digest": "sha256:aa",
        "commit": None,
        "date": "2026-01-31",
    }


def test_real_images_are_recorded(tmp_path):
    found = scored(tmp_path / "test.h5", pictures(1), metrics=["image_auroc"])
    assert [image.image_path for image in found.images] == sorted(p.path for p in pictures(1))
    anomalous = [image for image in found.images if image.anomalous]
    assert len(anomalous) == 20
    assert all([region.size for region in image.regions] == [6, 4] for image in anomalous)
    assert len({image.mask for image in found.images}) == 2
    for image in found.images:
        assert image.decision == (image.score >= 1.0)


def test_without_a_fit_there_are_sizes_but_no_decisions(tmp_path):
    found = scored(tmp_path / "test.h5", pictures(1), metrics=["image_auroc"], fit=None)
    assert {image.decision for image in found.images} == {None}
    assert {r.recall for image in found.images for r in image.regions} == {None}


def test_a_benchmark_fits_into_git():
    """1725 images, as many as MVTec AD has to test, take 200 kB, and 57 kB compressed."""
    draw = random.Random(0)
    records = [_record(draw, number) for number in range(1725)]
    text = result_to_json(result(images=sorted(records, key=lambda record: record.image_path)))
    assert len(text) < 210_000
    assert len(compress(text.encode())) < 60_000


def _record(draw, number):
    category = draw.choice(["bottle", "metal_nut", "toothbrush", "transistor"])
    defect = draw.choice(["good", "broken_large", "contamination"])
    regions = [
        RegionRecord(draw.randrange(9, 9999), rounded_recall(draw.random()))
        for _ in range(draw.choice([1, 1, 2, 3]) if defect != "good" else 0)
    ]
    return ImageRecord(
        f"{category}/test/{defect}/{number:04}.png",
        category,
        defect,
        defect != "good",
        f"{draw.getrandbits(32):08x}",
        float(np.float32(draw.random())),
        draw.random() < 0.5,
        tuple(regions),
    )


@pytest.mark.parametrize("by", [None, "category", "defect_type"])
def test_categories_are_kept_behind_means_that_alone_are_shown(tmp_path, by):
    """They are what `--by category` shows, and they come back."""
    shown = scored(tmp_path / "a.h5", pictures(1), metrics=["image_auroc", "aupro"])
    found = scored(tmp_path / "b.h5", pictures(1), metrics=["image_auroc", "aupro"], by=by)
    assert not shown.parts
    categories = [row for row in shown.rows if row.group]
    assert len(categories) == 4
    assert list(found.parts) == (categories if by != "category" else [])
    text = result_to_json(found)
    assert list(result_from_json(text, "r.json").parts) == list(found.parts)
    assert result_to_json(result_from_json(text, "r.json")) == text
    pooled = scored(tmp_path / "c.h5", pictures(1), metrics=["image_auroc"], by=None, pool=True)
    assert not pooled.parts
