"""Means over categories and defect types, samples of several views, pooling."""

from fractions import Fraction

import pytest

from anomeval.errors import UsageError
from tests.facts.aggregation import G2, MEANS, MeanCase
from tests.hand_checked.expecting import by_id, close, expected
from tests.support import Picture, caution_codes, evaluation_of, fit_at, fit_of, score_of, values_of


def images_found(share: Fraction | None, images: int, **names: str) -> list[Picture]:
    """Anomalous images of which this share scores 1 and the rest 0; None: normal ones instead."""
    if share is None:
        return [Picture(0, 0, **names) for _ in range(images)]
    found = share * images
    assert found.denominator == 1
    return [Picture(int(index < found), 1, **names) for index in range(images)]


def groups(case: MeanCase, attribute: str) -> list[Picture]:
    """A group of images for each value of a case, whose recall at 1 is that value.

    Values above 1 are percentages.
    """
    sizes = case.sizes or [(_share(value) or Fraction(1)).denominator for value in case.values]
    return [
        picture
        for number, (value, size) in enumerate(zip(case.values, sizes, strict=True))
        for picture in images_found(_share(value), size, **{attribute: f"group {number}"})
    ]


def _share(value: Fraction | None) -> Fraction | None:
    return value / 100 if value is not None and value > 1 else value


@pytest.mark.parametrize("case", MEANS, ids=by_id)
def test_the_value_of_several_categories_is_their_unweighted_mean(case: MeanCase) -> None:
    """However many images a category has; where it is undefined it is left out, never zero."""
    row = score_of(groups(case, "category"), "image_recall", fit=fit_at(1))["image_recall"]
    mean = _share(case.mean)
    assert row.value == (None if mean is None else close(mean))
    assert row.extra == {
        "mean_over": "category",
        "groups": len(case.values),
        "undefined": len(case.values) - case.defined,
    }


@pytest.mark.parametrize("case", MEANS, ids=by_id)
def test_every_category_has_a_row_of_its_own(case: MeanCase) -> None:
    """--by category adds a row for each, in the order of their names."""
    images = groups(case, "category")
    rows = evaluation_of(images, "image_recall", fit=fit_at(1), by="category").result.rows
    assert [(row.group, row.value) for row in rows[1:]] == [
        ({"category": f"group {number}"}, None if value is None else float(share))
        for number, value in enumerate(case.values)
        for share in [_share(value) or Fraction(0)]
    ]


@pytest.mark.parametrize("case", MEANS, ids=by_id)
def test_a_mean_that_leaves_out_groups_is_cautioned(case: MeanCase) -> None:
    """Whoever reads a mean over fewer groups than there are is told."""
    evaluation = evaluation_of(groups(case, "category"), "image_recall", fit=fit_at(1))
    incomplete = 0 < case.defined < len(case.values)
    assert ("mean_incomplete" in caution_codes(evaluation)) == incomplete


def test_defect_types_have_an_unweighted_mean() -> None:
    """Structural and logical defects count the same, whatever their numbers."""
    (case,) = (case for case in MEANS if case.id == "G3")
    evaluation = evaluation_of(
        groups(case, "defect_type"), "image_recall", fit=fit_at(1), by="defect_type"
    )
    values = [(row.group, row.value) for row in evaluation.result.rows[1:]]
    assert case.mean is not None
    assert values == [
        ({"defect_type": "group 0"}, close(0.8)),
        ({"defect_type": "group 1"}, close(0.6)),
        ({"mean": "defect_type"}, close(case.mean)),
    ]


def test_each_defect_type_stands_against_all_normals_of_its_category() -> None:
    """Normal images belong to every defect type of their category and to no other category."""
    images = [
        Picture(1, 0, category="nut", defect_type="good"),
        Picture(3, 0, category="nut", defect_type="good"),
        Picture(2, 1, category="nut", defect_type="crack"),
        Picture(4, 1, category="nut", defect_type="bend"),
        Picture(9, 0, category="pill", defect_type="good"),
        Picture(8, 1, category="pill", defect_type="crack"),
    ]
    rows = evaluation_of(images, "image_auroc", by="defect_type").result.rows
    assert [(row.group, row.value) for row in rows] == [
        (None, (0.75 + 0.0) / 2),
        ({"category": "nut", "defect_type": "bend"}, 1.0),
        ({"category": "nut", "defect_type": "crack"}, 0.5),
        ({"category": "pill", "defect_type": "crack"}, 0.0),
        ({"mean": "defect_type"}, 0.5),
    ]


SCALES_APART = [
    Picture(1, 0, category="a"),
    Picture(2, 1, category="a"),
    Picture(10, 0, category="b"),
    Picture(20, 1, category="b"),
]
"""Each category is ranked perfectly, on a scale of its own."""


def test_categories_are_never_pooled_unless_asked() -> None:
    """Scores of different objects have different scales: one curve of all would mislead."""
    assert values_of(score_of(SCALES_APART, "image_auroc")) == {"image_auroc": 1.0}


def test_pooling_ranks_all_categories_together_and_says_so() -> None:
    """Three of the four pairs of --pool are the right way round."""
    evaluation = evaluation_of(SCALES_APART, "image_auroc", pool=True)
    (row,) = evaluation.result.rows
    assert row.value == 0.75
    assert "mean_over" not in row.extra
    assert evaluation.result.settings["pool"] is True


def test_each_category_is_judged_by_its_own_threshold() -> None:
    """A fit of several categories holds a threshold for each, and a shared one for others."""
    fit = fit_of(SCALES_APART, threshold="max")
    test = [Picture(5, 1, category="a"), Picture(5, 1, category="b"), Picture(15, 1, category="c")]
    evaluation = evaluation_of(test, "image_recall", fit=fit)
    decisions = {image.category: image.decision for image in evaluation.images()}
    assert decisions == {"a": True, "b": False, "c": True}
    assert "category_not_fitted" in caution_codes(evaluation)


def test_samples_take_the_largest_of_their_views() -> None:
    """--by group_id: score and label of a sample are the largest of its images'."""
    images = [
        Picture(score, label, group=sample)
        for score, label, sample in zip(G2.scores, G2.labels, G2.samples, strict=True)
    ]
    assert values_of(score_of(images, *G2.expected, by="group_id")) == expected(G2.expected)


def test_a_sample_belongs_to_one_category() -> None:
    """Equal group_ids of two categories are two samples, pooled or not."""
    images = [
        Picture(1, 0, category="nut", group="7"),
        Picture(4, 1, category="nut", group="8"),
        Picture(3, 1, category="bolt", group="7"),
        Picture(2, 0, category="bolt", group="8"),
    ]
    rows = score_of(images, "sample_auroc", by="group_id", pool=True, confidence=0.95)
    assert rows["sample_auroc"].value == 1.0
    assert rows["sample_auroc"].support == {"normal_samples": 2, "anomalous_samples": 2}


def test_a_group_called_like_an_image_is_not_that_image() -> None:
    """An image without group_id is a sample of its own, whatever others call their groups."""
    images = [
        Picture(1, 0, path="a.png", group="b.png"),
        Picture(2, 1, path="b.png"),
        Picture(0, 0, path="c.png"),
    ]
    assert score_of(images, "sample_auroc", by="group_id")["sample_auroc"].value == 1.0


def test_images_without_category_share_the_fit_of_all() -> None:
    """They have no threshold of their own, neither when fitted nor when judged, and it is told."""
    named = [Picture(1, 0, category="nut"), Picture(2, 1, category="nut")]
    fit = fit_of([*named, Picture(10, 0), Picture(20, 1)], threshold="max")
    assert list(fit.categories) == ["nut"]
    told = dict(fit.cautions)["category_not_fitted"]
    assert told.startswith("2 images without category: the threshold fitted on all together ")
    test = [Picture(5, 1, category="nut"), Picture(5, 1), Picture(15, 1, category="cap")]
    evaluation = evaluation_of(test, "image_recall", fit=fit)
    decisions = {image.category: image.decision for image in evaluation.images()}
    assert decisions == {"nut": True, None: False, "cap": True}
    (caution,) = [c for c in evaluation.result.cautions if c.code == "category_not_fitted"]
    assert caution.message.startswith("categories without a fit of their own: (none), cap; ")


def test_pooled_images_are_judged_by_the_fit_of_all() -> None:
    """--pool asks for one threshold, so that categories have theirs is nothing to be told."""
    fit = fit_of(SCALES_APART, threshold="max")
    evaluation = evaluation_of([Picture(5, 1, category="a")], "image_recall", fit=fit, pool=True)
    assert [image.decision for image in evaluation.images()] == [False]
    assert "category_not_fitted" not in caution_codes(evaluation)


def test_sample_metrics_need_samples() -> None:
    """Without --by group_id a sample metric is refused, naming the option."""
    with pytest.raises(UsageError, match="--by group_id"):
        score_of([Picture(1, 1, group="A")], "sample_auroc")
    with pytest.raises(UsageError, match="the data has no group_id"):
        score_of([Picture(1, 1)], "sample_auroc", by="group_id")
