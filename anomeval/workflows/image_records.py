"""What a result keeps of its images, so that another one can be set against it without files."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from anomeval.evidence.images import ImageRow, by_identity
from anomeval.reporting.image_records import image_record
from anomeval.reporting.result import ImageRecord, ImageResult


def image_records(
    images: Iterable[ImageResult], rows: Iterable[ImageRow]
) -> tuple[ImageRecord, ...]:
    """One record for each image, by identity."""
    masks = {row.entry.identity: row.mask_digest for row in rows}
    ordered = sorted(images, key=lambda image: image.image_path)
    return tuple(image_record(image, masks[image.image_path]) for image in ordered)


def identities_digest(rows: Sequence[ImageRow]) -> str:
    """Digest of the names of the images."""
    return _digest(row.entry.identity for row in by_identity(rows))


def ground_truth_digest(rows: Sequence[ImageRow]) -> str:
    """Digest of all that is true of the images; what was predicted does not enter."""
    return _digest(
        (
            row.entry.identity,
            row.entry.category,
            row.entry.defect_type,
            row.entry.group_id,
            row.anomalous,
            row.mask_digest,
        )
        for row in by_identity(rows)
    )


def _digest(facts: Iterable[object]) -> str:
    digest = sha256()
    for fact in facts:
        digest.update(repr(fact).encode("utf-8", "surrogateescape"))
    return f"sha256:{digest.hexdigest()}"
