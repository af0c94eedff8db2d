"""FIT.json: exact, strict, and checked against itself."""

import json
import re
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given

from anomeval.errors import InvalidInputError, UsageError
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.reporting.documents import load_schema
from anomeval.reporting.fit_file import fit_from_json, fit_to_json, read_fit, write_fit
from tests.reporting.strategies import fits

LEVEL = FittedLevel(Scale(0.8, 0.1, 0.9, 0.8), "f1", 2, 3)
SOURCE = Source(("val.h5",), "sha256:00", 5, frozenset({"b", "a"}), frozenset({"d", "c"}))
FIT = Fit(OneClassPostProcessor(LEVEL, None), SOURCE, {}, (("code", "message"),))


def refused(text):
    with pytest.raises(InvalidInputError) as caught:
        fit_from_json(text, "f.json")
    return str(caught.value)


def edited(**changes):
    """FIT with fields of its image level changed."""
    document = json.loads(fit_to_json(FIT))
    document["image"].update(changes)
    return json.dumps(document)


@given(fits)
def test_what_is_written_reads_back_equal(original):
    text = fit_to_json(original)
    again = fit_from_json(text, "f.json")
    assert again == original
    assert again.digest == original.digest
    assert fit_to_json(again) == text


def test_the_form_is_that_of_the_contract():
    text = fit_to_json(FIT)
    assert re.sub(r'"anomeval_version": "[^"]*"', '"anomeval_version": "V"', text) == (
        """\
{
  "schema": "anomeval.fit/1",
  "anomeval_version": "V",
  "image": {
    "threshold": 0.8,
    "cut": 0.56,
    "min": 0.1,
    "max": 0.9,
    "rule": "f1",
    "sensitivity": 0.8,
    "normal_count": 2,
    "anomalous_count": 3
  },
  "pixel": null,
  "source": {
    "files": [
      "val.h5"
    ],
    "digest": "sha256:00",
    "images": 5,
    "image_path_digests": [
      "a",
      "b"
    ],
    "map_digests": [
      "c",
      "d"
    ]
  },
  "cautions": [
    {
      "code": "code",
      "message": "message"
    }
  ]
}
"""
    )


def test_categories_are_written_where_there_are_several():
    several = replace(FIT, categories={"b": FIT.shared, "a": FIT.shared})
    assert list(json.loads(fit_to_json(several))["categories"]) == ["a", "b"]
    assert fit_from_json(fit_to_json(several), "f.json") == several


def test_rules_of_others_are_named_with_their_origin():
    with_plugin = replace(FIT, plugins={"spare": "mine.py", "robust": "some-plugin 1.2"})
    written = json.loads(fit_to_json(with_plugin))
    assert list(written["plugins"].items()) == [
        ("robust", "some-plugin 1.2"),
        ("spare", "mine.py"),
    ]
    assert "plugins" not in json.loads(fit_to_json(FIT))
    assert with_plugin.digest == FIT.digest, "what was fitted is the same"


def test_infinite_scores_are_texts_and_come_back_as_numbers():
    level = FittedLevel(Scale(inf, -inf, inf), "max", 2, 3)
    infinite = replace(FIT, shared=OneClassPostProcessor(level, None))
    assert json.loads(fit_to_json(infinite))["image"]["cut"] == "inf"
    assert fit_from_json(fit_to_json(infinite), "f.json") == infinite


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"threshold": 0.7},
            "f.json, image.cut: is 0.56, but threshold, sensitivity, min and max give "
            "0.45999999999999996 — fit anew instead of editing, or set both",
        ),
        ({"cut": 0.5}, "f.json, image.cut: is 0.5, but"),
        ({"min": 2.0}, "f.json, image.min: is 2.0, above max, which is 0.9"),
        ({"sensitivity": 1.1}, "f.json, image.sensitivity: 1.1 is greater than the maximum of 1"),
        ({"threshold": "high"}, "f.json, image.threshold: 'high' is not one of ['inf', '-inf']"),
        ({"threshold": None}, "f.json, image.threshold: None is not of type"),
        ({"rule": 1}, "f.json, image.rule: 1 is not of type 'string'"),
        ({"normal_count": -1}, "f.json, image.normal_count: -1 is less than"),
        ({"mean": 0.5}, "f.json, image: Additional properties are not allowed ('mean'"),
    ],
)
def test_an_edited_field_is_named(changes, message):
    assert message in refused(edited(**changes))


def test_a_contradiction_in_a_category_is_named():
    several = replace(FIT, categories={"nut": FIT.shared})
    document = json.loads(fit_to_json(several))
    document["categories"]["nut"]["image"]["max"] = 1.9
    assert "f.json, categories.nut.image.cut: is 0.56" in refused(json.dumps(document))


def test_a_missing_field_is_named():
    document = json.loads(fit_to_json(FIT))
    del document["source"], document["image"]["cut"]
    shown = refused(json.dumps(document))
    assert "f.json: 'source' is a required property" in shown
    assert "f.json, image: 'cut' is a required property" in shown


def test_a_result_is_no_fit():
    assert "this is another kind of file" in refused('{"schema": "anomeval.result/1"}')


def test_the_schema_is_valid_and_accepts_what_is_written():
    from jsonschema import Draft202012Validator

    schema = load_schema("anomeval.fit/1")
    Draft202012Validator.check_schema(schema)
    several = replace(FIT, categories={"nut": FIT.shared})
    with_plugin = replace(FIT, plugins={"robust": "some-plugin 1.2"})
    for fit in (FIT, several, with_plugin):
        Draft202012Validator(schema).validate(json.loads(fit_to_json(fit)))


def test_a_file_is_written_and_read_by_its_path(tmp_path):
    path = tmp_path / "f.json"
    write_fit(path, FIT)
    assert path.read_text("utf-8") == fit_to_json(FIT)
    assert read_fit(path) == FIT
    with pytest.raises(UsageError, match="no_folder"):
        write_fit(tmp_path / "no_folder" / "f.json", FIT)
    with pytest.raises(InvalidInputError, match=r"none\.json: No such file"):
        read_fit(tmp_path / "none.json")
