"""How often each image is drawn into each resample: a pure function of its name.

Version 1, for the unit `name` and the resample number r = 0, 1, 2, ...:

    seed = xxh3_64(name in UTF-8)
    z    = seed + (r + 1) · 0x9E3779B97F4A7C15            all arithmetic modulo 2**64
    z    = (z ^ (z >> 30)) · 0xBF58476D1CE4E5B9           (splitmix64)
    z    = (z ^ (z >> 27)) · 0x94D049BB133111EB
    z    = z ^ (z >> 31)
    drawn = how many of the limits floor(2**64 · P(X <= k)), k = 0 ... 11, are <= z

with X of the Poisson distribution of mean 1; more than twelve would be drawn once in 10**10. The
name of an image is `image`, a NUL and its identity; that of a group of images is `group`, a NUL,
their category (empty if there is none), a NUL and their `group_id`. An identity enters as it is
called on every machine: in canonical form, without the folders above its data set
(`image_names.names_below_root`), so that resamples pair wherever the data set lies.

Nothing else enters: not the order, number or files of the images. So the first 300 of 500
resamples are the resamples of a run with 300.
"""

from collections.abc import Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.evidence.resamples import Units, Weights

VERSION = "anomeval.draws/1"

_STEP = 0x9E3779B97F4A7C15
_MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT = 31
_LIMITS = (
    0x5E2D58D8B3BCDF1A,
    0xBC5AB1B16779BE35,
    0xEB715E1DC1582DC2,
    0xFB23979734A252F1,
    0xFF1025F59174DC3D,
    0xFFD90F3BA4055E19,
    0xFFFA8B71FC72C913,
    0xFFFF540C0914B3C9,
    0xFFFFED1F4AA8F120,
    0xFFFFFE216E641462,
    0xFFFFFFD4D85D3183,
    0xFFFFFFFC6DA262B4,
)
"""floor(2**64 · P(X <= k)) for X of the Poisson distribution of mean 1, k = 0 ... 11."""

_UNITS_AT_ONCE = 1024


def seeds(names: Sequence[str]) -> NDArray[np.uint64]:
    """The seed of each unit, (units,)."""
    digests = [xxhash.xxh3_64_intdigest(_bytes(name)) for name in names]
    return np.array(digests, np.uint64)


def draw(names: Sequence[str], resamples: int) -> Weights:
    """How often each unit is drawn into each resample, (units, resamples)."""
    seed = seeds(names)
    steps = np.arange(1, resamples + 1, dtype=np.uint64) * np.uint64(_STEP)
    drawn = np.zeros((len(seed), resamples), np.uint8)
    for start in range(0, len(seed), _UNITS_AT_ONCE):
        some = slice(start, start + _UNITS_AT_ONCE)
        mixed = _mixed(seed[some, None] + steps)
        for limit in _LIMITS:
            drawn[some] += mixed >= np.uint64(limit)
    return drawn


def units_digest(units: Units) -> str:
    """Digest of what is drawn: names and classes. Results pair where it is the same."""
    digest = xxhash.xxh3_128()
    for name, anomalous in zip(units.names, units.anomalous.tolist(), strict=True):
        digest.update(b"%d%s\n" % (anomalous, _bytes(name)))
    return digest.hexdigest()


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift, factor in _MIXERS:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(_LAST_SHIFT))


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
