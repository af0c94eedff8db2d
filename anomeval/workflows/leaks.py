"""The overlap guard: thresholds must not be fitted on the images they are judged on.

A fit remembers short digests of what images are called, by which they are known again however
their paths are spelled, and below other folders:

- the canonical name;
- the name from the folder of the object on, where that holds the split: `bottle/test/bent/000.png`;
- else that name, or the last folder and file where no object is known, together with the score:
  `good/000.png` alone is an image of every data set. Scores that several images have, or that are
  told in five digits, are too common to count.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import xxhash

from anomeval.errors import CannotJudgeError, Problem
from anomeval.evidence.images import ImageRow
from anomeval.image_names import SPLITS, join, object_start, split
from anomeval.judging.post_processor import Fit, Source
from anomeval.reporting.result import Caution

_REMEDY = "fit on other images, or pass --allow-overlap to go on with a caution in the result"


def overlap_cautions(
    rows: Sequence[ImageRow], source: Source, *, allow_overlap: bool
) -> list[Caution]:
    """Look for images of the test split that the fit has seen.

    An image is known again by its image path, see above, or by the content of its anomaly map.

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
    often = Counter(row.score for row in rows)
    return [(row, why) for row in rows if (why := _why_seen(row, often, source))]


def name_digests(rows: Sequence[ImageRow]) -> frozenset[str]:
    """Short digests that images are known again by; those known by position only have none."""
    often = Counter(row.score for row in rows)
    return frozenset(digest for row in rows for _, digest in _name_digests(row, often))


def _why_seen(row: ImageRow, often: Counter[float | None], source: Source) -> str | None:
    for why, digest in _name_digests(row, often):
        if digest in source.identities:
            return why
    if row.map_digest is not None and row.map_digest in source.map_digests:
        return "same anomaly map"
    return None


def _name_digests(row: ImageRow, often: Counter[float | None]) -> Iterator[tuple[str, str]]:
    """What would be the same of an image with the same digest, and the digest.

    often: how many images of the split have a score.
    """
    if not row.entry.named:
        return
    parts = split(row.entry.identity)
    yield "same image_path", _digest(join(parts))
    start = object_start(parts, row.entry.category)
    ending = parts[-2:] if start is None else parts[start:]
    if start is not None and any(folder.lower() in SPLITS for folder in ending[:-1]):
        yield "same image_path below another folder", _digest(f"…/{join(ending)}")
    elif row.score is not None and often[row.score] == 1 and row.score != float(f"{row.score:.5g}"):
        why = "same score, and the same image_path below another folder"
        yield why, _digest(f"…/{join(ending)}\0{row.score!r}")


def _digest(text: str) -> str:
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogateescape"))
