"""Results as JSON: exact, strict, checked on the way back."""

import json
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given

from anomeval.errors import InvalidInputError, UsageError
from anomeval.reporting.as_json import read_result, result_from_json, result_to_json, write_result
from anomeval.reporting.documents import load_schema
from tests.reporting.samples import LEAK, grouped, result, row, whole
from tests.reporting.strategies import results


def refused(text, where="r.json"):
    with pytest.raises(InvalidInputError) as caught:
        result_from_json(text, where)
    return str(caught.value)


def edited(*path, value):
    """A sound result with one field changed."""
    document = json.loads(result_to_json(grouped(["brick"], interval=True, cautions=[LEAK])))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document)


@given(results)
def test_what_is_written_reads_back_equal(original):
    text = result_to_json(original)
    again = result_from_json(text, "r.json")
    assert again == original
    assert result_to_json(again) == text


def test_the_form_is_that_of_the_contract():
    rows = [row("image_f1max", 0.1 + 0.2, {"category": "brick"}, interval=True)]
    assert result_to_json(result(rows, cautions=[LEAK], fit="sha256:ab")) == (
        """\
{
  "schema": "anomeval.result/1",
  "anomeval_version": "0.1.0",
  "settings": {
    "fit": "sha256:ab"
  },
  "data": {
    "files": [
      "test.h5"
    ],
    "digest": "sha256:00ff",
    "identities": "",
    "ground_truth": "",
    "images": 12,
    "normal_images": 5,
    "anomalous_images": 7,
    "pixels": 49152,
    "anomalous_pixels": 313,
    "regions": 9
  },
  "metrics": [
    {
      "name": "image_f1max",
      "group": {
        "category": "brick"
      },
      "value": 0.30000000000000004,
      "reason": null,
      "confidence": {
        "level": 0.95,
        "low": 0.27,
        "high": 0.32000000000000006
      },
      "confidence_reason": null,
      "support": {},
      "extra": {
        "threshold": 1.5388911962509155
      },
      "replicates": null
    }
  ],
  "cautions": [
    {
      "code": "overlap",
      "message": "3 of 12 images were seen by the fit (--allow-overlap): metrics at the fitted threshold are optimistic"
    }
  ],
  "images": []
}
"""  # noqa: E501
    )


def test_infinite_extras_are_texts_and_come_back_as_numbers():
    original = result([row("pixel_pro(threshold=fit)", 1.0, cut=-inf, other=inf)])
    text = result_to_json(original)
    assert json.loads(text)["metrics"][0]["extra"] == {"cut": "-inf", "other": "inf"}
    assert result_from_json(text, "r.json") == original


def test_numbers_of_numpy_are_written_as_numbers():
    shown = json.loads(result_to_json(result([row("image_ap", np.float64(0.1), at=np.float64(2))])))
    assert shown["metrics"][0]["value"] == 0.1
    assert shown["metrics"][0]["extra"] == {"at": 2.0}


def test_a_nan_is_never_written():
    with pytest.raises(ValueError, match="nan"):
        result_to_json(result([row("image_ap", nan)]))


def test_lone_surrogates_survive():
    original = result([], files=("caf\udce9.h5",))
    text = result_to_json(original)
    assert text.encode()
    assert result_from_json(text, "r.json") == original


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.json: is not valid JSON: Expecting value: line 1 column 1"),
        ("{", "r.json: is not valid JSON"),
        ("[" * 100_000, "r.json: is not valid JSON"),
        ('{"schema": NaN}', "r.json: is not valid JSON: NaN is not a JSON number"),
        ('{"schema": 1e999}', "r.json: is not valid JSON: 1e999 is out of range"),
        (f'{{"schema": {"9" * 400}}}', "is out of range"),
        ("[]", "r.json: is not a file of schema 'anomeval.result/1'"),
        ("{}", "r.json: is not a file of schema 'anomeval.result/1'"),
        (
            '{"schema": "anomeval.result/2"}',
            "r.json, schema: is 'anomeval.result/2', expected 'anomeval.result/1' "
            "— use a newer anomeval",
        ),
        ('{"schema": "anomeval.fit/1"}', "— this is another kind of file"),
        ('{"schema": null}', "r.json, schema: is None, expected"),
    ],
)
def test_what_is_no_result_is_refused(text, message):
    assert message in refused(text)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("data", "images"), -1, "r.json, data.images: -1 is less than the minimum of 0"),
        (("data", "images"), 1.5, "r.json, data.images: 1.5 is not of type 'integer'"),
        (("metrics", 8, "value"), "0.5", "r.json, metrics[8].value: '0.5' is not of type"),
        (("metrics", 8, "value"), None, "r.json, metrics[8].reason: None is not of type 'string'"),
        (("metrics", 8, "reason"), "because", "r.json, metrics[8].reason: None was expected"),
        (("metrics", 0, "confidence", "level"), 95, "metrics[0].confidence.level: 95 is greater"),
        (("metrics", 0, "extra", "at"), True, "metrics[0].extra.at: True is not of type"),
        (("metrics", 0, "extra", "at"), [], "metrics[0].extra.at: [] is not of type"),
        (("metrics", 0, "note"), "x", "metrics[0]: Additional properties are not allowed ('note'"),
        (("metrics",), {}, "r.json, metrics: {} is not of type 'array'"),
        (("cautions", 0), {"code": "x"}, "cautions[0]: 'message' is a required property"),
        (("more",), 1, "r.json: Additional properties are not allowed ('more'"),
        (("settings",), ["x"] * 1000, "r.json, settings: ['x', 'x',"),
    ],
)
def test_a_broken_field_is_named(path, value, message):
    shown = refused(edited(*path, value=value))
    assert message in shown
    assert len(shown) < 300


def test_every_broken_field_is_told_at_once():
    text = edited("data", "images", value=-1).replace('"digest": "sha256:00ff"', '"digest": 3')
    assert refused(text).startswith("2 problems\n  r.json, data.digest: 3")


def test_whole_numbers_written_by_hand_are_numbers():
    text = edited("metrics", 8, "value", value=1).replace('"images": 12', '"images": 12.0')
    again = result_from_json(text, "r.json")
    assert isinstance(again.rows[8].value, float)
    assert isinstance(again.data.images, int)


def test_the_schema_is_valid_and_accepts_what_is_written():
    from jsonschema import Draft202012Validator

    schema = load_schema("anomeval.result/1")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for original in (whole(), grouped(["brick"], interval=True, cautions=[LEAK]), result([])):
        validator.validate(json.loads(result_to_json(original)))


def test_a_file_is_written_and_read_by_its_path(tmp_path):
    path = tmp_path / "r.json"
    write_result(path, whole())
    assert path.read_text("utf-8") == result_to_json(whole())
    assert read_result(path) == whole()
    with pytest.raises(UsageError, match="no_folder"):
        write_result(tmp_path / "no_folder" / "r.json", whole())


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_file_that_cannot_be_read_is_named(tmp_path, make):
    path = tmp_path / "r.json"
    make(path)
    with pytest.raises(InvalidInputError, match=r"r\.json: "):
        read_result(path)


def test_a_binary_file_is_named(tmp_path):
    path = tmp_path / "r.json"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(InvalidInputError, match=r"r\.json: is not a text file"):
        read_result(path)


def test_lists_and_tuples_are_written_alike():
    original = whole()
    assert result_to_json(replace(original, rows=list(original.rows))) == result_to_json(original)
