"""Going through a file in which some images cannot be read."""

from collections.abc import Iterator

from anomeval.errors import InvalidInputError
from anomeval.predictions.record import Image, PredictionFile


def whatever_is_readable(
    file: PredictionFile, start: int, stop: int
) -> Iterator[tuple[int, Image | InvalidInputError]]:
    """Each position from `start` up to `stop` with its image, or with why it cannot be read.

    A file without random access ends at the first that cannot be read.
    """
    position = start
    while position < stop:
        try:
            for image in file.images(position, stop):
                position += 1
                yield position - 1, image
            return
        except InvalidInputError as error:
            yield position, error
            if not file.random_access:
                return
            position += 1
