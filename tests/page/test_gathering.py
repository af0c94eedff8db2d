"""What a report holds agrees with what the evaluation says."""

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.reporting.page.choice import choose
from anomeval.workflows.reporting_page import gather, report
from anomeval.workflows.reporting_parts import Reading, false_positive_rates
from tests.page.samples import DATA, sample_baseline, sample_page, write_split
from tests.support import Picture, fit_at, write_h5


def test_a_histogram_counts_every_score():
    """All images, and all pixels, are in the bins of their category."""
    page = sample_page()
    counted = {
        level: sum(
            int(getattr(spread.test, name).sum())
            for spread in page.spreads
            if spread.level == level
            for name in ("normal", "anomalous")
        )
        for level in ("image", "pixel")
    }
    data = page.result.data
    assert counted == {"image": data.images, "pixel": data.pixels}


def test_histograms_of_both_splits_share_their_bins():
    """The validation split was given, so every chart has it; 20 of its images per category."""
    for spread in sample_page().spreads:
        assert spread.validation is not None
        assert spread.validation.edges is spread.test.edges
        if spread.level == "image":
            total = spread.validation.normal.sum() + spread.validation.anomalous.sum()
            assert total == 20


def test_a_region_is_first_hit_at_its_highest_score(tmp_path):
    """Two regions, and the share of normal pixels that score as high."""
    pictures = [
        Picture(map=[[3, 0, 9], [0, 0, 1]], mask=[[1, 0, 1], [0, 0, 1]], path="a"),
        Picture(map=[[5, 4, 3], [2, 1, 0]], mask=[[0, 0, 0], [0, 0, 0]], path="b"),
    ]
    page = gather([write_h5(tmp_path / "t.h5", pictures)], fit=fit_at(5.0))
    first, second = page.regions
    assert (first.size, first.recall, first.first_hit) == (1, 0.0, 3.0)
    assert first.fpr == 3 / 9
    assert (second.size, second.recall, second.first_hit, second.fpr) == (2, 0.5, 9.0, 0.0)
    assert (first.number, second.number) == (1, 2)


def test_rates_do_not_depend_on_the_order_of_thresholds():
    """Thresholds of regions come in any order."""
    from anomeval.ranking.sample import Sample

    sample = Sample.of(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4, np.bool_))
    assert false_positive_rates(sample, np.array([4.0, 1.0, 5.0])) == [0.25, 1.0, 0.0]


def test_the_gallery_shows_wrong_decisions_worst_first():
    """False alarms, then misses; each side by its distance from the cut."""
    page = sample_page()
    sides = [picture.side for picture in page.gallery.pictures]
    assert sides == ["false_alarm"] * 12 + ["missed"] * 12
    severities = [p.severity for p in page.gallery.pictures if p.side == "missed"]
    assert severities == sorted(severities, reverse=True)
    assert all(p.image.decision is not p.image.anomalous for p in page.gallery.pictures)
    assert all(p.photo and p.photo.startswith("data:image/jpeg") for p in page.gallery.pictures)


def test_without_decisions_images_are_chosen_by_rank():
    """The normal image above both anomalous ones, and the anomalous one below it."""
    result = anomeval.score([DATA / "knn" / "test.h5"])
    chosen, by_decision = choose(result.images(), {}, 3)
    assert not by_decision
    assert [one.side for one in chosen] == ["false_alarm"] * 3 + ["missed"] * 3
    assert chosen[0].severity == max(one.severity for one in chosen[:3])


def test_images_are_ranked_within_what_is_judged_together(tmp_path):
    """High in its own category, low among all: only without pooling is it out of place."""
    scores = {"a": [(1.0, 0), (2.0, 0), (1.5, 1)], "b": [(8.0, 0), (9.0, 1)]}
    pictures = [
        Picture(score, label, path=f"{name}{score}", category=name)
        for name, some in scores.items()
        for score, label in some
    ]
    path = write_h5(tmp_path / "t.h5", pictures)
    apart = gather([path]).gallery.pictures
    pooled = gather([path], reading=Reading(pool=True)).gallery.pictures
    found = [{p.image.image_path: p.severity for p in some} for some in (apart, pooled)]
    assert found[0] == {"a2.0": 1.0, "a1.5": 0.5}
    assert found[1] == {"a2.0": 0.5, "b8.0": 0.5, "a1.5": 2 / 3}


def test_a_fit_puts_all_maps_on_its_normalized_scale():
    """One scale for all categories, with the cut in its middle."""
    scale = sample_page().gallery.scale
    assert scale is not None
    assert (scale.low, scale.high, scale.normalized, scale.cut) == (0.0, 1.0, True, 0.5)


def test_without_a_fit_the_scale_is_the_range_of_all_scores(tmp_path):
    """Raw scores, the same ends for every category."""
    path = write_split(tmp_path / "test.h5", [f"{n}.png" for n in range(8)])
    scale = gather([path]).gallery.scale
    assert scale is not None
    assert (scale.low, scale.high, scale.normalized) == (0.0, 2.05, False)


def test_image_level_data_makes_a_page_without_maps(tmp_path):
    """Scores and labels are enough."""
    pictures = [Picture(score=n, label=n % 2, path=f"{n}.png") for n in range(6)]
    page = gather([write_h5(tmp_path / "t.h5", pictures)])
    assert page.gallery.scale is None
    assert page.regions == []
    assert {spread.level for spread in page.spreads} == {"image"}


def test_a_baseline_of_other_images_is_named_not_compared(tmp_path):
    """The page says why, and shows no changes."""
    names = [f"{n}.png" for n in range(6)]
    other = anomeval.score([write_split(tmp_path / "other.h5", [f"x{n}" for n in names])])
    page = gather([write_split(tmp_path / "t.h5", names)], baseline=other.result)
    assert page.baseline is not None
    assert any("only the baseline has 6 images" in text for text in page.baseline.refusals)
    assert page.baseline.changes.images == ()


def test_changes_are_those_between_the_two_results():
    """What got lost and found is what the decisions of both say."""
    page = sample_page()
    assert page.baseline is not None
    before = {image.image_path: image.decision for image in sample_baseline().images}
    turned = {i.image_path for i in page.images if i.decision != before[i.image_path]}
    assert {change.image_path for change in page.baseline.changes.images} == turned


def test_a_baseline_of_another_definition_is_named_not_compared(tmp_path):
    """AUPRO up to another limit is another number."""
    path = write_split(tmp_path / "t.h5", [f"{n}.png" for n in range(6)])
    other = anomeval.score([path], metrics=["aupro@0.05"])
    page = gather([path], metrics=["aupro"], baseline=other.result)
    assert page.baseline is not None
    assert page.baseline.comparison is None
    assert "another definition" in page.baseline.refusals[0]


def test_a_folder_that_is_none_is_refused(tmp_path):
    """A typing error in --images must not look like missing files."""
    with pytest.raises(UsageError, match="is not a folder"):
        gather([DATA / "knn" / "test.h5"], images=tmp_path / "nothing")


def test_names_cannot_lead_out_of_the_folder(tmp_path):
    """An image_path with dots reads nothing beside the folder."""
    from PIL import Image

    Image.new("L", (8, 8)).save(tmp_path / "secret.png")
    (tmp_path / "images").mkdir()
    names = ["../secret.png", str(tmp_path / "secret.png"), "x/../../secret.png", "none.png"]
    pictures = [Picture(1 - n % 2, n % 2, [[n]], [[n % 2]], name) for n, name in enumerate(names)]
    page = gather([write_h5(tmp_path / "t.h5", pictures)], images=tmp_path / "images")
    assert page.gallery.pictures
    assert all(picture.photo is None for picture in page.gallery.pictures)
    (note,) = page.gallery.notes
    assert note.startswith("0 of 4 images could be read below the folder given by --images; not ")


@pytest.mark.parametrize("root", ["", "./", "/data/x/", "D:\\z\\", "data/x/"])
def test_photographs_are_found_below_the_folder_whatever_names_begin_with(tmp_path, root):
    """Predicted on one machine, looked at on another; what is missing is counted and named."""
    from PIL import Image

    names = [f"bottle/test/{kind}/{n}.png" for kind in ("good", "bent") for n in range(3)]
    for name in names[:-1]:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8)).save(path)
    called = [root + (name.replace("/", "\\") if "\\" in root else name) for name in names]
    pictures = [
        Picture(-n, n // 3, [[n % 3, n]], [[n // 3, 0]], name) for n, name in enumerate(called)
    ]
    page = gather([write_h5(tmp_path / "t.h5", pictures)], images=tmp_path / "images")
    assert sum(picture.photo is not None for picture in page.gallery.pictures) == 5
    (note,) = page.gallery.notes
    assert note.startswith("5 of 6 images could be read")
    assert note.endswith("2.png")


def test_report_writes_the_page(tmp_path):
    """The call from Python: one file."""
    path = write_split(tmp_path / "t.h5", [f"{n}.png" for n in range(6)])
    page = report([path], tmp_path / "report.html", title="My line")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert page.title == "My line"
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>My line \N{EN DASH} anomeval report</title>" in text
