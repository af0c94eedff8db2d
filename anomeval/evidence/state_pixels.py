"""The scores of pixels that are not anomalous, in a state file.

Normals: the pixel counts of normal images, ascending; how many images have each; then for each
the multiset of their scores. Background: one multiset.
"""

from collections.abc import Sequence

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow
from anomeval.evidence.state_scores import read_counts, write_counts
from anomeval.evidence.state_stream import DamagedError, Reader, Writer


def write_normals(writer: Writer, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Write the scores of normal images."""
    pixels = evidence.pixels
    sizes = sorted(pixels.normals)
    writer.whole(sizes)
    writer.whole([pixels.normal_images[size] for size in sizes])
    for size in sizes:
        write_counts(writer, pixels.normals[size])


def read_normals(reader: Reader, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Read the scores of normal images."""
    pixels = evidence.pixels
    sizes = reader.whole()
    images = reader.whole(len(sizes))
    normal = [row.pixels for row in rows if not row.anomalous]
    told = sum(size * count for size, count in zip(sizes, images, strict=True))
    if sum(images) > len(normal) or told != sum(normal):
        raise DamagedError("normal images have more or fewer scores than pixels")
    for size, count in zip(sizes, images, strict=True):
        pixels.normals[size] = read_counts(reader, size * count)
        pixels.normal_images[size] = count


def write_background(writer: Writer, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Write the scores outside the masks of anomalous images."""
    write_counts(writer, evidence.pixels.background)


def read_background(reader: Reader, evidence: Evidence, rows: Sequence[ImageRow]) -> None:
    """Read the scores outside the masks of anomalous images."""
    outside = sum(row.pixels - row.anomalous_pixels for row in rows if row.anomalous)
    evidence.pixels.background = read_counts(reader, outside)
