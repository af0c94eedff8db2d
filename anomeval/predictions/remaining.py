"""A file without the images that are left out, because something is wrong with them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from anomeval.predictions.record import Image, ImageEntry, PredictionFile


class RemainingPredictions:
    """A `PredictionFile` of the other images of a file, which keep their positions as `index`."""

    def __init__(self, file: PredictionFile, left_out: Collection[int | None]) -> None:
        """Leave images out.

        Args:
            file: all images.
            left_out: the `index` of each image that is not to be seen.
        """
        self.path = file.path
        self.fields: Mapping[str, str] = file.fields
        self.random_access, self.attributes = file.random_access, file.attributes
        entries = enumerate(file.entries)
        kept = [(place, entry) for place, entry in entries if entry.index not in left_out]
        self.entries: Sequence[ImageEntry] = [entry for _, entry in kept]
        self._places = [place for place, _ in kept]
        self._file = file

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, counted among those that remain.

        Raises: as the file does.
        """
        wanted = self._places[start:stop]
        if self.random_access:
            for first, behind in _runs(wanted):
                yield from self._file.images(first, behind)
        elif wanted:
            seen, kept = self._file.images(wanted[0], wanted[-1] + 1), set(wanted)
            yield from (image for place, image in enumerate(seen, wanted[0]) if place in kept)

    def close(self) -> None:
        """Give the file back to the system. Safe to call twice."""
        self._file.close()


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring places, increasing, as (first, behind the last)."""
    first = 0
    for number in range(1, len(places) + 1):
        if number == len(places) or places[number] != places[number - 1] + 1:
            yield places[first], places[number - 1] + 1
            first = number
