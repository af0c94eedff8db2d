"""What `fit` says about a threshold that nobody should rely on, aloud and in FIT.json."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import anomeval
from tests.support import Picture, pictures_of, run_here, write_h5

BESIDE_THE_POINT = "identity_by_position"


def told(folder: Path, pictures: Sequence[Picture], *options: str) -> dict[str, str]:
    """The cautions of a fit by code; each is said on standard error as well."""
    split, out = write_h5(folder / "val.h5", pictures), folder / "fit.json"
    done = run_here("fit", split, "-o", out, "-q", *options)
    assert done.status == 0, done.stderr
    cautions = json.loads(out.read_text())["cautions"]
    assert [f"Caution: {c['message']}" for c in cautions if c["code"] != "score_from_map"] == (
        done.stderr.splitlines()
    )
    return {c["code"]: c["message"] for c in cautions if c["code"] != BESIDE_THE_POINT}


def test_a_sound_split_gives_no_caution(tmp_path: Path) -> None:
    """One of four normals above one anomalous image is no reason to warn."""
    assert told(tmp_path, pictures_of([1, 2, 3, 6, 5, 7], [0, 0, 0, 0, 1, 1])) == {}


def test_scores_that_are_lower_for_anomalous_images(tmp_path: Path) -> None:
    """Of 4 x 2 pairs one is in the right order: AUROC 1/8. f1 then flags everything."""
    found = told(tmp_path, pictures_of([3, 4, 5, 6, 1, 3.5], [0, 0, 0, 0, 1, 1]))
    assert set(found) == {"inverted_scores", "many_false_alarms"}
    assert found["inverted_scores"] == (
        "image level: scores are lower for anomalous images than for normal ones (AUROC 0.125): "
        "do high scores mean anomalous in this file?"
    )
    assert "flags 4 of 4 normal images" in found["many_false_alarms"]


def test_pixels_that_are_lower_inside_the_mask(tmp_path: Path) -> None:
    """Image scores are right, pixels are not: 1 against 2, 3, 4 in the map, and 1 elsewhere."""
    pictures = [
        Picture(9, 1, [[1, 2], [3, 4]], [[1, 0], [0, 0]]),
        Picture(1, 0, [[1, 1], [1, 2]], [[0, 0], [0, 0]]),
    ]
    found = told(tmp_path, pictures)
    assert "pixel level: scores are lower for anomalous pixels" in found["inverted_scores"]
    assert "(AUROC 0.2143)" in found["inverted_scores"]  # three ties of seven pairs
    assert "--pixel-threshold fpr@0.01" in found["many_false_alarms"]


@pytest.mark.parametrize("rule", ["f1", "recall@0.5"])
def test_a_split_of_anomalous_images_only(tmp_path: Path, rule: str) -> None:
    """Nothing is known of false alarms."""
    found = told(tmp_path, pictures_of([1, 2, 3], [1, 1, 1]), "--threshold", rule)
    assert set(found) == {"no_normals"}
    assert found["no_normals"].startswith("image level: no normal image in this split")


def test_only_the_categories_are_told_of_that_have_a_threshold_of_their_own(
    tmp_path: Path,
) -> None:
    """All together are inverted, for each category has a scale of its own; none of these is."""
    scores, labels = [1, 1, 2, 11, 12, 12], [0, 0, 1, 0, 1, 1]
    pictures = [
        Picture(score, label, category="a" if score < 9 else "b")
        for score, label in zip(scores, labels, strict=True)
    ]
    assert told(tmp_path, pictures) == {}
    upside_down = [Picture(-(p.score or 0), p.label, category=p.category) for p in pictures]
    messages = told(tmp_path, upside_down)
    assert messages["inverted_scores"].startswith("image level of b: ")


def test_a_threshold_that_flags_half_of_the_good_parts(tmp_path: Path) -> None:
    """Two of four, with a remedy; one of four is fine, and so is who asked for half of them."""
    pictures = pictures_of([1, 2, 3, 4, 3, 5], [0, 0, 0, 0, 1, 1])
    assert told(tmp_path, pictures) == {
        "many_false_alarms": "image level: the cut flags 2 of 4 normal images; to flag fewer, fit "
        "with --threshold fpr@0.01"
    }
    assert told(tmp_path, pictures, "--threshold", "fpr@0.25") == {}
    assert told(tmp_path, pictures, "--threshold", "fpr@0.5") == {}
    assert told(tmp_path, pictures_of([1], [0])).keys() == {"threshold_fallback", "constant_scores"}
    moved = told(tmp_path, pictures, "--threshold", "fpr@0.25", "--image-sensitivity", "0.9")
    assert "flags 2 of 4" in moved["many_false_alarms"]
    assert moved["many_false_alarms"].endswith("fit with a lower --image-sensitivity")


TOP = pictures_of([0.1] * 5 + [1.0] * 5 + [1.0] * 2, [0] * 10 + [1] * 2)


def test_nothing_is_flagged_on_ties_at_the_top(tmp_path: Path) -> None:
    """The cut is the next number above 1; the table shows the digits that differ."""
    found = told(tmp_path, TOP, "--threshold", "fpr@0.01")
    assert set(found) == {"nothing_flagged"}
    assert found["nothing_flagged"].startswith(
        "image level: nothing is flagged: the cut, 1.0000000000000002, is the next number above "
        "the highest score, 1.0, which 5 of 10 normal images have"
    )
    split, out = tmp_path / "val.h5", tmp_path / "again.json"
    shown = run_here("fit", split, "-o", out, "--threshold", "fpr@0.01").stdout
    assert shown.split().count("1.0000000000000002") == 2
    assert shown.split().count("1.0") == 1
    usual = run_here("fit", split, "-o", out, "--threshold", "f1").stdout
    assert "1.0" not in usual.split()


def test_pixels_of_normal_images_that_are_saturated(tmp_path: Path) -> None:
    """uint8 has nothing above 255, and normals alone are a usual split."""
    maps = np.full((3, 2, 2), 255, np.uint8)
    maps[:, 0, 0] = (1, 2, 3)
    np.savez(tmp_path / "val.npz", anomaly_map=maps, gt_label=[0, 0, 0], pred_score=[1.0, 2.0, 3.0])
    fit = anomeval.fit([tmp_path / "val.npz"], threshold="fpr@0.01")
    messages = [message for code, message in fit.cautions if code == "nothing_flagged"]
    assert len(messages) == 1, "of image scores none is tied"
    assert messages[0].startswith("pixel level: nothing is flagged")
    assert "which 9 of 12 normal pixels have" in messages[0]


def test_no_anomalous_image_is_flagged(tmp_path: Path) -> None:
    """With false alarms, and without any; normals that stay below a cut are what it is for."""
    pictures = pictures_of([1, 2, 3, 4, 2.5], [0, 0, 0, 0, 1])
    found = told(tmp_path, pictures, "--threshold", "manual@3")
    assert found["nothing_flagged"] == "image level: none of 1 anomalous image is flagged"
    found = told(tmp_path, pictures, "--threshold", "manual@9")
    assert "nothing is flagged, none of 1 anomalous image: every" in found["nothing_flagged"]
    assert told(tmp_path, pictures[:4], "--threshold", "sigma@3") == {}
