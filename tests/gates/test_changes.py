"""Which images and regions changed side."""

from anomeval.gates.changes import changes
from anomeval.reporting.changes import losses_by_kind
from anomeval.reporting.changes_words import gain_texts, loss_rows, loss_texts, tally_text
from anomeval.reporting.result import RegionRecord
from tests.gates.samples import IMAGES, changed_image, pictures, result, row, scored

LOST = (
    *changed_image(
        "c.png", decision=False, score=0.4, regions=(RegionRecord(4, 0.0), RegionRecord(9, 0.0))
    )[:3],
    changed_image("d.png", decision=False)[3],
)
LOST = (changed_image("b.png", decision=True, score=0.7)[1], IMAGES[0], *LOST[2:])


def seen(before, after):
    return changes(result(row(), images=before), result(row(), images=after))


def test_nothing_changed():
    same = seen(IMAGES, IMAGES)
    assert (same.images, same.regions, same.unknown) == ((), (), ())
    assert tally_text(same) == ""


def test_what_is_lost_stands_worst_first():
    lost = seen(IMAGES, LOST)
    assert [(c.side, c.image_path, c.size) for c in lost.images] == [
        ("missed", "c.png", 13),
        ("missed", "d.png", 2),
        ("false_alarm", "b.png", 0),
    ]
    assert [(c.image_path, c.number, c.size, c.before) for c in lost.regions] == [
        ("c.png", 2, 9, 0.5),
        ("c.png", 1, 4, 1.0),
    ]
    assert (lost.images[0].before, lost.images[0].after) == (0.9, 0.4)
    assert tally_text(lost) == "2 newly missed images, 1 new false alarm, 2 newly missed regions"


def test_the_other_way_round_it_is_won():
    won = seen(LOST, IMAGES)
    assert [c.side for c in won.images] == ["found", "found", "cleared"]
    assert [c.side for c in won.regions] == ["found", "found"]
    assert won.lost_images() == []
    assert won.lost_regions() == []
    assert gain_texts(won, 1) == [
        "found: c.png (nut/crack, 13 anomalous pixels)",
        "and 2 more images",
        "found: region 2 of c.png (nut/crack, 9 pixels, 0 % → 50 % found)",
        "and 1 more region",
    ]


def test_losses_are_told_by_kind_and_by_name():
    lost = seen(IMAGES, LOST)
    assert loss_rows(lost)[1:] == [
        ("nut/crack", "1", "", "2", "9"),
        ("nut/bend", "1", "", "", ""),
        ("nut/good", "", "1", "", ""),
    ]
    assert loss_texts(lost, 9) == [
        "missed: c.png (nut/crack, 13 anomalous pixels)",
        "missed: d.png (nut/bend, 2 anomalous pixels)",
        "false alarm: b.png (nut/good)",
        "missed: region 2 of c.png (nut/crack, 9 pixels, 50 % → 0 % found)",
        "missed: region 1 of c.png (nut/crack, 4 pixels, 100 % → 0 % found)",
    ]
    assert [loss.total for loss in losses_by_kind(lost)] == [3, 1, 1]


def test_without_decisions_it_is_said_that_nothing_is_known():
    undecided = tuple(
        changed_image(
            image.image_path, decision=None, regions=(RegionRecord(3),) * len(image.regions)
        )[n]
        for n, image in enumerate(IMAGES)
    )
    unknown = seen(undecided, undecided)
    assert (unknown.images, unknown.regions) == ((), ())
    assert unknown.unknown == (
        "without a fitted image threshold in both results no image can change side",
        "without a fitted pixel threshold in both results no region can change side",
    )


def test_a_dropped_score_is_no_lack_of_a_fit():
    dropped = changed_image("a.png", score=None, decision=None)
    assert seen(dropped, IMAGES).unknown == ()


def test_what_a_real_model_lost_is_found(tmp_path):
    metrics = ["image_f1", "pixel_f1"]
    before = scored(tmp_path / "a.h5", pictures(1), metrics=metrics)
    after = scored(tmp_path / "b.h5", pictures(1, loss=3.0), metrics=metrics)
    lost = changes(before, after)
    weakened = {f"{c}/bend/{n:03}.png" for c in ("nut", "pill") for n in range(1, 20, 4)}
    assert {c.image_path for c in lost.regions} <= weakened
    assert len(lost.lost_regions()) >= 10
    assert {c.side for c in lost.images} == {"missed"}
