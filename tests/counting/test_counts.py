"""Float32Counts of both cores, against plain definitions."""

import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .hostile import DTYPES, masks, patient, score_maps

PAGE = 1 << 16


def contents(counts):
    """All distinct values and their counts, with the promises of `blocks` checked on the way."""
    blocks = list(counts.blocks())
    values = np.concatenate([np.empty(0, np.float32), *(v for v, _ in blocks)])
    numbers = np.concatenate([np.empty(0, np.int64), *(c for _, c in blocks)])
    assert all(len(v) for v, _ in blocks)
    assert values.dtype == np.float32
    assert numbers.dtype == np.int64
    assert (values[1:] > values[:-1]).all()
    assert (numbers > 0).all()
    assert counts.total == numbers.sum()
    return values, numbers


def as_dict(counts):
    values, numbers = contents(counts)
    return dict(zip(values.tolist(), numbers.tolist(), strict=True))


def plain(array):
    """The map as float32 in row-major order."""
    return np.asarray(array).ravel().astype(np.float32)


def count_plainly(values):
    return dict(Counter((np.asarray(values) + np.float32(0)).tolist()))


def coarse_plainly(values):
    """Counts per upper half of the key, from the definition: keys order as values do."""
    bits = (np.asarray(values, np.float32) + np.float32(0)).view(np.int32).astype(np.int64)
    keys = np.where(bits < 0, -bits - (1 << 31) - 1, bits) + (1 << 31)
    return dict(Counter((keys >> 16).tolist()))


@patient
@given(data=st.data(), scores=score_maps())
def test_absorb_counts_outside_and_returns_inside(core, data, scores):
    mask = data.draw(masks(scores.shape))
    counts = core.Float32Counts()
    inside, coarse = counts.absorb(scores, mask)
    anomalous = np.asarray(mask).ravel() != 0
    assert coarse is None
    assert inside.dtype == np.float32
    expected = plain(scores)[anomalous] + np.float32(0)
    assert inside.tobytes() == expected.tobytes()
    assert as_dict(counts) == count_plainly(plain(scores)[~anomalous])


@patient
@given(maps=st.lists(score_maps(), max_size=5))
def test_absorb_adds_up_over_maps_of_any_dtype(core, maps):
    counts = core.Float32Counts()
    for scores in maps:
        inside, _ = counts.absorb(scores)
        assert inside.shape == (0,)
    everything = [plain(scores) for scores in maps]
    assert as_dict(counts) == count_plainly(np.concatenate([np.empty(0, np.float32), *everything]))


@patient
@given(data=st.data(), scores=score_maps())
def test_coarse_is_of_one_map(core, data, scores):
    mask = data.draw(st.none() | masks(scores.shape))
    counts = core.Float32Counts()
    counts.absorb(np.float32([[1, 2, 3]]))
    _, coarse = counts.absorb(scores, mask, coarse=True)
    outside = plain(scores)
    if mask is not None:
        outside = outside[np.asarray(mask).ravel() == 0]
    assert coarse.pages.dtype == np.uint16
    assert coarse.counts.dtype == np.min_scalar_type(int(coarse.counts.max(initial=0)))
    assert (coarse.pages[1:] > coarse.pages[:-1]).all()
    found = dict(zip(coarse.pages.tolist(), coarse.counts.tolist(), strict=True))
    assert found == coarse_plainly(outside)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize(
    ("most", "width"),
    [(255, np.uint8), (256, np.uint16), (65_535, np.uint16), (65_536, np.uint32)],
)
def test_coarse_counts_are_as_narrow_as_the_largest(core, most, width, dtype):
    scores = np.array([[1] * most + [3]], dtype)
    _, coarse = core.Float32Counts().absorb(scores, coarse=True)
    assert coarse.counts.dtype == width
    assert coarse.counts.tolist() == [most, 1]


def thresholds(seen):
    """Thresholds at, between and beyond scores, some of which no float32 holds."""
    traps = [0.0, -0.0, np.inf, -np.inf, 1e-50, -1e-50, 1e300, -1e300, 2.0**-149, -(2.0**-149)]
    at = [float(x) for x in seen[:40]] + traps
    finite = [x for x in at if np.isfinite(x)]
    around = [np.nextafter(x, side) for x in finite for side in (-np.inf, np.inf)]
    return np.sort(np.float64([*at, *around]))


@patient
@given(scores=score_maps(), dtype=st.sampled_from([np.float32, np.float64]))
def test_ranks_are_those_of_a_plain_comparison(core, scores, dtype):
    counts = core.Float32Counts()
    counts.absorb(scores)
    values = plain(scores).astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        cuts = thresholds(values).astype(dtype)
    above, at_or_above = counts.ranks(cuts)
    assert above.dtype == at_or_above.dtype == np.int64
    assert above.tolist() == [(values > t).sum() for t in cuts]
    assert at_or_above.tolist() == [(values >= t).sum() for t in cuts]


def test_ranks_of_nothing(core):
    counts = core.Float32Counts()
    assert [r.tolist() for r in counts.ranks(np.float32([]))] == [[], []]
    assert [r.tolist() for r in counts.ranks(np.float32([-np.inf, 1]))] == [[0, 0], [0, 0]]
    counts.absorb(np.float32([[1, 2]]))
    assert [r.tolist() for r in counts.ranks(np.float64([]))] == [[], []]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (7, 0), (1, 1)])
def test_smallest_maps(core, dtype, shape):
    counts = core.Float32Counts()
    scores = np.ones(shape, dtype)
    for mask in (None, np.zeros(shape, bool), np.full(shape, 7, np.uint8)):
        inside, coarse = counts.absorb(scores, mask, coarse=True)
        marked = mask is not None and mask.any()
        assert inside.tolist() == [1.0] * (scores.size if marked else 0)
        assert coarse.counts.sum() == (0 if marked else scores.size)
    assert counts.total == 2 * scores.size


def test_unaligned_map_and_mask(core):
    values = np.arange(12, dtype=np.float32)
    scores = np.frombuffer(b"x" + values.tobytes(), np.float32, offset=1).reshape(3, 4)
    mask = np.frombuffer(b"xx" + bytes([0, 1] * 6), np.uint8, offset=2).reshape(3, 4)
    counts = core.Float32Counts()
    inside, _ = counts.absorb(scores, mask)
    assert inside.tolist() == values[1::2].tolist()
    assert contents(counts)[0].tolist() == values[::2].tolist()


@patient
@given(runs=st.lists(st.tuples(st.sampled_from([0.0, -0.0, 1.5, 3.0]), st.integers(1, 300))))
def test_constant_stretches(core, runs):
    scores = np.concatenate([np.empty(0), *(np.full(n, v) for v, n in runs)]).astype(np.float32)
    counts = core.Float32Counts()
    _, coarse = counts.absorb(scores.reshape(1, -1), coarse=True)
    assert as_dict(counts) == count_plainly(scores)
    found = dict(zip(coarse.pages.tolist(), coarse.counts.tolist(), strict=True))
    assert found == coarse_plainly(scores)


@pytest.mark.parametrize("dtype", DTYPES)
def test_maps_larger_than_any_internal_block(core, dtype):
    rng = np.random.default_rng(0)
    scores = np.abs(50 * rng.standard_normal((3, 70_001))).astype(dtype)
    mask = (rng.random(scores.shape) < 0.01).astype(np.uint8)
    mask[1] = 0
    mask[2, 200:66_000] = 255
    counts = core.Float32Counts()
    inside, coarse = counts.absorb(scores, mask, coarse=True)
    assert inside.tolist() == plain(scores[mask != 0]).tolist()
    assert as_dict(counts) == count_plainly(plain(scores[mask == 0]))
    found = dict(zip(coarse.pages.tolist(), coarse.counts.tolist(), strict=True))
    assert found == coarse_plainly(plain(scores[mask == 0]))


def one_page():
    """All 65,536 float32 from 1 upwards that share a page."""
    return (np.uint32(0x3F800000) + np.arange(PAGE, dtype=np.uint32)).view(np.float32)


@pytest.mark.parametrize("before", [15, 16, 255, 256, 65_535, 65_536])
def test_counters_overflow_one_score_at_a_time(core, before):
    """Every counter of a page is brought to its brim, some beyond."""
    page = one_page()
    counts = core.Float32Counts()
    counts.add(page, np.full(PAGE, before, np.int64))
    for some in (page, page[::3], page[:500], page[:500]):
        counts.absorb(np.random.default_rng(0).permutation(some)[None])
    expected = np.full(PAGE, before + 1, np.int64)
    expected[::3] += 1
    expected[:500] += 2
    values, numbers = contents(counts)
    assert values.tobytes() == page.tobytes()
    assert (numbers == expected).all()


@pytest.mark.parametrize("distinct", [1, 5, 900, 3_000, 20_000, PAGE])
@pytest.mark.parametrize("each", [1, 3, 20, 70_000])
def test_pages_with_few_and_many_distinct_scores(core, distinct, each):
    rng = np.random.default_rng(distinct)
    values = np.sort(rng.choice(one_page(), distinct, replace=False))
    numbers = rng.integers(1, each + 1, distinct)
    counts = core.Float32Counts()
    counts.add(values, numbers)
    counts.absorb(values[None])
    counts.add(values[::-1], numbers[::-1])
    found_values, found_numbers = contents(counts)
    assert found_values.tobytes() == values.tobytes()
    assert (found_numbers == 2 * numbers + 1).all()
    above, at_or_above = counts.ranks(values)
    assert above.tolist() == (counts.total - np.cumsum(found_numbers)).tolist()
    assert (at_or_above - above == found_numbers).all()


def test_counts_beyond_32_bits(core):
    counts = core.Float32Counts()
    for number in (1, 1 << 16, 1 << 32, (1 << 62) - 5, 3):
        counts.add(np.float32([0.5, -0.0]), np.int64([number, 1]))
    counts.add(np.float32([-3, 0]), np.int64([1 << 61, 0]))
    big = (1 << 62) + (1 << 32) + (1 << 16) - 1
    assert as_dict(counts) == {-3.0: 1 << 61, 0.0: 5, 0.5: big}
    assert counts.total == big + (1 << 61) + 5
    above, at_or_above = counts.ranks(np.float64([-4, -3, 0, 0.5, 1]))
    assert above.tolist() == [counts.total, big + 5, big, 0, 0]
    assert at_or_above.tolist() == [counts.total, counts.total, big + 5, big, 0]


def test_adding_nothing_leaves_no_trace(core):
    counts = core.Float32Counts()
    counts.add(np.float32([]), np.int64([]))
    assert counts.total == 0
    assert list(counts.blocks()) == []


@patient
@given(maps=st.lists(score_maps(), max_size=4))
def test_settling_between_maps_changes_nothing(core, maps):
    counts = core.Float32Counts()
    for scores in maps:
        counts.settle()
        counts.absorb(scores)
    counts.settle()
    everything = [plain(scores) for scores in maps]
    assert as_dict(counts) == count_plainly(np.concatenate([np.empty(0, np.float32), *everything]))


@pytest.mark.parametrize("each", [1, 15, 16, 255, 256, 70_000])
def test_settling_full_pages_changes_nothing(core, each):
    """The scores that wait may be the ones that bring the counters of a page to their brim."""
    page = one_page()
    counts = core.Float32Counts()
    counts.add(page, np.full(PAGE, each, np.int64))
    for _ in range(2):
        counts.absorb(page[None, ::7])
        counts.settle()
    expected = np.full(PAGE, each, np.int64)
    expected[::7] += 2
    assert (contents(counts)[1] == expected).all()


@patient
@given(maps=st.lists(score_maps(), min_size=1, max_size=4), data=st.data())
def test_merge_is_counting_both(core, maps, data):
    split = data.draw(st.integers(0, len(maps)))
    parts = []
    for share in (maps[:split], maps[split:]):
        part = core.Float32Counts()
        for scores in share:
            part.absorb(scores)
        parts.append(part)
    left, right = parts
    right_before = as_dict(right)
    left.merge(right)
    everything = np.concatenate([plain(scores) for scores in maps])
    assert as_dict(left) == count_plainly(everything)
    assert as_dict(right) == right_before


def test_merge_of_dense_pages(core):
    rng = np.random.default_rng(1)
    page = one_page()
    parts, expected = [], np.zeros(PAGE, np.int64)
    for largest in (2, 6, 40, 500, 100_000):
        numbers = rng.integers(1, largest, PAGE)
        part = core.Float32Counts()
        part.add(page, numbers)
        parts.append(part)
        expected += numbers
    whole = core.Float32Counts()
    for part in parts:
        whole.merge(part)
    assert (contents(whole)[1] == expected).all()


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_count_into_forks(core, threads):
    rng = np.random.default_rng(2)
    maps = [rng.standard_normal((64, 64)).astype(DTYPES[i % 2]) for i in range(60)]
    maps += [rng.integers(0, 200, (64, 64)).astype(DTYPES[2 + i % 2]) for i in range(20)]
    counts = core.Float32Counts()
    parts = [counts.fork() for _ in range(threads)]
    totals = []

    def work(number):
        for scores in maps[number::threads]:
            _, coarse = parts[number].absorb(scores, coarse=True)
            totals.append(int(coarse.counts.sum()))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for part in parts:
        counts.join(part)
    assert totals == [64 * 64] * len(maps)
    assert as_dict(counts) == count_plainly(np.concatenate([plain(m) for m in maps]))


def test_join_of_a_stranger_counts_it(core):
    counts, other = core.Float32Counts(), core.Float32Counts()
    counts.absorb(np.float32([[1, 2]]))
    other.absorb(np.float32([[2, 3]]))
    counts.join(other)
    assert as_dict(counts) == {1.0: 1, 2.0: 2, 3.0: 1}
