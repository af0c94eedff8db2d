"""Maps and masks: regions, overlap with them, and the ranking of pixels."""

from math import inf, nextafter

import pytest

from tests.facts.regions import CASES, D8, D21, GRAY_MASKS, K1, C, GrayMaskCase, RegionCase
from tests.hand_checked.expecting import by_id, close, exactly, expected
from tests.support import (
    Picture,
    caution_codes,
    evaluation_of,
    fit_at,
    pictures_with_maps,
    score_of,
    values_of,
)

OVER_ALL_IMAGES = [case for case in CASES if case.fpr_from == "all"]
"""The false positive rate of the product is that of all images; the other is a reference only."""

precisions = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


@precisions
@pytest.mark.parametrize("case", [c for c in OVER_ALL_IMAGES if c.expected], ids=by_id)
def test_every_pixel_metric_has_its_hand_checked_value(case: RegionCase, dtype: str) -> None:
    """Maps and masks in a file give the value derived by hand, in any type that holds them."""
    rows = score_of(pictures_with_maps(case.maps, case.masks), *case.expected, dtype=dtype)
    assert values_of(rows) == expected(case.expected)


@pytest.mark.parametrize("case", OVER_ALL_IMAGES, ids=by_id)
def test_regions_are_joined_over_corners(case: RegionCase) -> None:
    """Pixels that touch at a side or a corner are one region; the ends of rows do not touch."""
    evaluation = evaluation_of(pictures_with_maps(case.maps, case.masks))
    assert evaluation.result.data.regions == case.regions


@pytest.mark.parametrize("case", [c for c in CASES if c.f1_cuts], ids=by_id)
def test_best_pixel_f1_names_its_cuts(case: RegionCase) -> None:
    """Pixels are ranked as images are."""
    assert case.f1_cuts is not None
    row = score_of(pictures_with_maps(case.maps, case.masks), "pixel_f1max")["pixel_f1max"]
    lowest, highest = case.f1_cuts
    assert row.extra == exactly({"threshold": lowest, "highest_tied_threshold": highest})


def test_the_fitted_cut_serves_pro_without_a_threshold() -> None:
    """It equals pro(threshold=T) at the fitted T, and tells how many regions it missed."""
    images = pictures_with_maps([C, C], [K1, ((0, 0, 0, 0),) * 3 + ((1, 0, 1, 1),)])
    rows = score_of(images, "pro", "pixel_pro(threshold=6)", fit=fit_at(0, 6))
    fitted, given = rows["pixel_pro(threshold=fit)"], rows["pixel_pro(threshold=6.0)"]
    assert (fitted.value, fitted.extra) == (given.value, given.extra)
    assert given.value == close((3 / 4 + 0 + 0) / 3)
    assert given.extra == {"cut": 6.0, "regions_missed": 2}


@precisions
def test_a_cut_is_not_rounded_to_the_type_of_the_map(dtype: str) -> None:
    """A pixel just below a cut that its type cannot hold stays below it."""
    cut = nextafter(1.0, inf)
    images = [Picture(map=[[1, 0]], mask=[[1, 0]])]
    metrics = "pixel_recall", f"pixel_pro(threshold={cut!r})"
    rows = score_of(images, *metrics, fit=fit_at(cut), dtype=dtype)
    assert set(values_of(rows).values()) == {0.0}


def test_the_support_counts_pixels_and_regions() -> None:
    """A value names the counts it rests on."""
    row = score_of(pictures_with_maps(D8.maps, D8.masks), "aupro")["pixel_aupro(fpr_limit=0.3)"]
    assert row.support == {"normal_pixels": 28, "anomalous_pixels": 4, "regions": 1}


def test_image_order_does_not_matter() -> None:
    """The normal image may come first."""
    there = score_of(pictures_with_maps(D8.maps, D8.masks), *D8.expected)
    back = score_of(pictures_with_maps(D8.maps[::-1], D8.masks[::-1]), *D8.expected)
    assert there == back


@pytest.mark.parametrize("case", GRAY_MASKS, ids=by_id)
def test_gray_masks_are_cut_where_asked(case: GrayMaskCase) -> None:
    """Mask values strictly above the limit are anomalous; who chose it needs no caution."""
    images = [Picture(map=((1, 2), (3, 4)), mask=case.mask)]
    evaluation = evaluation_of(images, "pixel_ap", mask_above=case.above)
    assert evaluation.result.data.anomalous_pixels == case.anomalous_pixels
    assert "gray_mask" not in caution_codes(evaluation)


def test_every_mask_value_but_zero_is_anomalous_unless_told_otherwise() -> None:
    """Masks hold 1, 255 or numbers of defects; two levels need no caution."""
    for value, gray in ((1, False), (255, False), (3, True)):
        images = [Picture(map=((1, 2), (3, 4)), mask=((0, value), (0, 0)))]
        evaluation = evaluation_of(images, "pixel_ap")
        assert evaluation.result.data.anomalous_pixels == 1
        assert ("gray_mask" in caution_codes(evaluation)) == gray


def test_an_anomalous_image_whose_mask_vanished() -> None:
    """It is anomalous at image level, has no area of its own, and is no normal image for others."""
    images = [
        Picture(label=label, map=scores, mask=mask)
        for label, scores, mask in zip(D21.labels, D21.maps, D21.masks, strict=True)
    ]
    evaluation = evaluation_of(images, *D21.expected)
    values = {row.metric: row.value for row in evaluation.result.rows}
    assert values == {name: close(value) for name, value in D21.expected.items()}
    areas = [image.aupimo for image in evaluation.images()]
    assert areas == [area if area is None else close(area) for area in D21.per_image]
    assert evaluation.result.data.anomalous_images == 2
    (caution,) = (c for c in evaluation.result.cautions if c.code == "empty_mask")
    assert caution.message.startswith(f"{D21.vanished} image ")


def test_image_scores_default_to_the_maximum_of_the_map() -> None:
    """Without pred_score the map's maximum is the score, and the result says so."""
    evaluation = evaluation_of(pictures_with_maps(D8.maps, D8.masks), "image_auroc")
    assert [image.score for image in evaluation.images()] == [9.0, 6.5]
    assert "score_from_map" in caution_codes(evaluation)
