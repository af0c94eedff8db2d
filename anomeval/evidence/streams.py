"""Evidence of a plugin's own, collected in the same pass as everything else."""

from typing import Any, Protocol, Self

from anomeval.errors import Problem, UsageError
from anomeval.predictions.preparation import PreparedImage


class Stream(Protocol):
    """What a streamed metric remembers. Images come in any order, from several threads and files.

    Each thread updates a stream of its own, and these are merged; so the outcome must not depend
    on the order of updates and merges.
    """

    def update(self, image: PreparedImage) -> None:
        """Take in one image; its arrays are shared and must not be changed or kept."""
        ...

    def merge(self, other: Self) -> None:
        """Take in all that `other` has seen; `other` stays as it is."""
        ...


class Source(Protocol):
    """What begins streams; equal sources begin streams that can be merged. Hashable."""

    def start(self) -> Any:
        """A new `Stream` that has seen nothing."""
        ...


Streams = dict[Any, Any]
"""Source → the stream that it began."""


def update_streams(streams: Streams, image: PreparedImage) -> None:
    """Show an image to all streams.

    Raises:
        UsageError: the code of a stream, which is a plugin's, has failed.
    """
    for source, stream in streams.items():
        try:
            stream.update(image)
        except Exception as error:
            what = f"{source} failed on it: {type(error).__name__}: {error}"
            entry = image.entry
            problem = Problem(what, entry.file, index=entry.index, image=entry.identity)
            raise UsageError(problem) from error


def merge_streams(streams: Streams, others: Streams) -> None:
    """Take in all that other streams have seen."""
    for source, other in others.items():
        if source not in streams:
            streams[source] = source.start()
        streams[source].merge(other)
