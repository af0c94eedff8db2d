"""Scores that are not a number: refused, left out, or ranked below or above everything."""

from math import inf, nan
from typing import Any, Literal

import pytest

import anomeval
from anomeval.errors import InvalidInputError, UsageError
from tests.facts.image_level import ImageCase
from tests.facts.nan import A18, ALL_NAN, D17, INFINITE, POLICIES, NanImages
from tests.facts.pimo import CASES
from tests.hand_checked.expecting import by_id, expected
from tests.support import (
    Picture,
    evaluation_of,
    fit_of,
    pictures_of,
    pictures_with_maps,
    score_of,
    values_of,
)

Policy = Literal["drop", "max", "min"]
policies = pytest.mark.parametrize("policy", ["drop", "max", "min"])
image_cases = pytest.mark.parametrize("case", [A18, ALL_NAN], ids=by_id)


@policies
@image_cases
def test_images_without_a_score_follow_the_policy(case: NanImages, policy: Policy) -> None:
    """A NaN score leaves the image out, or ranks it above or below all others."""
    rows = score_of(pictures_of(case.scores, case.labels), *case.expected[policy], nan=policy)
    assert values_of(rows) == expected(case.expected[policy])


@policies
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_pixels_without_a_score_follow_the_policy(policy: Policy, dtype: str) -> None:
    """A NaN pixel leaves every count, or ranks above or below all others."""
    images = pictures_with_maps([D17.map], [D17.mask])
    rows = score_of(images, *D17.expected[policy], nan=policy, dtype=dtype)
    assert values_of(rows) == expected(D17.expected[policy])


@image_cases
def test_a_nan_score_is_refused_by_default(case: NanImages) -> None:
    """Every image without a score is named, by file and position."""
    with pytest.raises(InvalidInputError) as refusal:
        score_of(pictures_of(case.scores, case.labels))
    wrong = [index for index, score in enumerate(case.scores) if score != score]
    assert [problem.index for problem in refusal.value.problems] == wrong
    assert {(p.field, p.what) for p in refusal.value.problems} == {("pred_score", "NaN")}


def test_nan_pixels_are_refused_with_their_count_and_first_places() -> None:
    """The message says how many pixels there are and where to look."""
    scores = [[nan, 1, nan], [2, nan, nan]]
    with pytest.raises(InvalidInputError) as refusal:
        score_of([Picture(map=scores, mask=[[0, 0, 1], [0, 0, 0]], path="nut/007.png")])
    assert "image 0 (nut/007.png): 4 NaN of 6 pixels, first at (row 0, column 0), " in str(
        refusal.value
    )
    assert "(row 0, column 2), (row 1, column 1) — " in str(refusal.value)
    assert "--nan drop" in str(refusal.value)


def test_every_image_with_nan_is_named() -> None:
    """All problems of all images come in one message."""
    images = [Picture(map=[[1, nan]], mask=[[0, 1]], path=f"{n}.png") for n in range(3)]
    with pytest.raises(InvalidInputError) as refusal:
        score_of(images)
    assert [problem.image for problem in refusal.value.problems] == ["0.png", "1.png", "2.png"]


def _policy_places() -> list[Any]:
    return [
        pytest.param(place, policy, outcome, id=f"{place}-{policy}")
        for place, outcomes in POLICIES.items()
        for policy, outcome in outcomes.items()
    ]


@pytest.mark.parametrize(("place", "policy", "outcome"), _policy_places())
def test_what_becomes_of_a_nan(place: str, policy: str, outcome: str) -> None:
    """Where a NaN stands and which policy is asked for decide what becomes of it."""
    nan_policy = "error" if policy == "default" else policy
    if outcome == "refused":
        with pytest.raises((InvalidInputError, UsageError), match=r"NaN|infinite score"):
            _lowest_and_highest(place, nan_policy)
        return
    seen = {"left out": (2.0, 3.0), "on top": (2.0, inf), "at the bottom": (-inf, 3.0)}
    assert _lowest_and_highest(place, nan_policy) == seen[outcome]


def _lowest_and_highest(place: str, policy: Any) -> tuple[float, float]:
    """Read scores 2, 3 and a NaN, and tell the lowest and the highest that was counted."""
    if place == "validation score":
        level = fit_of(pictures_of([2, nan, 3], [0, 0, 0]), nan=policy).shared.image
        assert level is not None
        return level.scale.low, level.scale.high
    if place == "image score":
        images, level_name = pictures_of([2, nan, 3], [1, 1, 1]), "image"
    elif place == "map pixel":
        images, level_name = pictures_with_maps([[[2, nan, 3]]], [[[1, 1, 1]]]), "pixel"
    else:
        images, level_name = pictures_with_maps([[[2, 9, 3]]], [[[1, nan, 1]]]), "pixel"
    arrays = evaluation_of(images, nan=policy).curves()
    counted = arrays[f"{level_name}_pr_threshold"][arrays[f"{level_name}_pr_recall"] > 0]
    return float(counted.min()), float(counted.max())


@policies
def test_what_was_done_about_nan_is_cautioned(policy: Policy) -> None:
    """A result on altered data says so, with the number of images."""
    evaluation = evaluation_of(pictures_of(A18.scores, A18.labels), "image_auroc", nan=policy)
    code = "nan_dropped" if policy == "drop" else "nan_replaced"
    (caution,) = (c for c in evaluation.result.cautions if c.code == code)
    assert caution.message.startswith("1 image ")


def test_infinite_scores_rank_and_tie() -> None:
    """Infinite scores are scores like any other."""
    case: ImageCase = INFINITE
    rows = score_of(pictures_of(case.scores, case.labels), *case.expected)
    assert values_of(rows) == expected(case.expected)


def test_a_dropped_image_without_pixels_has_no_rate() -> None:
    """A normal image whose every pixel is NaN does not dilute the shared rate of the others."""
    (case,) = (case for case in CASES if case.id == "E2")
    empty = Picture(map=[[nan, nan]], mask=[[0, 0]])
    images = [*pictures_with_maps(case.maps, case.masks), empty]
    assert values_of(score_of(images, *case.expected, nan="drop")) == expected(case.expected)


def test_fit_takes_nan_out_but_never_as_infinite() -> None:
    """A range with an infinite end would normalize nothing."""
    with pytest.raises(UsageError, match="an infinite score has no range"):
        anomeval.fit(["no matter.h5"], nan="max")
