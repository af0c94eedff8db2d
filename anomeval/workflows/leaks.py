"""The overlap guard: thresholds must not be fitted on the images they are judged on."""

from collections.abc import Sequence

from anomeval.errors import CannotJudgeError, Problem
from anomeval.evidence.images import ImageRow
from anomeval.judging.post_processor import Fit, Source
from anomeval.reporting.result import Caution
from anomeval.workflows.collection import identity_digest

_REMEDY = "fit on other images, or pass --allow-overlap to go on with a caution in the result"


def overlap_cautions(
    rows: Sequence[ImageRow], source: Source, *, allow_overlap: bool
) -> list[Caution]:
    """Look for images of the test split that the fit has seen.

    An image is known again by its image path or by the content of its anomaly map.

    Raises:
        CannotJudgeError: naming them, unless they are allowed; then a caution counts them.
    """
    seen = _seen(rows, source)
    if seen and not allow_overlap:
        raise CannotJudgeError(
            [
                Problem(
                    f"the fit has seen this image: {why}",
                    row.entry.file,
                    index=row.entry.index,
                    image=row.entry.identity,
                )
                for row, why in seen
            ],
            Problem(f"the fit has seen {len(seen)} of {len(rows)} images", remedy=_REMEDY),
        )
    return _told(len(seen), len(rows), " (--allow-overlap)")


def shown_overlap_cautions(rows: Sequence[ImageRow], fit: Fit | None) -> list[Caution]:
    """The same for commands that only show, and refuse nothing."""
    return _told(len(_seen(rows, fit.source)), len(rows)) if fit else []


def _told(seen: int, images: int, allowed: str = "") -> list[Caution]:
    if not seen:
        return []
    message = (
        f"{seen} of {images} images were seen by the fit{allowed}: "
        "metrics at the fitted threshold are optimistic"
    )
    return [Caution("overlap", message)]


def _seen(rows: Sequence[ImageRow], source: Source) -> list[tuple[ImageRow, str]]:
    """The images that the fit has seen, and by what they are known again."""
    return [(row, why) for row in rows if (why := _why_seen(row, source))]


def _why_seen(row: ImageRow, source: Source) -> str | None:
    if row.entry.named and identity_digest(row.entry.identity) in source.identities:
        return "same image_path"
    if row.map_digest is not None and row.map_digest in source.map_digests:
        return "same anomaly map"
    return None
