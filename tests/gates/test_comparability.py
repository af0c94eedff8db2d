"""Two results pair where they are about the same thing, and each difference is named."""

from dataclasses import replace

import pytest

from anomeval.gates.comparability import differences
from anomeval.reporting.result import RegionRecord
from tests.gates.samples import DATA, IMAGES, changed_image, pictures, result, row, scored

COMMON = " — --common-images takes the 3 images that both have"


def told(one, other):
    return [str(problem) for problem in differences(("A", one), ("B", other))]


def other_truth(images):
    return result(row(), images=images, data=replace(DATA, ground_truth="sha256:33"))


def test_models_may_differ():
    other = replace(DATA, digest="sha256:ff", files=("other.npz",))
    settings = {"fit": None, "core": "numpy", "by": "category"}
    assert told(result(row()), result(row(), data=other, settings=settings)) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resize": "mask"}, "setting 'resize' differs: None in A, 'mask' in B"),
        ({"pool": True}, "setting 'pool' differs: False in A, True in B"),
        ({"new": 1}, "setting 'new' differs: None in A, 1 in B"),
    ],
)
def test_settings_must_agree(settings, message):
    assert told(result(row()), result(row(), settings=settings)) == [message]


@pytest.mark.parametrize(
    ("images", "messages"),
    [
        (IMAGES[1:], [f"only A has 1 image (a.png){COMMON}"]),
        (
            [*IMAGES[:-1], replace(IMAGES[0], image_path="e\n.png")],
            ["only A has 1 image (d.png)", rf"only B has 1 image (e\n.png){COMMON}"],
        ),
        (changed_image("c.png", mask="m9"), ["the mask of 1 image (c.png) is not the same"]),
        (
            changed_image("d.png", regions=(RegionRecord(3),)),
            ["the mask of 1 image (d.png) is not the same"],
        ),
        (changed_image("a.png", anomalous=True), ["the label of 1 image (a.png) is not the same"]),
        (
            changed_image("a.png", category="x", defect_type="y"),
            [
                "the category of 1 image (a.png) is not the same",
                "the defect_type of 1 image (a.png) is not the same",
            ],
        ),
        (IMAGES, ["the group_id or mask of some images is not the same"]),
    ],
)
def test_images_and_ground_truth_must_agree(images, messages):
    assert told(result(row()), other_truth(images)) == messages


def test_a_list_of_images_that_was_cut_short_by_hand_is_noticed():
    assert told(result(row()), result(row(), images=IMAGES[1:])) == [
        f"only A has 1 image (a.png){COMMON}"
    ]


def test_a_crowd_is_counted():
    many = [replace(IMAGES[0], image_path=f"{number}.png") for number in range(9)]
    text = "only B has 9 images (0.png, 1.png, 2.png, 3.png, 4.png, …)" + COMMON.replace("3", "4")
    assert told(result(row()), other_truth([*IMAGES, *many])) == [text]


def test_a_result_that_does_not_know_its_images_is_comparable_to_none():
    unknown = result(row(), data=replace(DATA, ground_truth=""))
    assert told(unknown, unknown) == [
        "A does not tell of which images it is",
        "B does not tell of which images it is",
    ]


def test_real_results_pair_whatever_the_order_of_images(tmp_path):
    images = pictures(1)
    one = scored(tmp_path / "one.h5", images, metrics=["image_auroc"])
    other = scored(tmp_path / "other.h5", pictures(2)[::-1], metrics=["image_auroc"])
    assert told(one, other) == []
    assert one.images == scored(tmp_path / "two.h5", images[::-1], metrics=["image_auroc"]).images


def test_one_image_more_or_one_mask_changed_is_named(tmp_path):
    images = pictures(1)
    one = scored(tmp_path / "one.h5", images, metrics=["image_auroc"])
    fewer = scored(tmp_path / "fewer.h5", images[1:], metrics=["image_auroc"])
    assert told(one, fewer) == ["only A has 1 image (nut/good/000.png)" + COMMON.replace("3", "39")]
    mask = [list(line) for line in images[1].mask]
    mask[7][0] = 1
    images[1] = replace(images[1], mask=mask)
    other = scored(tmp_path / "other.h5", images, metrics=["image_auroc"])
    assert told(one, other) == ["the mask of 1 image (nut/bend/001.png) is not the same"]


def test_another_group_is_noticed(tmp_path):
    images = pictures(1)
    one = scored(tmp_path / "one.h5", images, metrics=["image_auroc"])
    grouped = [replace(image, group="g") for image in images]
    other = scored(tmp_path / "other.h5", grouped, metrics=["image_auroc"])
    (what,) = told(one, other)
    assert what.startswith("the group_id of 40 images (nut/bend/001.png, ")
