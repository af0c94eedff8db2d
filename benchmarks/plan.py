"""Who runs on which data, and how often.

A benchmark has parts, which may be run on different days. In each all take turns, and whoever is
compared by a target runs in one part with whom it is compared.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from catalogue import LINEAR_SIZES, DataSet, Scale, data_sets, sized, with_ties
from contenders import REFERENCE, RIVALS, Contender, own_contenders

Part = Literal["small", "medium", "slow", "large", "huge"]
PARTS: tuple[Part, ...] = get_args(Part)
"""By size; on the medium data, those who take minutes have a part to themselves."""


@dataclass(frozen=True)
class Entry:
    """A contender on a data set, in the first `rounds` rounds."""

    data: DataSet
    contender: Contender
    rounds: int


def entries(
    part: Part, scale: Scale, rivals: Collection[str], rounds: int, slow_rounds: int
) -> list[Entry]:
    """Everything that runs in a round of a part, in order."""
    if part == "slow":
        rounds = min(rounds, slow_rounds)
    return [
        Entry(data, contender, rounds)
        for data, contender in _pairs(part, scale)
        if contender.name not in RIVALS or contender.name in rivals
    ]


def _pairs(part: Part, scale: Scale) -> Iterator[tuple[DataSet, Contender]]:
    if part == "huge":
        yield from ((sized(scale, size), REFERENCE) for size in LINEAR_SIZES)
        return
    if part == "slow":
        slow = [rival for rival in RIVALS.values() if rival.slow]
        yield from ((sized(scale, "medium"), contender) for contender in (REFERENCE, *slow))
        ties = (REFERENCE, RIVALS["adeval"], RIVALS["global_sort"])
        yield from ((with_ties(scale), contender) for contender in ties)
        return
    if part == "large":  # speed is compared with that on the medium data
        yield sized(scale, "medium"), REFERENCE
    for data in data_sets(scale, [part]):
        rivals = [RIVALS[name] for name in _rivals_on(data)]
        if part == "small":
            rivals += [r for r in RIVALS.values() if r.slow and _compares_all(data, r)]
        yield from ((data, contender) for contender in (*own_contenders(), *rivals))


def _rivals_on(data: DataSet) -> Iterator[str]:
    """Who is quick, and whose comparison says something."""
    if data.storage == "npz":
        return
    yield "h5py_read"
    yield from ("inflate", "inflate_zlib") if data.storage == "gzip" else ("adeval",)


def _compares_all(data: DataSet, rival: Contender) -> bool:
    """The global sort checks values of every kind; the others are compared on plain float32."""
    plain = data == replace(data, dtype="float32", storage="plain", ties=False)
    return plain or rival.name == "global_sort"


def smoke_entries() -> list[Entry]:
    """One tiny data set of each kind, and all that needs no environment of its own."""
    medium = list(data_sets("smoke", ["medium"]))
    kept = [data for data in medium if data.storage == "plain" or data.dtype == "float32"]
    planned = []
    for data in kept:
        once = [REFERENCE, RIVALS["global_sort"]]
        if data == kept[0]:
            once = [*own_contenders(), RIVALS["global_sort"], RIVALS["h5py_read"]]
        if data.storage == "gzip":
            once.append(RIVALS["inflate"])
        planned += [Entry(data, contender, 1) for contender in once]
    return planned
