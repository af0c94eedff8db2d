"""A group's row is what its images give alone, and asking for groups changes nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import fsum
from typing import Any

from hypothesis import given, settings

from anomeval.metrics import METRICS
from anomeval.reporting.result import Row
from tests.laws.drawing import pictures
from tests.support import Picture, evaluation_of, fit_at

METRICS_OF_IMAGES_AND_PIXELS = [
    str(family(level=level))
    for family in METRICS.values()
    for level in family.levels
    if level != "sample"
]
FIT = fit_at(2.0, 3.0)

few = settings(max_examples=8)


def rows_of(images: Sequence[Picture], **options: Any) -> Sequence[Row]:
    """The rows of every metric."""
    return evaluation_of(images, *METRICS_OF_IMAGES_AND_PIXELS, fit=FIT, **options).result.rows


def by_group(rows: Iterable[Row]) -> dict[tuple[tuple[str, str], ...], list[Row]]:
    """Rows by group, without it."""
    groups: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple((row.group or {}).items()), []).append(replace(row, group=None))
    return groups


@few
@given(images=pictures(1))
def test_a_category_is_judged_by_its_images_alone(images: list[Picture]) -> None:
    """Its rows are those of a file with nothing else in it."""
    groups = by_group(rows_of(images, by="category"))
    for category in {image.category for image in images}:
        alone = [image for image in images if image.category == category]
        assert groups[(("category", str(category)),)] == list(rows_of(alone))


@few
@given(images=pictures(1))
def test_a_defect_type_is_judged_against_the_normals_of_its_category(
    images: list[Picture],
) -> None:
    """Its rows are those of a file with its images and all normal ones of the category."""
    groups = by_group(rows_of(images, by="defect_type"))
    for image in images:
        if image.label:
            alone = [
                other
                for other in images
                if other.category == image.category
                and (not other.label or other.defect_type == image.defect_type)
            ]
            group = (("category", str(image.category)), ("defect_type", str(image.defect_type)))
            assert groups[group] == list(rows_of(alone))


@few
@given(images=pictures(1))
def test_asking_for_groups_changes_no_other_row(images: list[Picture]) -> None:
    """The rows of the whole are the same with --by and without."""
    plain = list(rows_of(images))
    assert by_group(rows_of(images, by="category"))[()] == plain
    assert by_group(rows_of(images, by="defect_type"))[()] == plain
    assert by_group(rows_of(images, by="group_id"))[()] == plain


@few
@given(images=pictures(1))
def test_the_whole_is_the_mean_of_its_categories(images: list[Picture]) -> None:
    """The unweighted mean of those in which a metric is defined, rounded once."""
    groups = by_group(rows_of(images, by="category"))
    whole = {row.metric: row.value for row in groups.pop(())}
    for metric, value in whole.items():
        values = [
            row.value
            for rows in groups.values()
            for row in rows
            if row.metric == metric and row.value is not None
        ]
        assert value == (fsum(values) / len(values) if values else None)


@few
@given(images=pictures(1))
def test_pooling_forgets_the_categories(images: list[Picture]) -> None:
    """With --pool it is as if no category had been written."""
    nameless = [replace(image, category=None) for image in images]
    assert list(rows_of(images, pool=True)) == list(rows_of(nameless))
