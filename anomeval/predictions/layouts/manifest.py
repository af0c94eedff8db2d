"""Tables that tell what is true of images: the CSV of VisA, JSON of Real-IAD, JSON lines of UniAD.

Columns are known by any of their names. An image is found by its path: the one in the table and
the one in the predictions must end alike, whatever suffix and folders before they have. Where both
begin with folders of their machines, they must from the folder of the object on.
"""

import os
import posixpath
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from anomeval.errors import InvalidInputError, Problem
from anomeval.image_names import Parts, below_root, root_of
from anomeval.predictions.faults import reading
from anomeval.predictions.layouts.data_set import stem_of
from anomeval.predictions.layouts.neighbours import Neighbours
from anomeval.predictions.layouts.pictures import PictureMask
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.table_columns import NAMES, Columns, Told
from anomeval.predictions.layouts.table_rows import Row, columns_of, read_rows
from anomeval.predictions.layouts.truth import Truth
from anomeval.predictions.record import ImageEntry
from anomeval.predictions.stamps import Stamps

SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class _Known:
    """One row. Paths are as in the table, after its prefix."""

    place: str
    parts: Parts
    image: str
    mask: str | None
    told: Told


class ManifestTruth:
    """A table of images. Masks are looked up near the table, see `Neighbours`."""

    def __init__(self, path: str, rows: Sequence[_Known], stamps: Stamps) -> None:
        self.path = path
        self.stamps = stamps
        self._by_stem: dict[str, list[_Known]] = defaultdict(list)
        for row in rows:
            self._by_stem[row.parts[-1]].append(row)
        self._above = len(root_of([row.parts for row in rows], [row.told.category for row in rows]))
        self._neighbours = Neighbours(path, [row.mask for row in rows if row.mask])

    @classmethod
    def read(cls, path: str, *, skip_bad: bool = False) -> "ManifestTruth":
        """Read and check a table.

        Args:
            path: of the table.
            skip_bad: tell of a row that is not understood when its image is asked for.

        Raises:
            InvalidInputError: it is no table that tells which images are anomalous; or with every
                row that is not understood.
        """
        stamps = Stamps.of([path])
        try:
            with reading(path, "--truth"):
                rows = read_rows(path, NAMES["image"])
            stamps.check()
            if not rows:
                raise Unfit("tells of no image", "write a row, or an object in a list, for each")
            faults = [_problem(path, row, row.fault) for row in rows if row.fault]
            if len(faults) == len(rows):
                raise InvalidInputError(faults)
            columns = Columns(columns_of(rows))
        except Unfit as unfit:
            problem = Problem(unfit.what, path, "--truth", remedy=unfit.remedy)
            raise InvalidInputError(problem) from None
        known: list[_Known] = []
        problems: list[Problem] = []
        for row in rows:
            try:
                found = _known(row, columns)
                if found.told.fault and not skip_bad:
                    raise found.told.fault
                known.append(found)
            except Unfit as unfit:
                problems.append(_problem(path, row, unfit))
        if problems:
            raise InvalidInputError(problems)
        return cls(path, known, stamps)

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image.

        Raises:
            Unfit: no row tells of it, several do, or the row is not understood, or its mask is not
                there.
        """
        row = self._row(_parts(entry.identity))
        told = row.told
        if told.fault:
            raise Unfit(f"{told.fault.what} in {row.place} of {self.path}", told.fault.remedy)
        mask = self._neighbours.find(row.mask) if row.mask else None
        if row.mask and mask is None:
            what = f"has no mask {row.mask} in {self._neighbours.searched()}"
            raise Unfit(what, "put table and masks together")
        return Truth(
            label=told.label,
            mask=PictureMask(mask) if mask else None,
            image=self._image(row.image),
            category=told.category,
            defect_type=told.defect_type,
            group_id=told.group_id,
            told_by=row.place,
        )

    def _row(self, parts: Parts) -> _Known:
        candidates = self._by_stem.get(parts[-1], []) if parts else []
        fitting = [row for row in candidates if _end_alike(row.parts, parts)]
        if not fitting and self._above:
            fitting = [row for row in candidates if _ends_with(parts, row.parts[self._above :])]
        whole = [row for row in fitting if row.parts == parts]
        found = whole or fitting
        if len(found) == 1:
            return found[0]
        if not found:
            raise Unfit(f"is not in {self.path}", "name the table of this data set")
        if len({row.parts for row in found}) == 1:
            where = " and ".join(row.place for row in found)
            raise Unfit(f"is in {self.path} more than once: {where}", "keep one row for each image")
        what = f"could be {len(found)} images of {self.path}"
        raise Unfit(what, "give predictions the paths of the data set, with more folders")

    def _image(self, path: str) -> str | None:
        """The image itself, if it lies with the masks; nothing else is read."""
        if os.path.isabs(path) or ".." in path.split("/"):
            return None
        return self._neighbours.find(path)


def _known(row: Row, columns: Columns) -> _Known:
    told = columns.told(row)
    image = _joined(row.prefix, told.image)
    mask = _joined(row.prefix, told.mask) if told.mask else None
    return _Known(row.place, _parts(image), image, mask, told)


def _joined(prefix: str, path: str) -> str:
    """A path of the table, with `/`, and without parts that say nothing."""
    whole = posixpath.join(prefix, path).replace("\\", "/")
    parts = [part for part in whole.split("/") if part not in ("", ".")]
    return "/" * whole.startswith("/") + "/".join(parts)


def _problem(path: str, row: Row, unfit: Unfit) -> Problem:
    return Problem(unfit.what, path, row.place, remedy=unfit.remedy)


def _parts(path: str) -> Parts:
    parts = below_root(path)
    return (*parts[:-1], stem_of(parts[-1])) if parts else ("",)


def _end_alike(one: Parts, other: Parts) -> bool:
    length = min(len(one), len(other))
    return one[-length:] == other[-length:]


def _ends_with(parts: Parts, ending: Parts) -> bool:
    return parts[-len(ending) :] == ending
