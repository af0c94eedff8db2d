"""What anomeval is meant to reach, as ratios within one run; reached or not is computed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from catalogue import TIMES, sized
from contenders import VALUES_ONLY
from records import Results

_HUNDREDFOLD = """\
of our own time start-up, counting and finishing take a part each, see below; none of them alone \
stands in the way any more. Tried and kept: sorting anomalous scores by radix instead of by \
comparison; one sum of precisions for both areas under the curve; narrow integers; no search for \
garbage at the end; keeping Python's lock through calls of some ten microseconds, and looking at a \
mask once, in C (counting on two cores: 0.50 s, was 0.57); resampling on another thread while \
values are computed (finishing: 0.33 s at best, was 0.41); importing while another process looks \
at the file, and no pydantic (start-up: 0.1 s less). Tried and dropped: all metrics side by side, \
and records and digests on a third thread, which wait for Python's lock; large memory pages, locks \
on cache lines of their own and prefetching of pages, all within the noise; reading some rows at a \
time, which is slower, as they leave the cache again before they are counted."""

_HALVES = """\
an image of 256² float16 is counted so quickly that two threads hand Python's lock to and fro: \
seen were 3 context switches an image, 5 before masks were looked at in C and short calls kept \
the lock. With images of 1024² pixels this does not matter."""

_INFLATING = """\
with isal, inflating takes less time than counting, so the bound lies below the time of \
uncompressed data. Inflating with zlib, as h5py does, stands in the table of all data sets."""

_REMEMBERED = """\
memory grows with the anomalous pixels, 17.5 million here: 5 bytes each while counting, 14 more in \
the ranking that metrics are computed from. Seen on the way: 321 MB when all is counted (77 the \
program with the names of the images, 88 anomalous pixels, 36 a histogram of each image for the \
intervals, the rest counts), 649 when distinct scores have been found, 662 in the end. Tried and \
kept: ranking in portions, storing what intervals need in portions and narrow (before: 815). To \
come below the bound, anomalous pixels would have to be kept in fewer bytes, and metrics to fold \
over a ranking that is never there as a whole."""


@dataclass(frozen=True)
class Target:
    """A bound and what was measured; `reached` is None where it was not measured.

    why: what is known about the reasons if it is missed, and what was tried.
    """

    what: str
    at_least: bool
    bound: float
    reached: float | None
    unit: str = TIMES
    why: str = ""

    @property
    def missed(self) -> bool:
        if self.reached is None:
            return False
        return self.reached < self.bound if self.at_least else self.reached > self.bound

    @property
    def verdict(self) -> str:
        if self.reached is None:
            return "not measured"
        return "**no**" if self.missed else "yes"


def targets(results: Results) -> list[Target]:
    """All targets, in the order in which they were set."""
    parts: list[Callable[[Results], Iterator[Target]]] = [_beside_others, _types, _linear, _startup]
    return [target for part in parts for target in part(results)]


def _beside_others(results: Results) -> Iterator[Target]:
    data = sized(results.scale, "medium")
    ours = (data, results.reference)
    yield Target("faster than ADEval", True, 3, results.ratio((data, "adeval"), ours))
    reading = results.ratio(ours, (data, "h5py_read"))
    yield Target("time, against only reading the file with h5py", False, 1.5, reading)
    yield Target("peak memory", False, 200, _megabytes(results.peak(*ours)), " MB")
    cost = results.ratio(ours, (data, VALUES_ONLY.name))
    percent = None if cost is None else 100 * (cost - 1)
    yield Target("intervals: time on top of values", False, 25, percent, " %")
    for rival, title in (("sklearn", "scikit-learn"), ("anomalib", "anomalib")):
        faster = results.ratio((data, rival), ours)
        yield Target(f"faster than {title}", True, 100, faster, why=_HUNDREDFOLD)


def _types(results: Results) -> Iterator[Target]:
    reference, scale = results.reference, results.scale
    ours = (sized(scale, "medium"), reference)
    half = (sized(scale, "medium", "float16"), reference)
    quicker = results.ratio(half, ours)
    yield Target("float16: time, against float32", False, 0.8, quicker, why=_HALVES)
    packed = sized(scale, "medium", storage="gzip")
    inflating = results.ratio((packed, reference), (packed, "inflate"))
    yield Target("gzip: time, against only inflating", False, 1.2, inflating, why=_INFLATING)
    yield _same_speed(results, "large images: speed, against small images", "large", "medium")


def _linear(results: Results) -> Iterator[Target]:
    data = sized(results.scale, "linear-high")
    yield _same_speed(results, "10⁹ pixels: speed, against 10⁸", "linear-high", "linear-low")
    peak = _megabytes(results.peak(data, results.reference))
    yield Target("10⁹ pixels: peak memory", False, 300, peak, " MB", _REMEMBERED)


def _startup(results: Results) -> Iterator[Target]:
    for command, bound in (("anomeval --help", 0.25), ("anomeval score, sample data", 1.0)):
        walls = results.startup.get(command)
        yield Target(command, False, bound, median(walls) if walls else None, " s")


def _same_speed(results: Results, what: str, size: str, other: str) -> Target:
    """Pixels a second of one size against another; at least 0.8 of it."""
    many, few = sized(results.scale, size), sized(results.scale, other)
    ratio = results.ratio((few, results.reference), (many, results.reference))
    speed = ratio * many.pixels / few.pixels if ratio else None
    return Target(what, True, 0.8, speed)


def _megabytes(size: int | None) -> float | None:
    return None if size is None else size / 1e6
