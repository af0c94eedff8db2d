"""Maps that are a file each, as one `PredictionFile`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.layouts.pixels import ReadPixels, as_map, placed
from anomeval.predictions.record import Image, ImageEntry
from anomeval.predictions.stamps import Stamps


@dataclass(frozen=True, slots=True)
class MapFiles:
    """How maps lie in a folder.

    root: the folder, as the user typed it.
    entries, paths: for each image what is known of it, and its map below `root`.
    fields: canonical field → where it comes from.
    read: how one map is read.
    limit: most pixels of an image.
    """

    root: str
    entries: Sequence[ImageEntry]
    paths: Sequence[str]
    fields: Mapping[str, str]
    read: ReadPixels
    limit: int

    def place(self, position: int) -> str:
        """The path of a map."""
        return os.path.join(self.root, self.paths[position])


class ListedPredictions:
    """A folder of maps as `PredictionFile`; a map is read when its image is asked for."""

    random_access = True
    attributes: Mapping[str, object] = MappingProxyType({})

    def __init__(self, maps: MapFiles) -> None:
        """Take maps that were listed.

        Raises:
            InvalidInputError: there is none.
        """
        if not maps.entries:
            raise InvalidInputError(Problem("holds no anomaly maps", maps.root))
        self.path = maps.root
        self.fields = maps.fields
        self.entries = maps.entries
        self._maps = maps
        self._stamps = Stamps.of(map(maps.place, range(len(maps.paths))))
        self._closed = False

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, one in memory at a time, without masks.

        Raises:
            UsageError: the folder was closed.
            InvalidInputError: while reading, naming file and image.
        """
        if self._closed:
            raise UsageError(Problem("was closed before it was read", self.path))
        return self._images(range(len(self.entries))[start:stop])

    def close(self) -> None:
        """No pass may begin any more. Safe to call twice."""
        self._closed = True

    def _images(self, wanted: range) -> Iterator[Image]:
        maps = self._maps
        for position in wanted:
            entry, place = maps.entries[position], maps.place(position)
            try:
                with placed(entry, "anomaly_map", maps.paths[position]):
                    array = as_map(maps.read(place, maps.limit))
            finally:  # what looks like damage may come of a change
                self._stamps.check(place)
            yield Image(entry, array, None)
