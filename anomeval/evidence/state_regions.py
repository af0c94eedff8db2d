"""What is known of the pixels of single images, in a state file.

Regions: the anomalous pixels, first of all images with float32 scores, then of those with float64.
A batch has the numbers of the images' rows, how many regions each has, and the keys of each
region as a run; so the regions of single pixels need not be told.

Saturated: the same of images whose defects are told apart, defects in the place of regions, each
with the highest scores that are enough to find it.

Outlines: the coarse histograms. A batch has the numbers of the images' rows, the pages of each as
a run, and a column of counts (less one).

Images ascend within and across batches. A batch without images ends the sequence.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Coarse, Counts, narrowest
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow
from anomeval.evidence.pixels import AnomalousPixels
from anomeval.evidence.state_runs import batches, checked_sizes, read_runs, write_runs
from anomeval.evidence.state_scores import checked_counts, keys_of, scores_of
from anomeval.evidence.state_stream import DamagedError, Reader, Writer

_TYPES = (np.float32, np.float64)
_PAGES = 1 << 16


def write_regions(writer: Writer, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Write the anomalous pixels."""
    _write_images(writer, evidence.pixels.anomalous, rows)


def write_saturated(writer: Writer, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Write what can matter to sPRO."""
    _write_images(writer, evidence.pixels.saturated, rows)


def _write_images(
    writer: Writer, images: Sequence[AnomalousPixels], rows: Sequence[ImageRow]
) -> None:
    number_of = _numbers(rows)
    images = sorted(images, key=lambda image: number_of[image.identity])
    for dtype in _TYPES:
        of_type = (image for image in images if image.scores.dtype == dtype)
        for batch in batches(of_type, lambda image: len(image.scores)):
            writer.whole([number_of[image.identity] for image in batch])
            _write_keys(writer, batch)
        writer.whole([])


def read_regions(reader: Reader, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Read the anomalous pixels."""
    found = dict(_read_all(reader, rows))
    for number, image in found.items():
        if len(image.scores) != rows[number].anomalous_pixels:
            raise DamagedError("an image has more or fewer pixels in its regions than it says")
    if any(row.anomalous_pixels and number not in found for number, row in enumerate(rows)):
        raise DamagedError("an image lacks its regions")
    evidence.pixels.anomalous = [found[number] for number in sorted(found)]


def read_saturated(reader: Reader, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Read what can matter to sPRO; the regions were read before."""
    marked = {image.identity: image for image in evidence.pixels.anomalous}
    for _, image in sorted(_read_all(reader, rows), key=itemgetter(0)):
        own = marked.get(image.identity)
        if own is None or own.scores.dtype != image.scores.dtype:
            raise DamagedError("defects are told of an image that has none, or none of that type")
        if not np.isin(image.scores, own.scores).all():
            raise DamagedError("a defect has scores that its image has not")
        evidence.pixels.saturated.append(image)


def _read_all(reader: Reader, rows: Sequence[ImageRow]) -> Iterator[tuple[int, AnomalousPixels]]:
    """(number, pixels) of each image, no image twice."""
    seen: set[int] = set()
    for dtype in _TYPES:
        for number, image in _read_images(reader, rows, dtype):
            if number in seen:
                raise DamagedError("an image has its regions twice")
            seen.add(number)
            yield number, image


def write_outlines(writer: Writer, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Write the coarse histograms."""
    outlines = evidence.pixels.outlines
    drawn = [
        (number, outlines[row.entry.identity])
        for number, row in enumerate(rows)
        if row.entry.identity in outlines
    ]
    for batch in batches(drawn, lambda item: len(item[1].pages)):
        writer.whole([number for number, _ in batch])
        sizes = np.array([len(outline.pages) for _, outline in batch], np.int64)
        write_runs(writer, np.concatenate([outline.pages for _, outline in batch]), sizes)
        counts = np.concatenate([outline.counts for _, outline in batch])
        writer.integers((counts - 1).astype(np.uint64))
    writer.whole([])


def read_outlines(reader: Reader, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Read the coarse histograms."""
    limit = sum(row.pixels for row in rows)
    while numbers := _read_numbers(reader, rows):
        pages, sizes = read_runs(reader)
        counts = checked_counts(reader.integers(len(pages)), limit)
        if len(sizes) != len(numbers) or pages.max(initial=0) >= _PAGES:
            raise DamagedError("a coarse histogram is of no image, or has no such page")
        narrow, ends = pages.astype(np.uint16), np.cumsum(sizes)[:-1]
        split = zip(numbers, np.split(narrow, ends), np.split(counts, ends), strict=True)
        for number, own_pages, own_counts in split:
            outline = Coarse(own_pages, own_counts)
            _check_outline(outline, rows[number])
            evidence.pixels.outlines[rows[number].entry.identity] = outline
    outlines = evidence.pixels.outlines
    if any(row.pixels and row.entry.identity not in outlines for row in rows):
        raise DamagedError("an image lacks its coarse histogram")


def _check_outline(outline: Coarse, row: ImageRow) -> None:
    if (outline.pages[1:] <= outline.pages[:-1]).any():
        raise DamagedError("the pages of a coarse histogram do not ascend")
    if outline.counts.sum() != row.pixels - row.anomalous_pixels:
        raise DamagedError("a coarse histogram has more or fewer scores than pixels")


def _write_keys(writer: Writer, images: Sequence[AnomalousPixels]) -> None:
    counts = np.array([len(image.sizes) for image in images], np.int64)
    sizes = np.concatenate([image.sizes for image in images])
    firsts = np.cumsum(counts) - counts
    regions = np.concatenate(
        [image.regions + first for image, first in zip(images, firsts, strict=True)]
    )
    keys = keys_of(np.concatenate([image.scores for image in images]))
    writer.integers(counts.astype(np.uint64))
    write_runs(writer, keys[np.lexsort((keys, regions))], sizes)


def _read_images(
    reader: Reader, rows: Sequence[ImageRow], dtype: type[np.floating[Any]]
) -> Iterator[tuple[int, AnomalousPixels]]:
    while numbers := _read_numbers(reader, rows):
        counts = reader.integers(len(numbers))
        keys, sizes = read_runs(reader)
        scores = scores_of(keys, dtype)
        if sizes.min(initial=1) == 0:
            raise DamagedError("a region has no pixels")
        of_image = np.split(sizes, np.cumsum(checked_sizes(counts, len(sizes)))[:-1])
        start = 0
        for number, own in zip(numbers, of_image, strict=True):
            stop = start + int(own.sum())
            if stop == start:
                raise DamagedError("an image has no region")
            yield number, _descending(rows[number].entry.identity, scores[start:stop], own)
            start = stop


def _read_numbers(reader: Reader, rows: Sequence[ImageRow]) -> list[int]:
    numbers = reader.whole()
    if max(numbers, default=-1) >= len(rows):
        raise DamagedError("something is told of an image that there is not")
    return numbers


def _numbers(rows: Sequence[ImageRow]) -> dict[str, int]:
    return {row.entry.identity: number for number, row in enumerate(rows)}


def _descending(identity: str, scores: NDArray[Any], sizes: Counts) -> AnomalousPixels:
    """The pixels of an image, from scores in the order of regions; ties come by region."""
    regions = np.repeat(np.arange(len(sizes), dtype=narrowest(len(sizes))), sizes)
    order = np.argsort(-scores, kind="stable")
    return AnomalousPixels(identity, scores[order], regions[order], sizes)
