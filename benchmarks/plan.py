"""Who runs on which data, and how often."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from catalogue import LINEAR_SIZES, SIZES, DataSet, Scale, data_sets, sized
from contenders import RIVALS, Contender, own_contenders


@dataclass(frozen=True)
class Entry:
    """A contender on a data set, in the first `rounds` rounds."""

    data: DataSet
    contender: Contender
    rounds: int


def entries(
    scale: Scale, sizes: Sequence[str], rivals: Collection[str], rounds: int, slow_rounds: int
) -> list[Entry]:
    """Everything that runs in a round, in order."""
    own = own_contenders()
    planned = []
    for data in data_sets(scale, list(sizes)):
        linear = data in [sized(scale, size) for size in LINEAR_SIZES]
        planned += [Entry(data, contender, rounds) for contender in (own[:1] if linear else own)]
        for name in _rivals_on(data, scale):
            if name in rivals:
                few = RIVALS[name].slow and _is(data, scale, "medium")
                planned.append(
                    Entry(data, RIVALS[name], min(slow_rounds, rounds) if few else rounds)
                )
    return planned


def _rivals_on(data: DataSet, scale: Scale) -> Iterator[str]:
    """All tools on plain float32, elsewhere those whose comparison says something."""
    small, medium = (_is(data, scale, size) for size in ("small", "medium"))
    if (small or medium) and data == DataSet(data.images, data.side):
        yield from (name for name in RIVALS if name != "inflate")
        return
    if data in [sized(scale, size) for size in LINEAR_SIZES] or data.storage == "npz":
        return
    yield "h5py_read"
    yield "inflate" if data.storage == "gzip" else "adeval"
    if small or data.ties:
        yield "global_sort"


def _is(data: DataSet, scale: Scale, size: str) -> bool:
    return (data.images, data.side) == SIZES[scale][size]


def smoke_entries() -> list[Entry]:
    """One tiny data set of each kind, and all that needs no environment of its own."""
    medium = list(data_sets("smoke", ["medium"]))
    kept = [data for data in medium if data.storage == "plain" or data.dtype == "float32"]
    planned = []
    for data in kept:
        first, *more = own_contenders()
        once = [first, RIVALS["global_sort"]]
        if data == kept[0]:
            once += [*more, RIVALS["h5py_read"]]
        if data.storage == "gzip":
            once.append(RIVALS["inflate"])
        planned += [Entry(data, contender, 1) for contender in once]
    return planned
