"""The references meet every fact, and outside implementations where there are any."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log
from operator import attrgetter

import numpy as np
import pytest
from skimage.measure import label
from sklearn import metrics as sklearn_metrics

from tests.facts import aggregation as aggregation_facts
from tests.facts import fitting as fitting_facts
from tests.facts import image_level
from tests.facts import mebin as mebin_facts
from tests.facts import nan as nan_facts
from tests.facts import pimo as pimo_facts
from tests.facts import regions as region_facts
from tests.facts.aggregation import MeanCase
from tests.facts.fitting import DecisionCase, FitCase, RuleCase
from tests.facts.image_level import ImageCase
from tests.facts.mebin import ErosionCase, MebinCase, RunCase
from tests.facts.nan import NanImages, Policy
from tests.facts.notation import flags, grid, mask, number, numbers
from tests.facts.pimo import PimoCase
from tests.facts.regions import GrayMaskCase, RegionCase, SaturationCase
from tests.reference import loco, mebin, missing, normalization, pimo, ranking
from tests.reference.aggregation import by_sample, unweighted_mean
from tests.reference.by_name import parsed, pixel_value, sample_value
from tests.reference.exact import decimal
from tests.reference.overlap import aupro
from tests.reference.pixels import is_anomalous, pooled
from tests.reference.regions import labelled, regions
from tests.reference.saturated import auspro
from tests.reference.thresholds import threshold

TOLERANCE = 1e-13
"""Relative error allowed where a logarithm makes a value irrational."""

Identified = ImageCase | FitCase | RuleCase | RegionCase | PimoCase

by_id = attrgetter("id")
seeds = pytest.mark.parametrize("seed", range(20))
POLICIES: tuple[Policy, ...] = ("drop", "max", "min")


def bounds(text: str) -> tuple[Fraction, Fraction]:
    """Return the bounds of an AUPIMO text."""
    _, _, parameters = parsed(text)
    return parameters["fpr_low"], parameters["fpr_high"]


def close(value: float | None) -> object:
    """Return what equals an expected float to within the tolerance; undefined equals itself."""
    return None if value is None else pytest.approx(value, rel=TOLERANCE)


def tied_samples(seed: int) -> tuple[list[int], list[int]]:
    """Draw up to 40 labels, both present, and scores on a scale of six, so that many tie."""
    random = np.random.default_rng(seed)
    labels = np.append([0, 1], random.integers(0, 2, random.integers(0, 39)))
    return random.integers(0, 6, labels.size).tolist(), labels.tolist()


def tied_images(seed: int) -> tuple[list[list[list[int]]], list[list[list[int]]]]:
    """Draw three images of different sizes with both kinds of pixels and many ties."""
    random = np.random.default_rng(seed)
    shapes = [(3, 5), (4, 4), (6, 2)]
    masks = [random.integers(0, 2, shape) for shape in shapes]
    masks[0][0, :2] = 0, 1
    maps = [random.integers(0, 6, shape) for shape in shapes]
    return [scores.tolist() for scores in maps], [mask.tolist() for mask in masks]


# Facts


@pytest.mark.parametrize("case", image_level.RANKING + image_level.OPERATING_POINTS, ids=by_id)
def test_image_metrics_meet_the_facts(case: ImageCase) -> None:
    """Every image metric of a fact comes out as the same fraction."""
    found = {text: sample_value(text, case.scores, case.labels) for text in case.expected}
    assert found == case.expected


@pytest.mark.parametrize("case", image_level.RANKING, ids=by_id)
def test_f1max_names_its_lowest_and_highest_cut(case: ImageCase) -> None:
    """The cuts of largest F1 are observed scores, and ties between them are told."""
    best = ranking.f1max(case.scores, case.labels)
    assert (best and (best.lowest, best.highest)) == case.f1_cuts


@pytest.mark.parametrize("case", fitting_facts.FITS, ids=by_id)
def test_fits_meet_the_facts(case: FitCase) -> None:
    """Rule, range and sensitivity give the threshold and the raw cut of a fact."""
    assert threshold(case.rule, case.scores, case.labels) == case.threshold
    assert (min(case.scores), max(case.scores)) == (case.low, case.high)
    cut = normalization.raw_cut(case.threshold, case.low, case.high, case.sensitivity)
    assert cut == case.cut


@pytest.mark.parametrize("case", fitting_facts.FITS, ids=by_id)
def test_applied_fits_meet_the_facts(case: FitCase) -> None:
    """Normalized scores are a fact's fractions and labels follow `score >= cut`."""
    normalized = [
        normalization.normalized(score, case.threshold, case.low, case.high)
        for score in case.applied
    ]
    assert tuple(normalized) == case.normalized
    assert tuple(int(score >= case.cut) for score in case.applied) == case.flagged


@pytest.mark.parametrize("case", fitting_facts.FITS, ids=by_id)
def test_fits_judge_their_own_validation_data(case: FitCase) -> None:
    """Metrics of the validation data at the cut are a fact's fractions."""
    found = {
        text: sample_value(text, case.scores, case.labels, case.cut) for text in case.validation
    }
    assert found == case.validation


def test_missing_image_scores_are_map_maxima() -> None:
    """The applied scores of a fact with maps are the maxima of the maps."""
    cases = [case for case in fitting_facts.FITS if case.maps]
    assert cases
    for case in cases:
        maxima = tuple(max(score for row in scores for score in row) for scores in case.maps)
        assert maxima == case.applied


@pytest.mark.parametrize("case", fitting_facts.RULES, ids=by_id)
def test_threshold_rules_meet_the_facts(case: RuleCase) -> None:
    """Every rule chooses a fact's threshold, or none where none can be chosen."""
    assert threshold(case.rule, case.scores, case.labels) == case.threshold


def test_unmasked_maps_have_a_range() -> None:
    """B10: the pixels of all validation maps give the range, masks or not."""
    case = fitting_facts.B10_PIXELS
    scores = [score for scores in case.maps for row in scores for score in row]
    assert (min(scores), max(scores)) == (case.low, case.high)


def test_range_spans_all_batches() -> None:
    """B12: the range is that of all batches together."""
    case = fitting_facts.B12
    scores = [score for batch in case.batches for score in batch]
    assert (min(scores), max(scores)) == (case.low, case.high)


@pytest.mark.parametrize("case", fitting_facts.DECISIONS, ids=by_id)
def test_f1_of_decisions_meets_the_facts(case: DecisionCase) -> None:
    """F1 counts decisions against labels and is undefined only when there is nothing at all."""
    flagged = [bool(flag) for flag in case.flagged]
    assert ranking.f1(ranking.counts(flagged, case.labels)) == case.f1


@pytest.mark.parametrize("case", region_facts.CASES, ids=by_id)
def test_regions_meet_the_facts(case: RegionCase) -> None:
    """The number of regions is a fact's, under either connectivity."""
    assert sum(len(regions(mask, 8)) for mask in case.masks) == case.regions
    if case.regions_4 is not None:
        assert sum(len(regions(mask, 4)) for mask in case.masks) == case.regions_4


@pytest.mark.parametrize("case", region_facts.CASES, ids=by_id)
@pytest.mark.parametrize("connectivity", [8, 4])
def test_pixel_metrics_meet_the_facts(case: RegionCase, connectivity: int) -> None:
    """Every pixel metric of a fact comes out as the same fraction, under either connectivity."""
    chosen = [i for i, m in enumerate(case.masks) if case.fpr_from == "all" or is_anomalous(m)]
    maps, masks = [case.maps[i] for i in chosen], [case.masks[i] for i in chosen]
    expected = case.expected if connectivity == 8 else case.expected_4
    found = {text: pixel_value(text, maps, masks, connectivity=connectivity) for text in expected}
    assert found == expected


def test_background_can_be_that_of_anomalous_images_alone() -> None:
    """D8b: normal images then have no part in the false positive rate."""
    (case,) = (case for case in region_facts.CASES if case.fpr_from == "anomalous")
    value = aupro(case.maps, case.masks, Fraction("0.3"), fpr_from="anomalous")
    assert value == case.expected[region_facts.aupro(".3")]


def test_pixel_f1max_names_its_cut() -> None:
    """D4: pixels are ranked as images are."""
    cases = [case for case in region_facts.CASES if case.f1_cuts]
    assert cases
    for case in cases:
        best = ranking.f1max(*pooled(case.maps, case.masks))
        assert best is not None
        assert (best.lowest, best.highest) == case.f1_cuts


@pytest.mark.parametrize("case", region_facts.SATURATED, ids=by_id)
def test_saturated_overlap_meets_the_facts(case: SaturationCase) -> None:
    """D16: with saturation as many flagged pixels are as good as the whole region."""
    value = auspro([case.map], [case.mask], [[case.saturation]], case.fpr_limit)
    assert value == case.expected
    shown = loco.Shown(case.map, [(case.mask, loco.Entry(case.saturation, relative=False))])
    assert loco.auspro([shown], case.fpr_limit) == case.expected


@pytest.mark.parametrize("case", region_facts.GRAY_MASKS, ids=by_id)
def test_gray_masks_meet_the_facts(case: GrayMaskCase) -> None:
    """D20: a gray value is anomalous strictly above the bound."""
    anomalous = [value for row in case.mask for value in row if value > case.above]
    assert len(anomalous) == case.anomalous_pixels


def test_vanished_masks_leave_the_shared_rate_alone() -> None:
    """D21: a labelled image with an empty mask has no area and is not a normal image."""
    case = region_facts.D21
    ((text, expected),) = case.expected.items()
    low, high = bounds(text)
    areas = pimo.aupimo_per_image(case.maps, case.masks, low, high, case.labels)
    assert areas == [close(value) for value in case.per_image]
    mean = pimo.aupimo(case.maps, case.masks, low, high, case.labels)
    assert mean == close(expected)
    assert pimo.aupimo(case.maps, case.masks, low, high) != close(expected)


@pytest.mark.parametrize("case", pimo_facts.CASES, ids=by_id)
def test_aupimo_meets_the_facts(case: PimoCase) -> None:
    """The mean and every image's area agree with a fact's logarithms."""
    ((text, expected),) = case.expected.items()
    areas = pimo.aupimo_per_image(case.maps, case.masks, *bounds(text))
    assert areas == [close(value) for value in case.per_image]
    assert pixel_value(text, case.maps, case.masks) == close(expected)


def test_shared_rate_is_the_mean_of_rates() -> None:
    """E8: a small image counts as much as a large one."""
    case = pimo_facts.E8
    images = [[score for row in scores for score in row] for scores in case.maps]
    assert pimo.shared_fpr(images, case.cut) == case.mean_of_rates
    everything = [score for image in images for score in image]
    assert pimo.shared_fpr([everything], case.cut) == case.rate_of_pooled_pixels


@pytest.mark.parametrize("case", mebin_facts.CASES, ids=by_id)
def test_mebin_meets_the_facts(case: MebinCase) -> None:
    """Thresholds and masks are a fact's."""
    found = mebin.mebin(case.maps, erosion=False)
    assert tuple(image.threshold for image in found) == case.thresholds
    assert tuple(tuple(map(tuple, image.mask)) for image in found) == case.masks


@pytest.mark.parametrize("case", mebin_facts.RUNS, ids=by_id)
def test_stable_levels_meet_the_facts(case: RunCase) -> None:
    """Level and count are those of the longest run of a fact's counts."""
    assert mebin.stable_level(case.counts) == (case.level, case.count)


@pytest.mark.parametrize("case", mebin_facts.EROSIONS, ids=by_id)
def test_erosion_meets_the_facts(case: ErosionCase) -> None:
    """As many pixels survive as a fact says."""
    assert sum(map(sum, mebin.eroded(case.mask))) == case.surviving


@pytest.mark.parametrize("case", aggregation_facts.MEANS, ids=by_id)
def test_means_meet_the_facts(case: MeanCase) -> None:
    """Means are unweighted and leave out what is undefined."""
    assert unweighted_mean(case.values) == (case.mean, case.defined)


def test_samples_take_the_largest_of_their_views() -> None:
    """G2: score and label of a sample are the largest of its views'."""
    case = aggregation_facts.G2
    scores, labels = by_sample(case.scores, case.labels, case.samples)
    assert (tuple(scores), tuple(labels)) == (case.sample_scores, case.sample_labels)
    found = {
        "image_auroc": ranking.auroc(case.scores, case.labels),
        "sample_auroc": ranking.auroc(scores, labels),
    }
    assert found == case.expected


@pytest.mark.parametrize("case", [nan_facts.A18, nan_facts.ALL_NAN], ids=by_id)
@pytest.mark.parametrize("policy", POLICIES)
def test_images_without_a_score_follow_the_policy(case: NanImages, policy: Policy) -> None:
    """A NaN score leaves the image out, or ranks it above or below all others."""
    scores, labels = missing.settled_samples(case.scores, case.labels, policy)
    expected = case.expected[policy]
    assert {text: sample_value(text, scores, labels) for text in expected} == expected


@pytest.mark.parametrize("policy", POLICIES)
def test_pixels_without_a_score_follow_the_policy(policy: Policy) -> None:
    """D17: a NaN pixel leaves every count, or ranks above or below all others."""
    case = nan_facts.D17
    maps, expected = [missing.settled_map(case.map, policy)], case.expected[policy]
    assert {text: pixel_value(text, maps, [case.mask]) for text in expected} == expected


def test_infinite_scores_rank_and_tie() -> None:
    """Infinite scores are scores like any other."""
    case = nan_facts.INFINITE
    found: Mapping[str, object] = {
        text: sample_value(text, case.scores, case.labels) for text in case.expected
    }
    assert found == case.expected


@pytest.mark.parametrize(
    "cases",
    [
        image_level.RANKING + image_level.OPERATING_POINTS,
        fitting_facts.FITS,
        fitting_facts.RULES,
        region_facts.CASES,
        pimo_facts.CASES,
    ],
)
def test_fact_ids_are_unique(cases: Sequence[Identified]) -> None:
    """A fact can be found by its id."""
    ids = [case.id for case in cases]
    assert len(ids) == len(set(ids))


# Definitions by hand, where no fact speaks of them


def test_counts_at_a_cut_by_hand() -> None:
    """Three hits, one miss, two false alarms, four passes."""
    at = ranking.counts_at(
        numbers("9 8 7 1 9 7 6 5 4 3"), flags("1 1 1 1 0 0 0 0 0 0"), number("7")
    )
    assert at == (3, 2, 1, 4)
    assert ranking.precision(at) == Fraction(3, 5)
    assert ranking.recall(at) == Fraction(3, 4)
    assert ranking.specificity(at) == Fraction(4, 6)
    assert ranking.accuracy(at) == Fraction(7, 10)
    assert ranking.f1(at) == Fraction(6, 9)
    assert ranking.iou(at) == Fraction(3, 6)


def test_nothing_to_count_is_undefined() -> None:
    """Every ratio without a denominator is undefined."""
    at = ranking.counts([], [])
    ratios = (
        ranking.precision,
        ranking.recall,
        ranking.specificity,
        ranking.accuracy,
        ranking.f1,
        ranking.iou,
    )
    assert [ratio(at) for ratio in ratios] == [None] * len(ratios)


def test_floats_given_as_rates_are_decimal_numbers() -> None:
    """0.29 of a hundred is 29, whatever the nearest binary number is."""
    assert decimal(0.29) * 100 == 29
    assert decimal(np.float64(0.05)) == Fraction(1, 20)


def test_no_range_of_scores_leaves_every_mebin_mask_empty() -> None:
    """Constant maps have no components to count."""
    (found,) = mebin.mebin([grid("55/55")])
    assert found.threshold == 5
    assert found.mask == [[0, 0], [0, 0]]


# Outside implementations and identities, on random data with many ties


@seeds
def test_rankings_agree_with_scikit_learn(seed: int) -> None:
    """AUROC, AP and the trapezoid under the precision-recall curve agree to rounding."""
    scores, labels = tied_samples(seed)
    precision, recall, _ = sklearn_metrics.precision_recall_curve(labels, scores)
    found = [
        ranking.auroc(scores, labels),
        ranking.average_precision(scores, labels),
        ranking.aupr_trapezoid(scores, labels),
    ]
    theirs = [
        sklearn_metrics.roc_auc_score(labels, scores),
        sklearn_metrics.average_precision_score(labels, scores),
        sklearn_metrics.auc(recall, precision),
    ]
    assert [float(value) for value in found if value is not None] == pytest.approx(theirs)


@seeds
def test_best_cuts_agree_with_scikit_learn(seed: int) -> None:
    """The largest F1 and IoU over all cuts agree to rounding, and cannot differ in their cuts."""
    scores, labels = tied_samples(seed)
    f1, iou = ranking.f1max(scores, labels), ranking.iou_max(scores, labels)
    assert f1 is not None
    assert iou is not None
    decided = [[score >= cut for score in scores] for cut in set(scores)]
    assert float(f1.value) == pytest.approx(
        max(sklearn_metrics.f1_score(labels, flagged) for flagged in decided)
    )
    assert float(iou.value) == pytest.approx(
        max(sklearn_metrics.jaccard_score(labels, flagged) for flagged in decided)
    )
    assert f1[1:] == iou[1:]


@seeds
@pytest.mark.parametrize("rate", [0.0, 0.05, 0.29, 0.5, 0.95])
def test_operating_points_are_each_others_mirror(seed: int, rate: float) -> None:
    """Missing at most x of the anomalous is finding at least 1 - x of them."""
    scores, labels = tied_samples(seed)
    passed = ranking.pg(scores, labels, rate)
    flagged = ranking.fpr_at_tpr(scores, labels, 1 - decimal(rate))
    assert passed is not None
    assert flagged is not None
    assert passed + flagged == 1
    assert ranking.pb(scores, labels, rate) == ranking.tpr_at_fpr(scores, labels, rate)


@seeds
@pytest.mark.parametrize(("connectivity", "theirs"), [(4, 1), (8, 2)])
def test_regions_agree_with_scikit_image(seed: int, connectivity: int, theirs: int) -> None:
    """Regions and their numbers, in row-major order of the first pixel, are the same."""
    mask = (np.random.default_rng(seed).random((9, 11)) < 0.35).astype(int)
    found = labelled(mask.tolist(), connectivity)
    assert np.array_equal(found, label(mask, connectivity=theirs))


@seeds
def test_one_region_up_to_rate_one_is_pixel_auroc(seed: int) -> None:
    """With a single region and no limit, overlap is the true positive rate."""
    scores = np.random.default_rng(seed).integers(0, 6, (4, 5)).tolist()
    one = mask("00110/00100/01100/00000")
    assert aupro([scores], [one], 1.0) == ranking.auroc(*pooled([scores], [one]))


@seeds
def test_single_pixel_regions_up_to_rate_one_are_pixel_auroc(seed: int) -> None:
    """When all regions are of one size, the mean of overlaps is the true positive rate."""
    scores = np.random.default_rng(seed).integers(0, 6, (3, 5)).tolist()
    dots = mask("10101/00000/10101")
    assert aupro([scores], [dots], 1.0) == ranking.auroc(*pooled([scores], [dots]))


@seeds
def test_ranking_pixel_metrics_depend_on_order_alone(seed: int) -> None:
    """A rising map of the scores, and the order of the images, change nothing."""
    maps, masks = tied_images(seed)
    moved = [[[score**3 - 7 for score in row] for row in scores] for scores in maps]
    for text in ("pixel_auroc", "pixel_ap", "pixel_f1max", "pixel_aupro(fpr_limit=0.3)"):
        value = pixel_value(text, maps, masks)
        assert value is not None
        assert pixel_value(text, moved, masks) == value
        assert pixel_value(text, maps[::-1], masks[::-1]) == value


@seeds
def test_aupimo_agrees_with_a_fine_sum(seed: int) -> None:
    """Without ties between the classes the area is the mean recall over evenly spaced ln(rate)."""
    random = np.random.default_rng(seed)
    normal = random.permutation(np.arange(0, 32, 2))
    anomalous = 2 * random.integers(0, 16, 5) + 1
    (_, area) = pimo.aupimo_per_image(
        [normal.reshape(4, 4).tolist(), [anomalous.tolist()]],
        [[[0] * 4] * 4, [[1] * 5]],
        0.1,
        0.7,
    )
    rates = 0.1 * np.exp((np.arange(20000) + 0.5) / 20000 * log(7))
    cuts = np.sort(normal)[::-1][np.ceil(rates * 16).astype(int) - 1]
    assert area == pytest.approx((anomalous[None, :] >= cuts[:, None]).mean(), abs=1e-3)
