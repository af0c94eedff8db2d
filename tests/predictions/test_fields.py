"""Which array plays which role."""

import numpy as np
import pytest

from anomeval.errors import InvalidInputError, UsageError
from anomeval.predictions import FIELDS, open_predictions
from anomeval.predictions.fields import ALIASES

from .conftest import Make, both_formats, flat, maps

EVERY_ALIAS = [(field, alias) for field in FIELDS for alias in ALIASES[field]]


@pytest.mark.parametrize(("field", "alias"), EVERY_ALIAS, ids=str)
def test_every_alias_is_read(make: Make, field: str, alias: str) -> None:
    """A file that calls a field by any known name is read like one with the canonical name."""
    canonical = flat()
    stored = {alias if name == field else name: value for name, value in canonical.items()}
    expected = open_predictions(make("canonical/f.h5", canonical))
    seen = open_predictions(make("alias/f.h5", stored))
    assert seen.files[0].fields[field] == alias
    assert seen.fields == expected.fields == frozenset(FIELDS)
    for image, wanted in zip(seen, expected, strict=True):
        assert np.array_equal(image.anomaly_map, wanted.anomaly_map)
        assert np.array_equal(image.gt_mask, wanted.gt_mask)
        assert image.entry.identity == wanted.entry.identity
        assert image.entry.score == wanted.entry.score
        assert image.entry.label == wanted.entry.label
        assert image.entry.group_id == wanted.entry.group_id


@both_formats
def test_the_canonical_name_wins_over_an_alias(make: Make, suffix: str) -> None:
    """With `gt_label` and `labels` both there, `gt_label` is taken and `labels` left aside."""
    path = make(f"f.{suffix}", {**flat(), "labels": np.array([7, 7, 7])})
    assert open_predictions(path).files[0].fields["gt_label"] == "gt_label"


@both_formats
def test_two_aliases_of_one_field_are_a_problem(make: Make, suffix: str) -> None:
    """Without the canonical name nobody can tell which alias is meant: both are named."""
    columns = {"anomaly_map": maps(2), "label": [0, 1], "targets": [1, 0]}
    path = make(f"f.{suffix}", columns)
    message = r"f\.\w+, gt_label: 'label' and 'targets' could each be gt_label"
    with pytest.raises(InvalidInputError, match=message) as caught:
        open_predictions(path)
    assert "--field gt_label=label" in str(caught.value)


def test_an_override_settles_an_ambiguity(make: Make) -> None:
    """`--field gt_label=targets` decides between two aliases."""
    path = make("f.h5", {"anomaly_map": maps(2), "label": [0, 1], "targets": [1, 0]})
    opened = open_predictions(path, fields={"gt_label": "targets"})
    assert [entry.label for entry in opened.entries] == [True, False]


@both_formats
def test_an_override_wins_over_the_canonical_name(make: Make, suffix: str) -> None:
    """The user's word counts even where the canonical name is there."""
    path = make(f"f.{suffix}", {**flat(), "student": maps(3, first=100)})
    opened = open_predictions(path, fields={"anomaly_map": "student"})
    assert [float(image.anomaly_map[0, 0]) for image in opened] == [100, 106, 112]


def test_an_override_may_name_an_array_by_its_path(make: Make) -> None:
    """`--field anomaly_map=preds/maps` reaches into groups."""
    path = make("f.h5", {"preds/maps": maps(2), "truth/anomaly": [0, 1]})
    fields = {"anomaly_map": "preds/maps", "gt_label": "truth/anomaly"}
    opened = open_predictions(path, fields=fields)
    assert [entry.label for entry in opened.entries] == [False, True]
    assert [float(image.anomaly_map[0, 0]) for image in opened] == [0, 6]


def test_an_override_that_names_nothing_is_a_problem(make: Make) -> None:
    """The message lists what the file has instead."""
    path = make("f.h5", flat())
    with pytest.raises(InvalidInputError, match="there is no array 'mine', which --field names"):
        open_predictions(path, fields={"gt_mask": "mine"})
    with pytest.raises(InvalidInputError, match=r"it has: .*weights 4 x 4 float64"):
        open_predictions(make("g.h5", {"weights": np.zeros((4, 4))}), fields={"gt_mask": "mine"})


def test_an_override_of_an_unknown_field_is_wrong_usage(make: Make) -> None:
    """All unknown names are told at once, with the one that was probably meant."""
    path = make("f.h5", flat())
    with pytest.raises(UsageError) as caught:
        open_predictions(path, fields={"heatmap": "a", "gt_lable": "b", "zzz": "c"})
    text = str(caught.value)
    assert "unknown field 'heatmap' — did you mean 'anomaly_map'?" in text
    assert "unknown field 'gt_lable' — did you mean 'gt_label'?" in text
    assert "unknown field 'zzz' — the fields are anomaly_map, pred_score" in text


@both_formats
def test_scores_with_three_axes_are_maps_and_with_one_are_scores(make: Make, suffix: str) -> None:
    """`scores` is anomaly_map if 3-D else pred_score."""
    as_maps = open_predictions(make(f"a.{suffix}", {"scores": maps(2)}))
    as_scores = open_predictions(make(f"b.{suffix}", {"scores": [0.5, 1.5]}))
    assert as_maps.fields == {"anomaly_map"}
    assert as_scores.fields == {"pred_score"}
    assert [entry.score for entry in as_scores.entries] == [0.5, 1.5]


def test_an_alias_of_another_shape_is_left_aside(make: Make) -> None:
    """`image` with pixels in it is no image path, and `label` with words no label."""
    pixels = np.zeros((2, 4, 4, 3), np.uint8)
    words = np.array(["good", "bad"])
    opened = open_predictions(make("f.h5", {"amap": maps(2), "image": pixels, "label": words}))
    assert opened.fields == {"anomaly_map"}


def test_whole_numbers_serve_as_names(make: Make) -> None:
    """`id` and `group` of integers become decimal text."""
    columns = {"amap": maps(2), "id": np.array([7, 8]), "group": np.array([1, 1], np.uint8)}
    opened = open_predictions(make("f.npz", columns))
    assert [(e.identity, e.named, e.group_id) for e in opened.entries] == [
        ("7", True, "1"),
        ("8", True, "1"),
    ]
