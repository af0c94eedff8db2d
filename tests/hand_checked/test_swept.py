"""Means over cuts that divide the range of scores, counted by hand."""

from fractions import Fraction as F

import pytest

from anomeval.errors import UsageError
from anomeval.metrics.swept import MF1, MAcc
from anomeval.ranking.sweep import cut_at, places
from tests.support import pictures_with_maps, score_of, values_of

# Of the scores 0 ... 10, 4 and 10 are anomalous. Cuts at 2, 5 and 8 flag {4, 5, 7, 10}, {5, 7, 10}
# and {10}.
MAP, MASK = [[0, 1, 4], [5, 7, 10]], [[0, 0, 1], [0, 0, 1]]
AT = "(low=0.2,high=0.8,step=0.3)"


@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (0.25, 0), (3, -100)])
def test_each_cut_is_counted(scale, shift):
    """Whatever the scale and its zero."""
    rows = [[scale * cell + shift for cell in row] for row in MAP]
    asked = [f"pixel_{name}{AT}" for name in ("mf1", "macc", "miou")]
    found = values_of(score_of(pictures_with_maps([rows], [MASK]), *asked))
    f1 = (F(4, 6) + F(2, 5) + F(2, 3)) / 3
    recall = (F(1) + F(1, 2) + F(1, 2)) / 3
    iou = (F(2, 4) + F(1, 4) + F(1, 2)) / 3
    assert found == dict(zip(asked, map(float, (f1, recall, iou)), strict=True))


def test_a_score_on_a_cut_is_flagged():
    """0.1 + 0.2 is 0.3 here: of the range 0 ... 10, a score of 3 lies on the third cut."""
    pictures = pictures_with_maps([[[0, 3, 10]]], [[[0, 1, 0]]])
    found = score_of(pictures, "pixel_macc(low=0.3,high=0.3,step=0.1)")
    assert [row.value for row in found.values()] == [1.0]
    assert places(0.1, 0.3, 0.1) == [F(1, 10), F(2, 10), F(3, 10)]


def test_a_cut_is_never_rounded_down():
    """No float lies between the exact place and the cut."""
    cut = cut_at(F(1, 3), 0.0, 1.0)
    assert F(cut) >= F(1, 3) > F(cut) - F(2) ** -53


@pytest.mark.parametrize(
    ("rows", "mask", "reason"),
    [
        ([[1, 2]], [[0, 0]], "no anomalous pixels"),
        ([[2, 2]], [[0, 1]], "all scores are equal"),
        ([[1, float("inf")]], [[0, 1]], "infinite scores cannot be divided evenly"),
    ],
)
def test_without_a_range_there_is_no_mean(rows, mask, reason):
    """Not 0, and not 1."""
    for row in score_of(pictures_with_maps([rows], [mask]), "mf1", "macc", "miou").values():
        assert (row.value, row.reason) == (None, reason)


def test_parameters_that_cannot_be_are_refused():
    """Places lie in the range, and ascend."""
    with pytest.raises(UsageError, match=r"high must be in \[0, 1\], got 1.5"):
        MF1(high=1.5)
    with pytest.raises(UsageError, match="low must not be above high"):
        MAcc(low=0.9)
