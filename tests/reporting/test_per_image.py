"""One line per image, as CSV and as JSON Lines."""

import json

import pytest

from anomeval.errors import UsageError
from anomeval.reporting.per_image import per_image_csv, per_image_jsonl, write_per_image
from anomeval.reporting.result import ImageResult

FOUND = ImageResult(
    "b/1.png", "b", "hole", "s1", True, 0.1 + 0.2, True, 0.25, (4, 9, 1), (0.0, 1 / 3, 0.0)
)
BARE = ImageResult("=cmd()", None, None, None, False, None, None, None, (), None)
INFINITE = ImageResult("c.png", None, None, None, True, float("inf"), False, None, (2,), (1.0,))
IMAGES = (FOUND, BARE, INFINITE)


def test_csv():
    assert per_image_csv(IMAGES) == (
        "image_path,category,defect_type,group_id,label,score,decision,aupimo,regions,"
        "regions_missed,region_sizes,region_recalls\n"
        "b/1.png,b,hole,s1,1,0.30000000000000004,1,0.25,3,2,4;9;1,0.0;0.3333333333333333;0.0\n"
        "'=cmd(),,,,0,,,,0,,,\n"
        "c.png,,,,1,inf,0,,1,0,2,1.0\n"
    )


def test_json_lines():
    records = [json.loads(line) for line in per_image_jsonl(IMAGES).splitlines()]
    assert records[0] == {
        "image_path": "b/1.png",
        "category": "b",
        "defect_type": "hole",
        "group_id": "s1",
        "label": 1,
        "score": 0.30000000000000004,
        "decision": 1,
        "aupimo": 0.25,
        "regions": 3,
        "regions_missed": 2,
        "region_sizes": [4, 9, 1],
        "region_recalls": [0.0, 0.3333333333333333, 0.0],
    }
    assert records[1]["image_path"] == "=cmd()"
    assert {name for name, value in records[1].items() if value is None} == {
        *("category", "defect_type", "group_id", "score", "decision", "aupimo"),
        *("regions_missed", "region_recalls"),
    }
    assert records[2]["score"] == "inf"


def test_names_keep_to_their_line():
    name = "two\nlines\x1b[31m\u2028\udcff"
    image = ImageResult(name, None, None, None, False, 0.0, None, None, (), None)
    assert per_image_csv([image]).count("\n") == 2
    assert "\x1b" not in per_image_csv([image])
    text = per_image_jsonl([image])
    assert len(text.splitlines()) == 1
    assert json.loads(text)["image_path"] == name


@pytest.mark.parametrize(("name", "form"), [("a.csv", per_image_csv), ("a.JSONL", per_image_jsonl)])
def test_the_suffix_says_which(tmp_path, name, form):
    write_per_image(tmp_path / name, IMAGES)
    assert (tmp_path / name).read_text(encoding="utf-8") == form(IMAGES)


@pytest.mark.parametrize("name", ["a.json", "a"])
def test_other_suffixes_are_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(UsageError, match=r"written as \.csv or \.jsonl, not "):
        write_per_image(tmp_path / name, IMAGES)
    assert not list(tmp_path.iterdir())
