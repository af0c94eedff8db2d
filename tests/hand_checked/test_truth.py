"""What of a mask counts: void pixels, anomalous images without pixel truth, sizes that differ.

All numbers here were counted by hand.
"""

from math import inf, log

import numpy as np
import pytest

from anomeval.errors import InvalidInputError, UsageError
from anomeval.reporting.result import Row
from tests.support import (
    Picture,
    caution_codes,
    evaluation_of,
    fit_of,
    score_of,
    values_of,
)

VOID = [
    # Of 8 pixels, 5 count in the first image and 4 in the second.
    Picture(map=[[9, 1, 0, 0], [8, 7, 8, 0]], mask=[[1, 0, 0, 1], [255, 255, 255, 0]], path="a"),
    Picture(map=[[0, 2, 0, 0], [9, 9, 9, 9]], mask=[[0, 0, 0, 0], [255] * 4], path="b"),
]
TRUTHLESS = [
    Picture(label=0, map=[[0.1, 0.2], [0.3, 0.4]], mask=[[0, 0], [0, 0]], path="a"),
    Picture(label=1, map=[[0.1, 0.5], [0.6, 0.7]], mask=[[0, 0], [1, 1]], path="b"),
    Picture(label=1, map=[[0.1, 0.2], [0.3, 9]], mask=[[0, 0], [0, 0]], path="c"),
]


def value(rows: dict[str, Row]) -> float | None:
    """The only value."""
    (found,) = values_of(rows).values()
    return found


def test_void_pixels_are_in_no_class() -> None:
    """Anomalous 9 and 0 against normal 1 0 0 of the one image and 0 2 0 0 of the other."""
    evaluation = evaluation_of(VOID, "pixel_auroc", ignore_value=255)
    pairs_of_9, pairs_of_0 = 7, 0.5 * 5  # 9 beats all seven; 0 ties with five
    assert evaluation.result.rows[0].value == (pairs_of_9 + pairs_of_0) / 14
    data = evaluation.result.data
    assert (data.pixels, data.anomalous_pixels, data.ignored_pixels) == (9, 2, 7)
    assert evaluation.result.settings["ignore_value"] == [255]


def test_void_pixels_neither_join_regions_nor_are_any() -> None:
    """1 void 1 in a row is two regions."""
    image = Picture(map=[[3, 9, 1, 0]], mask=[[1, 255, 1, 0]])
    evaluation = evaluation_of([image], "pixel_aupro(fpr_limit=1)", ignore_value=255)
    assert evaluation.result.data.regions == 2


def test_void_pixels_are_in_no_rate_of_an_image() -> None:
    """The shared rate is 1/2 at 2: one of two pixels that count, not one of four."""
    normal = Picture(label=0, map=[[2, 1, 7, 7]], mask=[[0, 0, 255, 255]], path="n")
    found = Picture(label=1, map=[[3, 2, 0, 0]], mask=[[1, 1, 0, 0]], path="a")
    rows = score_of([normal, found], "pixel_aupimo(fpr_low=0.25,fpr_high=1)", ignore_value=255)
    # Recall 1/2 from rate 1/4 to 1/2, and 1 from there to 1.
    assert value(rows) == pytest.approx((0.5 * log(2) + log(2)) / log(4), rel=1e-12)


def test_an_image_score_comes_from_pixels_that_count() -> None:
    """The 8 and the row of 9 are not annotated."""
    evaluation = evaluation_of(VOID, "image_auroc", ignore_value=255)
    assert [image.score for image in evaluation.images()] == [9, 2]
    hidden = [Picture(map=[[1, 9]], mask=[[0, 255]]), Picture(map=[[2, 0]], mask=[[1, 0]])]
    assert value(score_of(hidden, "image_auroc", ignore_value=255)) == 1.0


def test_the_fit_reads_as_the_score_does() -> None:
    """Thresholds, ranges and counts are of pixels that count."""
    fit = fit_of(VOID, threshold="max", ignore_value=[255])
    assert fit.shared.pixel is not None
    assert fit.shared.pixel.scale.threshold == 2
    assert (fit.shared.pixel.normal_count, fit.shared.pixel.anomalous_count) == (7, 2)
    assert fit.source.ignored_pixels == 7
    assert fit.rules is not None
    assert fit.rules.ignore_value == (255,)
    unlike = evaluation_of([Picture(0, 0, [[1]], [[0]])], "pixel_f1", fit=fit)
    (caution,) = (c for c in unlike.result.cautions if c.code == "other_reading")
    assert "ignore_value was 255, here it is not set" in caution.message


def test_several_values_and_a_threshold_beside_them() -> None:
    """Of 0 90 100 200 255 254 two are void, and of the others two are above 95."""
    image = Picture(map=[[1, 2, 3, 4, 5, 6]], mask=[[0, 90, 100, 200, 255, 254]])
    options = {"ignore_value": (254, 255), "mask_above": 95}
    evaluation = evaluation_of([image], "pixel_auroc", **options)
    data = evaluation.result.data
    assert (data.pixels, data.anomalous_pixels, data.ignored_pixels) == (4, 2, 2)
    assert evaluation.result.rows[0].value == 1.0
    assert "gray_mask" not in caution_codes(evaluation)


def test_void_and_missing_pixels_are_left_out_together() -> None:
    """A NaN and a void pixel: 9 and 1 are left."""
    image = Picture(map=[[9, float("nan"), 1, 5]], mask=[[1, 1, 0, 255]])
    evaluation = evaluation_of([image], "pixel_auroc", ignore_value=255, nan="drop")
    assert evaluation.result.rows[0].value == 1.0
    assert evaluation.result.data.pixels == 2


def test_an_image_without_any_pixel_that_counts() -> None:
    """It has neither pixels nor a derived score; its label still stands, and it is told."""
    blank = Picture(label=0, map=[[9, 9]], mask=[[255, 255]], path="c")
    known = [
        Picture(label=0, map=[[1, 2]], mask=[[0, 0]], path="a"),
        Picture(label=1, map=[[3, 0]], mask=[[1, 0]], path="b"),
    ]
    metrics = ("pixel_auroc", "image_auroc", "pixel_aupimo(fpr_low=0.1,fpr_high=1)")
    with_blank = evaluation_of([*known, blank], *metrics, ignore_value=255)
    without = evaluation_of(known, *metrics)
    assert [r.value for r in with_blank.result.rows] == [r.value for r in without.result.rows]
    assert "all_ignored" in caution_codes(with_blank)
    assert [image.score for image in with_blank.images()] == [2, 3, None]


def test_of_an_image_with_neither_label_nor_annotated_pixel_nothing_is_judged() -> None:
    """Its own score counts nowhere, for whether it is anomalous is not known."""
    images = [
        Picture(1, map=[[1]], mask=[[0]], path="a"),
        Picture(2, map=[[1]], mask=[[1]], path="b"),
        Picture(9, map=[[1]], mask=[[255]], path="c"),
    ]
    assert value(score_of(images, "image_auroc", ignore_value=255)) == 1.0


def test_images_without_pixel_truth_are_left_out_of_every_pixel_metric() -> None:
    """The 9 of the third image is in no class; as others count, it is the highest normal score."""
    left_out = evaluation_of(TRUTHLESS, "pixel_auroc")
    assert left_out.result.rows[0].value == 1.0  # 0.6 0.7 against 0.1 0.2 0.3 0.4 0.1 0.5
    assert left_out.result.data.pixels == 8
    assert left_out.result.data.anomalous_images == 2
    (caution,) = (c for c in left_out.result.cautions if c.code == "empty_mask")
    assert caution.message.startswith("1 image labelled anomalous")
    as_others = evaluation_of(TRUTHLESS, "pixel_auroc", empty_masks="normal")
    assert as_others.result.rows[0].value == 18 / 20
    assert as_others.result.data.pixels == 12
    assert "empty_mask_normal" in caution_codes(as_others)
    assert as_others.result.settings["empty_masks"] == "normal"


def test_a_fit_takes_no_threshold_from_images_without_pixel_truth() -> None:
    """The highest normal score is 0.5, not the 9 that is probably the defect."""
    fit = fit_of(TRUTHLESS, threshold="max")
    assert fit.shared.pixel is not None
    assert fit.shared.pixel.scale.threshold == 0.5
    assert any(code == "empty_mask" for code, _ in fit.cautions)
    as_others = fit_of(TRUTHLESS, threshold="max", empty_masks="normal")
    assert as_others.shared.pixel is not None
    assert as_others.shared.pixel.scale.threshold == 9


def test_images_without_pixel_truth_can_be_refused() -> None:
    """Each by its name."""
    with pytest.raises(InvalidInputError) as refusal:
        score_of(TRUTHLESS, empty_masks="error")
    assert [problem.image for problem in refusal.value.problems] == ["c"]


def test_a_mask_that_is_empty_after_ignoring_is_no_pixel_truth() -> None:
    """All that it marked is not annotated."""
    image = Picture(label=1, map=[[1, 9, 5]], mask=[[0, 0, 255]], path="d")
    evaluation = evaluation_of([*TRUTHLESS[:2], image], "pixel_auroc", ignore_value=255)
    assert evaluation.result.data.pixels == 8
    assert "empty_mask" in caution_codes(evaluation)


def test_without_any_pixel_truth_pixel_metrics_are_undefined() -> None:
    """There is nothing to compute, and the result says why."""
    images = [Picture(label=1, map=[[1, 2]], mask=[[0, 0]], path=name) for name in "ab"]
    metrics = ("pixel_auroc", "pixel_aupro", "pixel_aupimo", "pixel_f1max", "pixel_ap")
    rows = score_of(images, *metrics, confidence=0.95)
    assert all(row.value is None and row.reason for row in rows.values())


def test_intervals_are_those_of_the_images_with_pixel_truth() -> None:
    """Images that are left out are not drawn either."""
    generator = np.random.default_rng(5)
    images = [
        Picture(
            label=index % 2,
            map=(2.0 ** generator.normal(index % 2, 8, (4, 4))).tolist(),
            mask=[[0] * 4, [0, index % 2, index % 2, 0], [0] * 4, [0] * 4],
            path=f"{index:02}",
        )
        for index in range(24)
    ]
    blank = [Picture(label=1, map=[[9] * 4] * 4, mask=[[0] * 4] * 4, path=name) for name in "xyz"]
    metrics = ("pixel_auroc", "pixel_ap", "pixel_aupro", "pixel_aupimo(fpr_low=0.1,fpr_high=1)")
    with_blank = score_of([*images, *blank], *metrics, confidence=0.95)
    assert with_blank == score_of(images, *metrics, confidence=0.95)
    assert with_blank["pixel_auroc"].confidence


def test_a_mask_emptied_by_resizing_keeps_its_pixels() -> None:
    """Its truth is known, and too small to be seen at the map's size."""
    tiny = [[0] * 9 for _ in range(9)]
    tiny[0][0] = 1
    images = [
        Picture(label=1, map=[[1, 2, 3]] * 3, mask=tiny, path="a"),
        Picture(label=0, map=[[1, 2, 3]] * 3, mask=[[0] * 9] * 9, path="b"),
    ]
    evaluation = evaluation_of(images, resize="map")
    assert evaluation.result.data.pixels == 18
    assert "mask_emptied_by_resizing" in caution_codes(evaluation)
    assert "empty_mask" not in caution_codes(evaluation)


def test_a_score_is_derived_before_the_map_is_resized() -> None:
    """A single hot pixel of 64 is lost at 2 x 2, and is the image's score all the same."""
    hot = [[0.0] * 8 for _ in range(8)]
    hot[3][3] = 9.0
    images = [
        Picture(map=hot, mask=[[1, 0], [0, 0]], path="a"),
        Picture(map=[[1.0] * 8] * 8, mask=[[0, 0], [0, 0]], path="b"),
    ]
    evaluation = evaluation_of(images, "image_auroc", resize="mask")
    assert [image.score for image in evaluation.images()] == [9.0, 1.0]


@pytest.mark.parametrize("resize", ["mask", "map"])
def test_void_pixels_hide_the_nearest_pixels_of_the_stored_map(resize: str) -> None:
    """The left half of the mask is void, so the left half of the map gives no score."""
    image = Picture(map=[[9, 8, 1, 2]] * 4, mask=[[255, 1], [255, 0]], path="a")
    evaluation = evaluation_of([image], "image_ap", resize=resize, ignore_value=255)
    assert [one.score for one in evaluation.images()] == [2]
    data = evaluation.result.data
    assert (data.pixels, data.ignored_pixels) == ((2, 2) if resize == "mask" else (8, 8))


def test_an_infinite_pixel_is_no_nan_at_another_size() -> None:
    """It is the score of its image, and outranks all pixels that it has no part in."""
    images = [
        Picture(map=[[inf, 1], [1, 1]], mask=[[1, 0, 0, 0]] + [[0] * 4] * 3, path="a"),
        Picture(map=[[1, -inf], [1, 1]], mask=[[0] * 4] * 4, path="b"),
    ]
    evaluation = evaluation_of(images, "pixel_auroc", resize="mask")
    assert [image.score for image in evaluation.images()] == [inf, 1]
    # Of 31 normal pixels 8 share a part in the infinity with the one defect.
    assert evaluation.result.rows[0].value == (31 - 8 + 0.5 * 8) / 31


PROBLEM = "--ignore-value 255 .* or --mask-above 0"


def test_255_beside_other_values_is_ambiguous() -> None:
    """In every image that has both, in one message."""
    images = [Picture(map=[[1, 2, 3]], mask=[[0, 1, 255]], path=name) for name in "ab"]
    with pytest.raises(InvalidInputError, match=PROBLEM) as refusal:
        score_of(images)
    assert [problem.image for problem in refusal.value.problems] == ["a", "b"]
    assert evaluation_of(images, "pixel_auroc", mask_above=0).result.data.anomalous_pixels == 4
    assert evaluation_of(images, "pixel_auroc", ignore_value=255).result.data.anomalous_pixels == 2


@pytest.mark.parametrize("order", [1, -1])
def test_255_in_one_image_and_others_in_another_is_ambiguous(order: int) -> None:
    """Each alone would be plain."""
    images = [
        Picture(map=[[1, 2, 3]], mask=[[0, 0, 1]], path="a"),
        Picture(map=[[1, 2, 3]], mask=[[0, 255, 255]], path="b"),
        Picture(map=[[1, 2, 3]], mask=[[0, 0, 0]], path="c"),
    ][::order]
    with pytest.raises(InvalidInputError, match=rf"\(first b\) .* \(first a\).*{PROBLEM}"):
        score_of(images)
    with pytest.raises(InvalidInputError, match=PROBLEM):
        fit_of(images)
    ignored = evaluation_of(images, "pixel_auroc", ignore_value=255)
    assert (ignored.result.data.normal_images, ignored.result.data.pixels) == (2, 7)
    assert evaluation_of(images, mask_above=0).result.data.anomalous_pixels == 3


@pytest.mark.parametrize(("value", "above", "anomalous"), [(65535, 0, 4), (-1, 0, 2), (-100, 0, 2)])
def test_other_values_that_may_mean_not_annotated(value: int, above: int, anomalous: int) -> None:
    """White of 16 bits, and what is below 0: alone a caution, beside other values ambiguous."""
    alone = [Picture(map=[[1, 2, 3]], mask=[[0, 0, value]], path="a")]
    assert caution_codes(evaluation_of(alone, "pixel_auroc")) >= {"gray_mask"}
    within = [Picture(map=[[1, 2, 3]], mask=[[0, 1, value]], path=name) for name in "ab"]
    across = [
        Picture(map=[[1, 2, 3]], mask=[[0, 1, 1]], path="a"),
        Picture(map=[[1, 2, 3]], mask=[[0, 0, value]], path="b"),
    ]
    for images, first in ((within, "a"), (across, "b")):
        problem = rf"{first}.*--ignore-value {value} .* or --mask-above 0"
        with pytest.raises(InvalidInputError, match=problem):
            score_of(images)
        with pytest.raises(InvalidInputError, match=problem):
            fit_of(images)
        ignored = evaluation_of(images, "pixel_auroc", ignore_value=value).result.data
        assert (ignored.anomalous_pixels, ignored.pixels) == (2, 4 if first == "a" else 5)
    assert evaluation_of(within, mask_above=above).result.data.anomalous_pixels == anomalous


def test_masks_from_minus_1_to_1_are_no_question_of_gray_values() -> None:
    """-1 is normal here; the remedy that is told gives the right value."""
    images = [Picture(map=[[1, 2, 3]], mask=[[-1, -1, 1]], path="a")]
    with pytest.raises(InvalidInputError, match="--mask-above 0 if -1 is normal"):
        score_of(images)
    assert evaluation_of(images, "pixel_auroc", mask_above=0).result.data.anomalous_pixels == 1


def test_an_ambiguous_mask_is_not_left_out_as_a_bad_image() -> None:
    """The 255 of another image would count as anomalous, though nobody has said so."""
    images = [
        Picture(label=0, map=[[1, 2, 3]], mask=[[0, 0, 0]], path="a"),
        Picture(label=1, map=[[1, 2, 3]], mask=[[0, 1, 255]], path="b"),
        Picture(label=1, map=[[1, 2, 9]], mask=[[0, 0, 255]], path="c"),
    ]
    for command in (score_of, fit_of):
        with pytest.raises(InvalidInputError, match=PROBLEM) as refusal:
            command(images, skip_bad=True)
        assert [problem.image for problem in refusal.value.problems] == ["b"]


@pytest.mark.parametrize(
    ("value", "helps"), [(255, "--ignore-value 255"), (-1, "-1"), (2, "--ignore-value N"), (1, "")]
)
def test_a_normal_image_with_marked_pixels_may_have_void_ones(value: int, helps: str) -> None:
    """What is told helps, where it can; a mask of 0 and 1 leaves no such question."""
    images = [
        Picture(label=0, map=[[1, 2]], mask=[[0, value]], path="a"),
        Picture(label=1, map=[[1, 2]], mask=[[0, value]], path="b"),
    ]
    with pytest.raises(InvalidInputError, match="gt_label says normal") as refusal:
        score_of(images)
    (problem,) = refusal.value.problems
    assert helps in (problem.remedy or "")
    assert ("--ignore-value" in (problem.remedy or "")) == bool(helps)
    assert score_of(images, ignore_value=value)


@pytest.mark.parametrize("value", [1 << 65, -(1 << 65), 10**400, 1e300])
def test_no_mask_holds_a_value_beyond_64_bits(value: float) -> None:
    """It is a slip of the pen, and an error of the command."""
    with pytest.raises(UsageError, match="beyond all numbers"):
        score_of(VOID, ignore_value=value)


def test_a_mask_with_many_gray_values_is_none() -> None:
    """Eight are a handful, and cautioned of; nine are a photograph unless a bound was chosen."""
    for count, refused in ((8, False), (9, True)):
        mask = [[0, 1, *range(10, 10 + count)]]
        image = Picture(map=[[*range(count + 2)]], mask=mask)
        if refused:
            with pytest.raises(InvalidInputError, match=r"a photograph, or a soft mask.*--mask-ab"):
                score_of([image])
        else:
            assert "gray_mask" in caution_codes(evaluation_of([image]))
        assert evaluation_of([image], mask_above=9).result.data.anomalous_pixels == count
