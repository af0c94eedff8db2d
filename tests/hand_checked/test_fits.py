"""What a validation split fits, and what the fit does to other data."""

from math import inf, nextafter
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import InvalidInputError, UsageError
from anomeval.judging.post_processor import FittedLevel
from tests.facts.fitting import (
    B5,
    B10_PIXELS,
    B12,
    B16,
    DECISIONS,
    FITS,
    RULES,
    DecisionCase,
    FitCase,
    RuleCase,
)
from tests.facts.nan import INFINITE
from tests.hand_checked.expecting import by_id, close, exactly
from tests.support import (
    Picture,
    evaluation_of,
    fit_at,
    fit_of,
    pictures_of,
    score_of,
    values_of,
    write_h5,
)

BEYOND_THE_NORMALS = {"fpr-out-of-reach": nextafter(4.0, inf)}
"""Where the references leave a threshold open and the product takes the next number above."""


def fitted(case: FitCase) -> anomeval.Fit:
    """The case's validation split, fitted with its rule and sensitivity."""
    return fit_of(
        pictures_of(case.scores, case.labels),
        threshold=case.rule,
        image_sensitivity=float(case.sensitivity),
    )


def image_level(fit: anomeval.Fit) -> FittedLevel:
    """The image half of a fit that has one."""
    assert fit.shared.image is not None
    return fit.shared.image


def pixel_level(fit: anomeval.Fit) -> FittedLevel:
    """The pixel half of a fit that has one."""
    assert fit.shared.pixel is not None
    return fit.shared.pixel


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_a_fit_finds_threshold_and_range(case: FitCase) -> None:
    """Threshold, minimum and maximum are observed scores, so they are equal to the last bit."""
    level = image_level(fitted(case))
    found = {"threshold": level.scale.threshold, "low": level.scale.low, "high": level.scale.high}
    assert found == exactly({"threshold": case.threshold, "low": case.low, "high": case.high})


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_sensitivity_moves_the_cut(case: FitCase) -> None:
    """It is threshold + (1/2 - sensitivity) * (maximum - minimum), in raw scores."""
    level = image_level(fitted(case))
    assert level.scale.cut == close(case.cut)


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_normalization_puts_the_threshold_at_one_half(case: FitCase) -> None:
    """clamp((x - threshold) / (maximum - minimum) + 1/2, 0, 1)."""
    level = image_level(fitted(case))
    normalized = level.scale.normalize(np.array(case.applied, np.float64))
    expected = [float(value) for value in case.normalized]
    assert normalized.tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("case", FITS, ids=by_id)
def test_a_score_at_the_cut_is_anomalous(case: FitCase) -> None:
    """Decisions of a file's images follow `raw score >= cut`."""
    images = _applied(case)
    decisions = evaluation_of(images, "image_recall", fit=fitted(case)).images()
    assert [image.decision for image in decisions] == [bool(flag) for flag in case.flagged]


@pytest.mark.parametrize("case", [c for c in FITS if c.validation], ids=by_id)
def test_the_cut_reproduces_the_f1_it_was_chosen_for(case: FitCase) -> None:
    """Metrics of the validation split itself at the cut; a strict comparison would lose some."""
    images = pictures_of(case.scores, case.labels)
    rows = score_of(images, *case.validation, fit=fitted(case))
    assert values_of(rows) == exactly(case.validation)


def test_normals_alone_fall_back_to_their_maximum_and_say_so() -> None:
    """The one-class case works out of the box, with a caution that names the rule that served."""
    (case,) = (case for case in FITS if case.id == "B6")
    fit = fitted(case)
    assert image_level(fit).rule == "max"
    assert "threshold_fallback" in dict(fit.cautions)


def test_a_constant_split_is_cautioned() -> None:
    """A single value leaves nothing to scale by."""
    (case,) = (case for case in FITS if case.id == "B4")
    assert "constant_scores" in dict(fitted(case).cautions)


@pytest.mark.parametrize("case", [c for c in RULES if c.threshold is not None], ids=by_id)
def test_every_rule_chooses_its_hand_checked_threshold(case: RuleCase) -> None:
    """A rule's threshold on scores and labels in a file."""
    assert case.threshold is not None
    level = image_level(fit_of(pictures_of(case.scores, case.labels), threshold=case.rule))
    assert level.scale.threshold == float(case.threshold)
    assert level.rule == case.rule


@pytest.mark.parametrize("case", [c for c in RULES if c.threshold is not None], ids=by_id)
def test_every_rule_is_the_same_over_pixels(case: RuleCase) -> None:
    """One map whose pixels are a case's scores, its mask the case's labels."""
    assert case.threshold is not None
    images = [Picture(map=[case.scores], mask=[case.labels])]
    level = pixel_level(fit_of(images, threshold="manual@0", pixel_threshold=case.rule))
    assert level.scale.threshold == float(case.threshold)


@pytest.mark.parametrize("case", [c for c in RULES if c.threshold is None], ids=by_id)
def test_a_rule_without_a_threshold_is_refused_or_goes_beyond_the_normals(case: RuleCase) -> None:
    """What lacks a class is refused; a rate no observed score keeps is kept by the next number."""
    images = pictures_of(case.scores, case.labels)
    if case.id in BEYOND_THE_NORMALS:
        level = image_level(fit_of(images, threshold=case.rule))
        assert level.scale.threshold == BEYOND_THE_NORMALS[case.id]
    else:
        with pytest.raises(UsageError, match=r"cannot be fitted: there is no .* score"):
            fit_of(images, threshold=case.rule)


def test_maps_without_masks_fit_no_pixel_threshold() -> None:
    """Which pixels are normal is not known, so the pixel level is left open."""
    images = [Picture(8, 1, grid) for grid in B10_PIXELS.maps]
    assert fit_of(images).shared.pixel is None


def test_the_range_spans_all_files(tmp_path: Path) -> None:
    """Minimum and maximum of scores that arrive in several files."""
    files = [
        write_h5(tmp_path / f"{number}.h5", pictures_of(batch, [0] * len(batch)))
        for number, batch in enumerate(B12.batches)
    ]
    level = image_level(anomeval.fit(files))
    assert (level.scale.low, level.scale.high) == (float(B12.low), float(B12.high))


@pytest.mark.parametrize("case", DECISIONS, ids=by_id)
def test_f1_counts_decisions(case: DecisionCase) -> None:
    """2 TP / (2 TP + FP + FN); undefined only where there is nothing to find and nothing found."""
    images = pictures_of(case.flagged, case.labels)
    rows = score_of(images, "image_f1", fit=fit_at(0.5))
    assert values_of(rows) == exactly({"image_f1": case.f1})


def test_a_validation_score_that_is_nan_is_refused() -> None:
    """A fit on NaN would be silently wrong for every image to come."""
    assert B5.labels is not None
    with pytest.raises(InvalidInputError, match=r"pred_score, image 1: NaN"):
        fit_of(pictures_of(B5.scores, B5.labels))


def test_nothing_is_decided_without_a_fit() -> None:
    """A metric at a threshold asks for --fit; images have no decision."""
    images = pictures_of(B16.scores, [0, 1, 1])
    with pytest.raises(UsageError, match=r"image_f1 needs a fitted threshold .* --fit"):
        score_of(images, "image_f1")
    assert [image.decision for image in evaluation_of(images, "image_auroc").images()] == [None] * 3


def test_infinite_scores_have_no_range() -> None:
    """What can be ranked cannot always be normalized."""
    with pytest.raises(InvalidInputError, match="infinite scores have no range"):
        fit_of(pictures_of(INFINITE.scores, INFINITE.labels))


def test_the_pixel_level_takes_the_rule_of_images_unless_given_its_own() -> None:
    """--threshold serves both levels, --pixel-threshold one."""
    image = [Picture(1.0, 0, [[1, 2], [3, 4]], [[0, 0], [0, 0]])]
    both = pixel_level(fit_of(image, threshold="manual@2.5"))
    own = pixel_level(fit_of(image, threshold="manual@2.5", pixel_threshold="quantile@0"))
    assert (both.rule, own.rule) == ("manual@2.5", "quantile@0")
    assert (both.scale.threshold, own.scale.threshold) == (2.5, 1.0)


def test_each_level_has_its_own_sensitivity() -> None:
    """Image and pixel cuts move independently."""
    image = [Picture(score, 0, [[score, 0]], [[0, 0]]) for score in (1.0, 3.0)]
    fit = fit_of(image, threshold="max", image_sensitivity=0.75, pixel_sensitivity=0.25)
    assert image_level(fit).scale.cut == 3.0 - 0.25 * 2.0
    assert pixel_level(fit).scale.cut == 3.0 + 0.25 * 3.0


def _applied(case: FitCase) -> list[Picture]:
    """The images a fit is applied to; labels do not matter for decisions."""
    if case.maps:
        return [Picture(label=0, map=scores) for scores in case.maps]
    return [Picture(score, 0) for score in case.applied]
