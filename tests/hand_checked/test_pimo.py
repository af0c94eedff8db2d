"""Per-image overlap against the shared false positive rate of normal images."""

import pytest

from tests.facts.pimo import CASES, PimoCase
from tests.hand_checked.expecting import by_id, close, expected
from tests.support import evaluation_of, pictures_with_maps, score_of, values_of

precisions = pytest.mark.parametrize("dtype", ["float32", "float64"])


@precisions
@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_aupimo_has_its_hand_checked_value(case: PimoCase, dtype: str) -> None:
    """The mean over anomalous images of a closed form with logarithms."""
    rows = score_of(pictures_with_maps(case.maps, case.masks), *case.expected, dtype=dtype)
    assert values_of(rows) == expected(case.expected)


@precisions
@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_every_image_has_its_hand_checked_area(case: PimoCase, dtype: str) -> None:
    """The per-image report holds each anomalous image's own area, and none for normal images."""
    evaluation = evaluation_of(
        pictures_with_maps(case.maps, case.masks), *case.expected, dtype=dtype
    )
    found = [image.aupimo for image in evaluation.images()]
    assert found == [area if area is None else close(area) for area in case.per_image]


@pytest.mark.parametrize("case", [c for c in CASES if None in c.expected.values()], ids=by_id)
def test_a_missing_class_is_named(case: PimoCase) -> None:
    """Without normal, or without anomalous images, the reason says which are missing."""
    (row,) = score_of(pictures_with_maps(case.maps, case.masks), *case.expected).values()
    anomalous = any(value for mask in case.masks for line in mask for value in line)
    assert row.reason == ("no normal image" if anomalous else "no image with an anomalous pixel")
