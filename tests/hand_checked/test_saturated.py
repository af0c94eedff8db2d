"""sPRO on a few pixels, counted by hand."""

from dataclasses import replace
from fractions import Fraction as F
from math import inf

import numpy as np
import pytest

from anomeval.errors import InvalidInputError, UsageError
from anomeval.metrics import AUSPRO, SPRO
from anomeval.reporting.curves import curves_csv
from tests.facts.regions import K1, SATURATED, C, SaturationCase
from tests.hand_checked.expecting import by_id, close
from tests.laws.asking import answers, evidence_of
from tests.support import (
    Picture,
    caution_codes,
    evaluation_of,
    fit_at,
    judge_at,
    pictures_with_maps,
    score_of,
    values_of,
)

GOOD = Picture(map=[[0, 1, 2, 3]], mask=[[0, 0, 0, 0]], label=0, saturation=[0, 0])

# Defect 0 is pixels 0 to 2, defect 1 pixels 2 and 3: they share pixel 2. Of the first one pixel is
# enough, of the second both are needed.
OVERLAPPING = Picture(map=[[5, 4, 9, 1]], mask=[[1, 1, 3, 2]], label=1, saturation=[1, 2])


@pytest.mark.parametrize("case", SATURATED, ids=by_id)
def test_the_area_has_its_hand_checked_value(case: SaturationCase) -> None:
    """Through a file, in which the mask has one defect."""
    (image,) = pictures_with_maps([case.map], [case.mask])
    metric = f"pixel_auspro(fpr_limit={float(case.fpr_limit)!r})"
    rows = score_of([replace(image, saturation=[case.saturation])], metric)
    assert values_of(rows) == {metric: close(case.expected)}
    assert rows[metric].support["defects"] == 1


def test_a_saturation_of_the_whole_defect_is_plain_overlap() -> None:
    """Where every defect is one region; more than the area changes nothing."""
    (image,) = pictures_with_maps([C], [K1])
    for enough in (4, 5, 1000):
        rows = score_of([replace(image, saturation=[enough])], "auspro@0.3", "aupro@0.3")
        assert len(set(values_of(rows).values())) == 1


@pytest.mark.parametrize(
    ("cut", "shares", "missed"),
    [
        (9, (F(1), F(1, 2)), 0),
        (5, (F(1), F(1, 2)), 0),
        (1, (F(1), F(1)), 0),
        (10, (F(0), F(0)), 2),
    ],
)
def test_defects_may_overlap(cut: int, shares: tuple[F, ...], missed: int) -> None:
    """A pixel of two defects counts for both; each defect counts the same."""
    name = f"pixel_spro(threshold={float(cut)})"
    row = score_of([GOOD, OVERLAPPING], name)[name]
    assert row.value == close(sum(shares) / 2)
    assert row.extra == {"cut": float(cut), "defects_missed": missed}


def test_the_area_of_overlapping_defects() -> None:
    """Good scores 0 to 3 and no other background; at 9 the curve stands at 3/4, at 1 at 1.

    A false positive rate of 3/4 is passed at the score 1, which ties with a good pixel: from 1/2
    to 3/4 the curve rises from 3/4 to 1.
    """
    rows = score_of([GOOD, OVERLAPPING], "auspro@1", "auspro@0.5")
    whole = F(1, 2) * F(3, 4) + F(1, 4) * F(7, 8) + F(1, 4)
    assert values_of(rows) == {
        "pixel_auspro(fpr_limit=1.0)": close(whole),
        "pixel_auspro(fpr_limit=0.5)": close(F(3, 4)),
    }


def test_all_other_metrics_see_the_union() -> None:
    """As if the mask had two levels; and no gray mask is suspected."""
    flat = replace(OVERLAPPING, mask=[[1, 1, 1, 1]], saturation=None)
    both = [GOOD, OVERLAPPING], [replace(GOOD, saturation=None), flat]
    whole, plain = (evaluation_of(images) for images in both)
    assert whole.result.rows == plain.result.rows
    assert caution_codes(whole) == caution_codes(plain)


def test_the_fitted_cut_serves_spro() -> None:
    """As it serves pro."""
    rows = score_of([GOOD, OVERLAPPING], "spro", "pixel_spro(threshold=5)", fit=fit_at(0, 5))
    assert len({row.value for row in rows.values()}) == 1


def test_a_saturation_keeps_its_share_of_a_smaller_map() -> None:
    """Half of 4 x 4 pixels is enough; of the 2 x 2 that the map shows, half again."""
    mask = np.zeros((8, 8), int)
    mask[:4, :4] = 1
    scores = [[9, 1, 0, 0], [1, 9, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    image = Picture(map=scores, mask=mask.tolist(), saturation=[8])
    name = "pixel_spro(threshold=5.0)"
    assert score_of([image], name, resize="map")[name].value == 1.0
    one = replace(image, saturation=[9])  # 9/16 of 4 pixels, rounded down: 2
    assert score_of([one], name, resize="map")[name].value == 1.0
    all_of_it = replace(image, saturation=[16])
    assert score_of([all_of_it], name, resize="map")[name].value == 0.5


def test_a_dropped_pixel_is_not_needed() -> None:
    """Of two pixels that are needed one has no score; the other is then all there is."""
    image = Picture(map=[[float("nan"), 5, 1]], mask=[[1, 1, 0]], saturation=[2])
    name = "pixel_spro(threshold=5.0)"
    assert score_of([image], name, nan="drop")[name].value == 1.0


def test_without_saturations_it_cannot_be_asked() -> None:
    """The message names the field."""
    with pytest.raises(UsageError, match=r"auspro.*: the data has no gt_saturation"):
        score_of(pictures_with_maps([C], [K1]), "auspro")


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        ([GOOD], "no defect in any ground-truth mask"),
        ([replace(OVERLAPPING)], "no pixel outside the ground-truth masks"),
    ],
)
def test_nothing_to_find_is_undefined(images: list[Picture], reason: str) -> None:
    """Neither 0 nor 1."""
    (row,) = score_of(images, "auspro").values()
    assert (row.value, row.reason) == (None, reason)


def test_images_of_which_some_are_not_divided_have_no_value() -> None:
    """As a state may hold them that was merged; those without anomalous pixels do not matter."""
    bare = replace(OVERLAPPING, path="bare.png", mask=[[1, 0, 1, 0]], saturation=None)
    empty = replace(GOOD, path="empty.png", saturation=None)
    images = [replace(GOOD, path="good.png"), replace(OVERLAPPING, path="a.png"), empty]
    asked = [AUSPRO(), SPRO(threshold=5.0)]
    for outcome in answers(asked, evidence_of(images), judge_at(0, 5)).values():
        assert outcome.value is not None
    for outcome in answers(asked, evidence_of([*images, bare]), judge_at(0, 5)).values():
        reason = "gt_saturation is missing for 1 of 2 images with anomalous pixels"
        assert (outcome.value, outcome.reason) == (None, reason)


@pytest.mark.parametrize(
    ("mask", "saturation", "words"),
    [
        ([[4, 1]], [1, 1], "marks defect 2 (value 4), gt_saturation has 2"),
        ([[1, 1]], [0], "marks 2 pixels of defect 0, whose gt_saturation is 0"),
        ([[1, 0]], [1, 3], "marks no pixel of defect 1, whose gt_saturation is 3"),
        ([[float("nan"), 1]], [1], "is float64, where gt_saturation needs unsigned whole numbers"),
        ([[1, 0]], [1] * 65, "can hold 64 defects, gt_saturation has 65"),
    ],
)
def test_masks_that_contradict_saturations_are_refused(
    mask: list[list[float]], saturation: list[int], words: str
) -> None:
    """With image and field."""
    image = Picture(map=[[1, 2]], mask=mask, saturation=saturation, path="a.png")
    with pytest.raises(InvalidInputError) as refusal:
        evaluation_of([image])
    assert words in str(refusal.value)
    assert {(p.field, p.image) for p in refusal.value.problems} == {("gt_mask", "a.png")}


def test_bits_are_not_gray_values() -> None:
    """A cut through them would mean nothing."""
    with pytest.raises(InvalidInputError, match="leave --mask-above out"):
        evaluation_of([OVERLAPPING], mask_above=1)


def test_the_curve_as_data_goes_through_its_points() -> None:
    """Where it bends: the rate of good pixels flagged, and the mean saturated share."""
    curves = evaluation_of([GOOD, OVERLAPPING]).curves()
    assert ",pixel,spro,,1.0,0.75,1.0" in curves_csv(curves).splitlines()
    assert curves["pixel_spro_threshold"].tolist() == [inf, 4, 2, 1, 0]
    assert curves["pixel_spro_fpr"].tolist() == [0, 0, 1 / 2, 3 / 4, 1]
    assert curves["pixel_spro_overlap"].tolist() == [0, 3 / 4, 3 / 4, 1, 1]
    plain = [replace(image, saturation=None) for image in (GOOD, OVERLAPPING)]
    assert not [name for name in evaluation_of(plain).curves() if "spro" in name]
