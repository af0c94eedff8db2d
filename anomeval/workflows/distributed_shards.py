"""What runs on the workers of a cluster: collecting one shard, and merging what others collected.

Problems with the data come back as values, not as exceptions, so that one bad shard does not keep
the problems of the others from being told.
"""

import os
from collections.abc import Collection as Some
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from socket import gethostname

import xxhash

from anomeval.errors import InvalidInputError, Problem
from anomeval.evidence.state import state_bytes
from anomeval.evidence.state_parts import Parts
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.opening import opened
from anomeval.predictions.paths import position_names
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import PreparationRules
from anomeval.predictions.record import Image, ImageEntry, PredictionFile
from anomeval.predictions.remote import absolute, is_remote
from anomeval.workflows.collecting import collect
from anomeval.workflows.merging import state_of
from anomeval.workflows.options import Splitting

Outcome = bytes | tuple[Problem, ...]
"""A state, or what stood in its way."""


@dataclass(frozen=True)
class Shard:
    """Neighbouring images of one file.

    path: as the user typed it; the same file has the absolute path `location` on every machine.
    name: what its images are called after if they have no `image_path`.
    digest: of the entries, by which a worker knows that it sees the same file.
    """

    path: str
    location: str
    start: int
    stop: int
    name: str
    digest: str


@dataclass(frozen=True)
class Order:
    """What is to be done with every shard.

    reading: how files are opened, with absolute paths. fields: those that all files have.
    """

    rules: PreparationRules
    splitting: Splitting
    reading: Reading
    fields: frozenset[str]
    has_pixels: bool


def shards_of(predictions: PredictionSet, longest: int) -> Iterator[Shard]:
    """Divide a data set.

    Args:
        predictions: what to divide.
        longest: bytes of a file from which on it is divided, if it can be read from anywhere.
    """
    files = [file for file in predictions.files if len(file.entries)]
    for file, name in zip(files, _position_names(files), strict=True):
        images = len(file.entries)
        pieces = -(-stored_bytes(file.path) // longest) if file.random_access else 1
        step = -(-images // max(pieces, 1))
        for start in range(0, images, step):
            stop = min(start + step, images)
            digest = _digest(file.entries[start:stop])
            yield Shard(file.path, absolute(file.path), start, stop, name, digest)


def collect_shard(shard: Shard, order: Order) -> Outcome:
    """Collect the evidence of a shard."""
    try:
        predictions = PredictionSet([_Range(_opened(shard, order), shard, order)])
        collection = collect(predictions, order.rules, order.splitting, jobs=1)
    except InvalidInputError as error:
        return tuple(
            replace(problem, file=shard.path) if problem.file == shard.location else problem
            for problem in error.problems
        )
    return state_bytes(state_of(collection, order.rules, order.fields, [shard.path]))


def merge_outcomes(outcomes: Sequence[Outcome]) -> Outcome:
    """Merge states; if there are problems, gather these."""
    states = [outcome for outcome in outcomes if isinstance(outcome, bytes)]
    if len(states) < len(outcomes):
        problems = [outcome for outcome in outcomes if not isinstance(outcome, bytes)]
        return tuple(problem for several in problems for problem in several)
    return state_bytes(Parts(states).merged())


class _Range:
    """The images of a shard, as a file of their own."""

    def __init__(self, file: PredictionFile, shard: Shard, order: Order) -> None:
        judged = order.fields if order.has_pixels else order.fields - {"anomaly_map"}
        self.path = shard.path
        self.fields: Mapping[str, str] = {
            field: name for field, name in file.fields.items() if field in judged
        }
        self.random_access, self.attributes = file.random_access, file.attributes
        self.entries: Sequence[ImageEntry] = [
            replace(entry, file=shard.path) for entry in file.entries[shard.start : shard.stop]
        ]
        self._file = file
        self._first = shard.start
        if _digest(self.entries) != shard.digest:
            what = f"is another file on worker {gethostname()} than where this was started"
            remedy = "let every worker see the same files under the same paths"
            raise InvalidInputError(Problem(what, shard.path, remedy=remedy))

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, counted within the range."""
        wanted = range(len(self.entries))[start:stop]
        images = self._file.images(self._first + wanted.start, self._first + wanted.stop)
        for image, position in zip(images, wanted, strict=True):
            yield replace(image, entry=self.entries[position])

    def close(self) -> None:
        """Give the file back to the system."""
        self._file.close()


def stored_bytes(path: str) -> int:
    """The size of a file, or of all files of a folder; 0 for what lies elsewhere."""
    if is_remote(path):
        return 0
    if not os.path.isdir(path):
        return os.path.getsize(path)
    folders = os.walk(path)
    return sum(
        os.path.getsize(os.path.join(at, name)) for at, _, names in folders for name in names
    )


def _opened(shard: Shard, order: Order) -> PredictionFile:
    try:
        [file] = opened([shard.location], order.reading, shard.name).files
    except InvalidInputError as error:
        where = f"on worker {gethostname()}, which must see the same files: "
        raise InvalidInputError([replace(p, what=where + p.what) for p in error.problems]) from None
    return file


def _position_names(files: Sequence[PredictionFile]) -> list[str]:
    """What the images of each file are called after; empty where all have a path of their own."""
    unnamed = [file.path for file in files if not all(entry.named for entry in file.entries)]
    names = dict(zip(unnamed, position_names(unnamed), strict=True))
    return [names.get(file.path, "") for file in files]


def _digest(entries: Some[ImageEntry]) -> str:
    hasher = xxhash.xxh3_128()
    for entry in entries:
        hasher.update(repr(entry).encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()
