"""One pass over the images: from prediction files to evidence, group by group."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, NamedTuple

import xxhash

from anomeval.errors import InvalidInputError, Problem
from anomeval.evidence.evidence import Evidence, merged
from anomeval.evidence.images import ImageRow, by_identity
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import (
    PreparationRules,
    PreparedImage,
    prepare,
    without_pixels,
)

By = Literal["category", "defect_type", "group_id"]
Progress = Callable[[int, int], None]
"""Told after each image: how many are done, and how many there are."""


class Cell(NamedTuple):
    """The smallest group that evidence is kept apart for.

    category: None where files name none, or where all are pooled. part: the defect type of
    anomalous images where results are split by it, else None.
    """

    category: str | None
    part: str | None


@dataclass
class Collection:
    """Evidence of everything that was read, apart by cell."""

    has_pixels: bool
    cells: dict[Cell, Evidence] = field(default_factory=dict)

    @property
    def categories(self) -> list[str | None]:
        """The categories met, in a fixed order."""
        return sorted({cell.category for cell in self.cells}, key=lambda name: name or "")

    def of_category(self, category: str | None) -> Evidence:
        """All evidence of a category."""
        return merged(e for cell, e in self._sorted() if cell.category == category)

    def of_part(self, category: str | None, part: str) -> Evidence:
        """One defect type of a category against all normal images of the category."""
        wanted = (Cell(category, None), Cell(category, part))
        return merged(evidence for cell, evidence in self._sorted() if cell in wanted)

    def parts(self, category: str | None) -> list[str]:
        """The defect types met in a category, in a fixed order."""
        return sorted(c.part for c in self.cells if c.category == category and c.part is not None)

    def rows(self) -> list[ImageRow]:
        """Every image in canonical order."""
        return by_identity(row for evidence in self.cells.values() for row in evidence.images)

    def observations(self) -> Counter[str]:
        """How many images gave rise to each observation."""
        return sum((evidence.observations for evidence in self.cells.values()), Counter())

    def _sorted(self) -> list[tuple[Cell, Evidence]]:
        return sorted(self.cells.items(), key=lambda item: tuple(key or "" for key in item[0]))


def collect(
    predictions: PredictionSet,
    rules: PreparationRules,
    *,
    by: By | None = None,
    pool: bool = False,
    progress: Progress | None = None,
) -> Collection:
    """Read every image once and keep the evidence.

    Args:
        predictions: what to read.
        rules: how stored values become evidence.
        by: keep evidence apart by defect type, too, if this is "defect_type".
        pool: throw all categories together.
        progress: told after each image.

    Raises:
        InvalidInputError: with every problem of every image.
    """
    collection = Collection(has_pixels=has_pixel_level(predictions))
    problems: list[Problem] = []
    for done, image in enumerate(predictions, start=1):
        try:
            prepared = prepare(image, rules)
        except InvalidInputError as error:
            problems.extend(error.problems)
        else:
            if not collection.has_pixels:
                prepared = without_pixels(prepared)
            cell = _cell(prepared, by, pool)
            collection.cells.setdefault(cell, Evidence()).update(prepared)
        if progress:
            progress(done, len(predictions))
    if problems:
        raise InvalidInputError(problems)
    return collection


def has_pixel_level(predictions: PredictionSet) -> bool:
    """Whether pixels can be judged: maps, and masks unless every image is known to be normal."""
    if "anomaly_map" not in predictions.fields:
        return False
    return "gt_mask" in predictions.fields or all(
        entry.label is False for entry in predictions.entries
    )


def content_digest(rows: Iterable[ImageRow]) -> str:
    """Digest of what was evaluated; order, files and file format do not enter."""
    digest = sha256()
    for row in by_identity(rows):
        entry = row.entry
        words = (entry.identity, entry.category, entry.defect_type, entry.group_id)
        numbers = (row.anomalous, row.score, row.pixels, row.map_digest, row.mask_digest)
        digest.update(repr((words, numbers)).encode("utf-8", "surrogateescape"))
    return f"sha256:{digest.hexdigest()}"


def identity_digests(rows: Iterable[ImageRow]) -> frozenset[str]:
    """Short digests of the image paths; images known by position only have none."""
    return frozenset(identity_digest(row.entry.identity) for row in rows if row.entry.named)


def identity_digest(identity: str) -> str:
    """Short digest of an image path."""
    return xxhash.xxh3_64_hexdigest(identity.encode("utf-8", "surrogateescape"))


def map_digests(rows: Iterable[ImageRow]) -> frozenset[str]:
    """Digests of the raw maps; constant maps have none."""
    return frozenset(row.map_digest for row in rows if row.map_digest is not None)


def _cell(image: PreparedImage, by: By | None, pool: bool) -> Cell:
    category = None if pool else image.entry.category
    if by != "defect_type" or not image.anomalous:
        return Cell(category, None)
    return Cell(category, image.entry.defect_type or "unnamed")
