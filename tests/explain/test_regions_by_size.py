"""Regions of each size have a row of their own, whose values are those of the definition."""

from fractions import Fraction

import numpy as np
import pytest

import anomeval
from anomeval.reporting.documents import read
from anomeval.reporting.explanation_text import explanation_text
from anomeval.reporting.page.images import size_classes
from anomeval.reporting.page.model import Region
from anomeval.reporting.region_sizes import size_class
from anomeval.workflows.explaining import explain
from tests.hand_checked.expecting import close
from tests.reference.exact import falling, share_at_or_above
from tests.reference.overlap import area_up_to, background_scores, mean_overlap, region_scores
from tests.reporting.samples import printed, widest
from tests.support import Picture, fit_at, run_here, write_h5

SIDE = 12


def pictures():
    """Two objects with regions of 1, 15, 16, 20 and 64 pixels, and ties between all scores."""
    random = np.random.default_rng(3)
    found = []
    for category in "ab":
        for number, boxes in enumerate([[], [(1, 1), (3, 5)], [(4, 4), (4, 5)], [(8, 8)], []]):
            mask = np.zeros((SIDE, SIDE), int)
            for place, (height, width) in enumerate(boxes):
                top = 6 * place
                mask[top : top + height, 1 : 1 + width] = 1
            scores = random.integers(0, 9, mask.shape) + 2 * mask
            path = f"{category}{number}.png"
            found.append(
                Picture(map=scores.tolist(), mask=mask.tolist(), path=path, category=category)
            )
    return found


def by_the_definition(images, low, high, cut):
    """Number, area, hits and mean overlap of the regions of a size, against all background."""
    maps, masks = [one.map for one in images], [one.mask for one in images]
    regions = [one for one in region_scores(maps, masks, 8) if low <= len(one) <= high]
    background = background_scores(maps, masks, "all")
    cuts = falling([*background, *(score for region in regions for score in region)])
    curve = [(share_at_or_above(background, c), mean_overlap(regions, c)) for c in cuts]
    area = area_up_to([(Fraction(0), Fraction(0)), *curve], Fraction(3, 10)) / Fraction(3, 10)
    hit = sum(max(region) >= cut for region in regions)
    return len(regions), close(area), hit, close(mean_overlap(regions, cut))


def test_each_row_is_the_definition_on_its_regions(tmp_path):
    images = pictures()
    rows = explain([write_h5(tmp_path / "t.h5", images)], fit=fit_at(0, 9)).regions
    classes = [(1, 15), (16, 63), (64, 255)]
    assert [(row.category, row.low, row.high) for row in rows] == [
        (category, *ends) for category in "ab" for ends in classes
    ]
    for row in rows:
        own = [one for one in images if one.category == row.category]
        expected = by_the_definition(own, row.low, row.high, 9)
        assert (row.regions, row.aupro, row.hit, row.pro) == expected


def test_together_the_rows_are_what_score_gives(tmp_path):
    """Their means, each weighing as many regions as it has."""
    path = write_h5(tmp_path / "t.h5", pictures())
    rows = explain([path], fit=fit_at(0, 9), pool=True).regions
    scored = anomeval.score([path], metrics=["aupro", "pro"], fit=fit_at(0, 9), pool=True).result
    total = sum(row.regions for row in rows)
    for name, row in zip(("aupro", "pro"), scored.rows, strict=True):
        assert sum(getattr(one, name) * one.regions for one in rows) / total == close(row.value)


def test_without_a_fit_nothing_is_decided(tmp_path):
    rows = explain([write_h5(tmp_path / "t.h5", pictures())]).regions
    assert {(row.hit, row.pro) for row in rows} == {(None, None)}
    assert None not in [row.aupro for row in rows]


def test_without_regions_or_background_nothing_is_made_up(tmp_path):
    good = [one for one in pictures() if not np.any(one.mask)]
    assert explain([write_h5(tmp_path / "good.h5", good)]).regions == ()
    full = [Picture(map=[[1, 2]], mask=[[1, 1]])]
    (row,) = explain([write_h5(tmp_path / "full.h5", full)], fit=fit_at(0, 2)).regions
    assert (row.aupro, row.hit, row.pro) == (None, 1, 0.5)


@pytest.mark.parametrize("exponent", range(2, 12))
def test_classes_meet_at_powers_of_four(exponent):
    first = 4**exponent
    assert size_class(first) == size_class(4 * first - 1) == (first, 4 * first - 1)
    assert size_class(first - 1)[1] == first - 1
    assert size_class(1) == (1, 15)


def test_the_page_has_the_same_classes():
    regions = [
        Region("a", None, None, n, size, 0.5, 1.0, 0.1) for n, size in enumerate((1, 15, 16))
    ]
    assert [(one.label, one.regions) for one in size_classes(regions)] == [
        ("1\N{EN DASH}15 px", 2),
        ("16\N{EN DASH}63 px", 1),
    ]


@pytest.mark.parametrize("width", [40, 80])
def test_it_is_shown(tmp_path, width):
    images = pictures()
    explained = explain([write_h5(tmp_path / "t.h5", images)], fit=fit_at(0, 9))
    shown = printed(explanation_text(explained), width=width)
    assert widest(shown) <= width
    if width == 80:
        table = shown[shown.index("pixel regions by size") :].split("\n\n")[0].splitlines()
        number, _, hit, _ = by_the_definition(images[:5], 1, 15, 9)
        first = next(line for line in table if line.startswith("a"))
        assert first.split()[:4] == ["a", "1\N{EN DASH}15", "px", str(number)]
        assert first.split()[5] == str(hit)


def test_the_document_has_it(tmp_path):
    path = write_h5(tmp_path / "t.h5", pictures())
    document = read(run_here("explain", path, "--json", "-").stdout, "-", "anomeval.explanation/1")
    assert [one["low"] for one in document["regions"]] == [1, 16, 64] * 2
    assert document["regions"][0]["hit"] is None
