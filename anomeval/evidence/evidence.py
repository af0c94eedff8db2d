"""Evidence: what one pass over the images leaves behind. Every metric is a function of it.

Evidence is updated image by image and merged; both are exact, so neither the order of images nor
their distribution over files, threads or machines can change what is computed from it.
"""

from collections import Counter
from collections.abc import Iterable

from anomeval.evidence.images import ImageRow
from anomeval.evidence.pixels import PixelEvidence
from anomeval.evidence.streams import Source, Streams, merge_streams, update_streams
from anomeval.predictions.preparation import PreparedImage


class Evidence:
    """What is known of a group of images: a row for each, and the pixels of all."""

    def __init__(self, sources: Iterable[Source] = ()) -> None:
        self.images: list[ImageRow] = []
        self.pixels = PixelEvidence()
        self.observations: Counter[str] = Counter()
        self.streams: Streams = {source: source.start() for source in sources}

    def update(self, image: PreparedImage) -> None:
        """Take in one image."""
        self.images.append(ImageRow.of(image))
        self.observations.update(set(image.observations))
        if image.anomaly_map is not None:
            self.pixels.add(image)
        update_streams(self.streams, image)

    def merge(self, other: "Evidence") -> None:
        """Take in all that `other` has seen; `other` stays as it is."""
        self.images.extend(other.images)
        self.observations.update(other.observations)
        self.pixels.merge(other.pixels)
        merge_streams(self.streams, other.streams)

    def fork(self) -> "Evidence":
        """A partner for another thread to update; `join` brings its evidence home."""
        part = Evidence(self.streams)
        part.pixels = self.pixels.fork()
        return part

    def join(self, part: "Evidence") -> None:
        """Take over all that a partner made by `fork` has seen; it must not be used again."""
        self.images.extend(part.images)
        self.observations.update(part.observations)
        self.pixels.join(part.pixels)
        merge_streams(self.streams, part.streams)


def merged(parts: Iterable[Evidence]) -> Evidence:
    """One evidence of several, which stay as they are."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    whole = Evidence()
    for part in parts:
        whole.merge(part)
    return whole
