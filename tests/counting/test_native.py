"""What only the native core can get wrong: memory, signals, threads, and buffers of any kind."""

import os
import platform
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.counting import numpy_core

from .hostile import DTYPES, masks, patient, score_maps


def fill(core, maps):
    counts = core.Float32Counts()
    answers = [counts.absorb(scores, mask, coarse=True) for scores, mask in maps]
    return counts, answers


@st.composite
def masked_maps(draw):
    scores = draw(score_maps())
    return scores, draw(st.none() | masks(scores.shape))


@patient
@given(maps=st.lists(masked_maps(), max_size=4))
def test_both_cores_agree_to_the_last_integer(native, maps):
    ours, our_answers = fill(native, maps)
    theirs, their_answers = fill(numpy_core, maps)
    for (inside, coarse), (their_inside, their_coarse) in zip(
        our_answers, their_answers, strict=True
    ):
        assert inside.tobytes() == their_inside.tobytes()
        assert coarse.pages.tobytes() == their_coarse.pages.tobytes()
        assert coarse.counts.tobytes() == their_coarse.counts.tobytes()
    for part in (0, 1):
        blocks = [
            b"".join(np.ascontiguousarray(block[part]).tobytes() for block in counts.blocks())
            for counts in (ours, theirs)
        ]
        assert blocks[0] == blocks[1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_both_cores_agree_on_much_data(native, dtype):
    rng = np.random.default_rng(3)
    maps = []
    for _ in range(12):
        scores = np.exp(rng.standard_normal((300, 301))).astype(dtype)
        maps.append((scores, (rng.random(scores.shape) < 0.02).astype(np.uint8)))
    (ours, _), (theirs, _) = fill(native, maps), fill(numpy_core, maps)
    cuts = np.sort(rng.choice(np.exp(rng.standard_normal(50_000)), 20_000))
    for thresholds in (cuts, cuts.astype(np.float32)):
        for our, their in zip(ours.ranks(thresholds), theirs.ranks(thresholds), strict=True):
            assert our.tobytes() == their.tobytes()


@patient
@given(data=st.data(), shape=st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_both_cores_label_alike(native, data, shape):
    mask = data.draw(masks(shape))
    for our, their in zip(native.label_regions(mask), numpy_core.label_regions(mask), strict=True):
        assert our.dtype == their.dtype
        assert our.tobytes() == their.tobytes()


def test_results_can_be_written_to(native):
    counts = native.Float32Counts()
    inside, coarse = counts.absorb(np.ones((2, 2), np.float32), np.eye(2, dtype=bool), coarse=True)
    regions, sizes = native.label_regions(np.eye(2, dtype=bool))
    for array in (inside, *coarse, regions, sizes, *counts.ranks(np.float32([1]))):
        array += 1


def test_refuses_what_it_cannot_count(native):
    counts = native.Float32Counts()
    for scores in (np.ones((2, 2)), np.ones((2, 2), np.int8), np.ones((2, 2), complex)):
        with pytest.raises(TypeError):
            counts.absorb(scores)
    with pytest.raises(ValueError, match="differ in size"):
        counts.absorb(np.ones((2, 2), np.float32), np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="differ in length"):
        counts.add(np.ones(2, np.float32), np.ones(3, np.int64))
    with pytest.raises(ValueError, match="negative"):
        counts.add(np.ones(2, np.float32), np.int64([1, -1]))
    with pytest.raises(ValueError, match="ascend"):
        counts.ranks(np.float32([1, 2, 1]))
    with pytest.raises(ValueError, match="two dimensions"):
        native.label_regions(np.ones(4, bool))
    assert counts.total == 0


def test_extension_refuses_unfit_buffers(native):
    table = native.Table()
    square = np.ones((4, 4), np.float32)
    unaligned = np.frombuffer(b"x" + bytes(16), np.float32, offset=1)
    for scores in (square.T[:, ::2], square.astype(">f4"), unaligned, 3, None):
        with pytest.raises((TypeError, ValueError, BufferError)):
            table.absorb(scores, None, False)
    with pytest.raises(TypeError):
        table.absorb(square, square, False)
    with pytest.raises(TypeError):
        table.merge(3)
    with pytest.raises(TypeError):
        table.add(square, np.ones(16, np.int32))
    with pytest.raises(OverflowError):
        table.next_page(-1)
    assert table.next_page(1 << 16) is None
    with pytest.raises(TypeError):
        native.Table(1)


def test_merge_with_itself_doubles(native):
    counts = native.Float32Counts()
    counts.add(np.float32([1, 2, -5]), np.int64([1, 20, 300]))
    counts.merge(counts)
    assert [n for _, numbers in counts.blocks() for n in numbers.tolist()] == [600, 2, 40]


def test_reading_while_others_count_is_safe(native):
    """What a reader sees meanwhile is some state in between; the end is exact."""
    rng = np.random.default_rng(4)
    maps = [rng.standard_normal((100, 100)).astype(DTYPES[i % 2]) for i in range(60)]
    counts = native.Float32Counts()
    done = threading.Event()

    def read():
        while not done.is_set():
            counts.ranks(np.float32([-1, 0, 1]))
            assert sum(int(numbers.sum()) for _, numbers in counts.blocks()) <= 600_000

    reader = threading.Thread(target=read)
    reader.start()
    parts = [counts.fork(), counts.fork()]
    workers = [
        threading.Thread(target=lambda k=k: [parts[k].absorb(m) for m in maps[k::2]])
        for k in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    reader.join()
    assert counts.total == 600_000


class Interrupted(Exception):
    pass


def interrupted(work):
    """Whether signals that come while it works have ended it; one comes each millisecond."""
    working, ended = False, False

    def interrupt(*_):
        nonlocal working
        if working:  # a slow machine may hear of the first before the work begins
            working = False
            raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        working = True
        work()
    except Interrupted:
        ended = True
    finally:
        working = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return ended


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
def test_a_signal_stops_a_long_count(native):
    scores = np.zeros((1 << 15, 1 << 15), np.uint8)  # never touched, so it takes no memory
    counts = native.Float32Counts()
    assert interrupted(lambda: counts.absorb(scores))
    assert counts.total < scores.size


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
def test_a_signal_stops_a_long_merge(native):
    of_each_page = np.arange(1 << 12, 1 << 15, dtype=np.uint32) << 16
    counts, other = native.Float32Counts(), native.Float32Counts()
    other.absorb(of_each_page.view(np.float32)[None])
    assert interrupted(lambda: counts.merge(other))
    assert counts.total < other.total


SETTLED = """
    import resource
    import numpy as np
    from anomeval.counting import native_core

    def held():
        return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

    page = np.random.default_rng(0).permutation(1 << 16).astype(np.uint32)
    counts = native_core.Float32Counts()
    for number in range(0x3F80, 0x4180):  # 512 pages, each with 8,191 scores that wait
        bits = np.concatenate([page, page[:8191]]) | np.uint32(number << 16)
        counts.absorb(bits.view(np.float32)[None])
    before = held()
    counts.settle()
    print((before - held()) / (512 * 8192 * 2))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="sanitizers keep memory")
def test_settling_gives_memory_back(native):
    """Where the C library can: it must be able to let go of pages between others."""
    if "glibc" not in platform.libc_ver()[0]:
        pytest.skip("not the GNU C library")
    command = [sys.executable, "-c", textwrap.dedent(SETTLED)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0.5 < float(run.stdout) < 1.5


OUT_OF_MEMORY = """
    import resource
    import numpy as np
    from anomeval.counting import native_core

    rng = np.random.default_rng(0)
    bits = rng.integers(0x3F000000, 0x4F000000, 1 << 21, np.uint32)  # 4,096 pages: takes 200 MB
    scores = bits.view(np.float32).reshape(1, -1)
    values = np.unique(scores)
    counts, other = native_core.Float32Counts(), native_core.Float32Counts()
    other.absorb(scores)
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + (48 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))

    def provoke(action):
        for _ in range(1000):
            try:
                action()
            except MemoryError:
                return
        raise AssertionError("there was memory enough")

    provoke(lambda: counts.absorb(scores))
    provoke(lambda: counts.merge(other))
    provoke(lambda: counts.add(values, np.full(len(values), 9)))
    provoke(lambda: np.asarray([native_core.Float32Counts() for _ in range(10_000)]))
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert counts.total == sum(int(numbers.sum()) for _, numbers in counts.blocks()) > 0
    counts.absorb(scores)
    print("whole")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS and /proc")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="sanitizers need memory")
def test_out_of_memory_is_a_memory_error(native):
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(OUT_OF_MEMORY)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "whole", run.stderr
