"""MEBin: a mask for each image, cut where the number of components is most stable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anomeval.errors import UsageError
from anomeval.judging.batch import BatchError, RawBatch
from anomeval.judging.components import component_counts, depths, eroded, stable_run
from anomeval.judging.mebin import Mebin, MebinPostProcessor, PeakRange
from tests.facts.mebin import CASES, EROSIONS, RUNS, ErosionCase, MebinCase, RunCase
from tests.hand_checked.expecting import by_id
from tests.reference import mebin as reference
from tests.support import judge_at

levels = np.arange(3, 256, 4)
small_maps = arrays(np.float32, (7, 9), elements=st.integers(0, 12).map(float))
map_sets = st.lists(small_maps, min_size=1, max_size=3)


@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_masks_and_thresholds_are_those_of_the_facts(case: MebinCase):
    """F1, F2: the range that images share decides what becomes of each."""
    maps = [np.array(rows, np.float64) for rows in case.maps]
    mebin = Mebin.over(maps)
    mebin = Mebin(mebin.low, mebin.high, erosion=None)
    found = [mebin.binarize(anomaly_map) for anomaly_map in maps]
    assert [image.threshold for image in found] == [float(value) for value in case.thresholds]
    assert [image.mask.tolist() for image in found] == [
        [[bool(value) for value in row] for row in mask] for mask in case.masks
    ]


@pytest.mark.parametrize("case", RUNS, ids=by_id)
def test_the_stable_level_is_that_of_the_facts(case: RunCase):
    """F3-F5: the longest run of an equal count, non-zero and four levels long at least."""
    found = stable_run(case.counts, shortest=4)
    end, components = found or (0, 0)
    assert (255 - 4 * end, components) == (case.level, case.count)
    assert (found is None) == (case.count == 0)


@pytest.mark.parametrize("case", EROSIONS, ids=by_id)
def test_erosion_leaves_what_the_facts_say(case: ErosionCase):
    """F6: outside counts as set, and the anchor is the lower right centre."""
    found = eroded(np.array(case.mask, np.uint16), 6)
    assert found.sum() == case.surviving
    assert found.tolist() == reference.eroded([list(row) for row in case.mask])


@settings(max_examples=25)
@given(map_sets, st.booleans())
def test_masks_and_thresholds_are_those_of_the_reference(maps, erosion):
    """In exact fractions, on any set of maps with many ties."""
    whole = Mebin.over(maps)
    mebin = Mebin(whole.low, whole.high, erosion=6 if erosion else None)
    found = [mebin.binarize(anomaly_map) for anomaly_map in maps]
    expected = reference.mebin([anomaly_map.tolist() for anomaly_map in maps], erosion=erosion)
    assert [image.threshold for image in found] == [float(image.threshold) for image in expected]
    assert [image.mask.tolist() for image in found] == [image.mask for image in expected]


@given(st.lists(st.integers(0, 3), max_size=64))
def test_stable_runs_are_those_of_the_reference(counts):
    """Whatever the counts."""
    end, components = stable_run(counts, shortest=4) or (0, 0)
    assert (255 - 4 * end, components) == reference.stable_level(counts)


@given(small_maps, st.booleans())
def test_counting_at_all_levels_at_once_is_counting_level_by_level(anomaly_map, erosion):
    """One erosion of depths serves all levels, and levels without a pixel are not counted anew."""
    image = depths(anomaly_map * 21, levels.astype(np.float64))
    image = eroded(image, 6) if erosion else image
    expected = []
    for level in levels[::-1]:
        mask = (anomaly_map * 21 >= level).astype(int).tolist()
        expected.append(len(reference.regions(reference.eroded(mask) if erosion else mask)))
    assert component_counts(image, len(levels)) == expected


@given(map_sets)
def test_the_range_does_not_depend_on_order_or_batches(maps):
    """Ranges of parts merge to that of the whole."""
    one_by_one = PeakRange()
    for anomaly_map in reversed(maps):
        one_by_one = PeakRange.of(anomaly_map).merged(one_by_one)
    assert Mebin(*one_by_one.ends) == Mebin.over(maps)


@given(small_maps, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-100, 100))
def test_masks_do_not_depend_on_the_scale_of_scores(anomaly_map, factor, offset):
    """So that normalizing first would change nothing."""
    scaled = anomaly_map * np.float32(factor) + np.float32(offset)
    masks = [Mebin.over([m]).binarize(m).mask.tolist() for m in (anomaly_map, scaled)]
    assert masks[0] == masks[1]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "uint16"])
def test_all_map_types_give_the_same_masks(dtype):
    """Numbers count, not types."""
    anomaly_map = np.kron(np.array([[9, 0, 0], [0, 0, 7]]), np.ones((8, 8)))
    expected = Mebin.over([anomaly_map]).binarize(anomaly_map)
    found = Mebin.over([anomaly_map.astype(dtype)]).binarize(anomaly_map.astype(dtype))
    assert found.components == expected.components == 2
    assert np.array_equal(found.mask, expected.mask)


def test_without_a_range_masks_are_empty():
    """Constant maps have no components to count; the threshold is their one score."""
    constant = np.full((4, 4), 5.0)
    found = Mebin.over([constant, constant]).binarize(constant)
    assert (found.threshold, found.components, found.mask.any()) == (5.0, 0, False)


def test_sizes_may_differ_within_a_category():
    """The range is all that images share."""
    maps = [np.eye(4) * 3, np.zeros((2, 7))]
    mebin = Mebin.over(maps)
    assert [mebin.binarize(m).mask.shape for m in maps] == [(4, 4), (2, 7)]


@pytest.mark.parametrize("shape", [(2, 16, 16), (2, 1, 16, 16)])
def test_as_a_post_processor_it_replaces_the_masks_alone(shape):
    """Scores, maps and labels are those of the fit."""
    maps = np.zeros(shape)
    maps[0, ..., 2:12, 2:12] = 4.0
    maps[1, ..., 0:9, 0:9] = 1.0
    fitted = judge_at(0.5, 0.25)
    judged = MebinPostProcessor(fitted, Mebin(0.0, 4.0)).post_process(RawBatch(anomaly_map=maps))
    plain = fitted.post_process(RawBatch(anomaly_map=maps))
    assert np.array_equal(judged.pred_score, plain.pred_score)
    assert np.array_equal(judged.anomaly_map, plain.anomaly_map)
    assert np.array_equal(judged.pred_label, plain.pred_label)
    assert judged.pred_mask.shape == shape
    assert judged.pred_mask.sum(axis=(-2, -1)).ravel().tolist() == [100, 81]
    scores_only = MebinPostProcessor(fitted, Mebin(0.0, 4.0)).post_process(RawBatch(np.ones(2)))
    assert scores_only.pred_mask is None


def test_an_infinite_range_is_refused():
    """Levels cannot be laid over it."""
    with pytest.raises(BatchError, match="MEBin needs finite scores"):
        Mebin.over([np.array([[np.inf, 0.0]])])


@pytest.mark.parametrize(
    "parameters", [{"step": 0}, {"step": 256}, {"shortest_run": 0}, {"erosion": -1}]
)
def test_parameters_that_mean_nothing_are_refused(parameters):
    """All are counts of at least one."""
    with pytest.raises(UsageError, match="parameters must be 1 or more"):
        Mebin(0.0, 1.0, **parameters)
