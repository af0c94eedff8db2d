"""Tables that tell what is true of images: the CSV of VisA, JSON of Real-IAD, JSONL of UniAD.

Columns are known by any of their names. An image is found by its path: the one in the table and
the one in the predictions must end alike, whatever suffix and folders before they have.
"""

import csv
import json
import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anomeval.errors import InvalidInputError, Problem
from anomeval.image_names import below_root
from anomeval.predictions.faults import reading
from anomeval.predictions.layouts.data_set import stem_of
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.png import PngMask
from anomeval.predictions.layouts.tree import file_inside
from anomeval.predictions.layouts.truth import Truth
from anomeval.predictions.record import ImageEntry

SUFFIXES = (".csv", ".json", ".jsonl")

_COLUMNS = {
    "image": ("image_path", "filename", "image", "path"),
    "mask": ("mask_path", "maskname", "mask"),
    "label": ("label", "gt_label", "is_anomaly"),
    "category": ("category", "clsname", "object", "class_name"),
    "defect_type": ("defect_type", "anomaly_class", "label_name", "specie_name"),
    "group_id": ("group_id", "sample_id"),
}
_NORMAL = ("0", "false", "normal", "good", "ok")
_ANOMALOUS = ("1", "true", "anomaly", "anomalous", "abnormal", "bad", "defect", "ng")

Row = Mapping[str, Any]
Parts = tuple[str, ...]

_BASES_SHOWN = 2  # folders that a mask was looked up in


@dataclass(frozen=True, slots=True)
class _Known:
    """One row. Paths are as in the table, after its prefix. fault: why it is not understood."""

    parts: Parts
    image: str
    mask: str | None
    label: bool | None
    texts: Mapping[str, str | None]
    fault: Unfit | None = None


class ManifestTruth:
    """A table of images. Masks are looked up beside the table, or one folder above or below."""

    def __init__(self, path: str, rows: Sequence[_Known]) -> None:
        self.path = path
        self._by_stem: dict[str, list[_Known]] = defaultdict(list)
        for row in rows:
            self._by_stem[row.parts[-1]].append(row)
        masks = [row.mask for row in rows if row.mask]
        self._bases = _bases(path)
        self._base = _base_of(self._bases, masks[0]) if masks else None

    @classmethod
    def read(cls, path: str, *, skip_bad: bool = False) -> "ManifestTruth":
        """Read and check a table.

        Args:
            path: of the table.
            skip_bad: tell of a row that is not understood when its image is asked for.

        Raises:
            InvalidInputError: with every row that is not understood.
        """
        with reading(path, "--truth"):
            rows = list(_rows(path))
        known: list[_Known] = []
        problems: list[Problem] = []
        for number, (row, prefix, normal) in enumerate(rows):
            try:
                found = _known(row, prefix, normal)
                if found.fault and not skip_bad:
                    raise found.fault
                known.append(found)
            except Unfit as unfit:
                problems.append(Problem(unfit.what, path, index=number, remedy=unfit.remedy))
        if problems or not known:
            raise InvalidInputError(problems or [Problem("tells of no image", path)])
        return cls(path, known)

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image.

        Raises:
            Unfit: no row tells of it, several do, or the row is not understood, or its mask is not
                there.
        """
        row = self._row(_parts(entry.identity))
        if row.fault:
            raise Unfit(f"{row.fault.what} in {self.path}", row.fault.remedy)
        mask = self._file(row.mask) if row.mask else None
        if row.mask and mask is None:
            more = len(self._bases) - _BASES_SHOWN
            where = ", ".join(self._bases[:_BASES_SHOWN])
            where += f" and {more} folders there" if more > 0 else ""
            raise Unfit(f"has no mask {row.mask} in {where}", "put table and masks together")
        image = self._file(row.image)
        return Truth(
            label=row.label, mask=PngMask(mask) if mask else None, image=image, **row.texts
        )

    def _row(self, parts: Parts) -> _Known:
        candidates = self._by_stem.get(parts[-1], []) if parts else []
        fitting = [row for row in candidates if _end_alike(row.parts, parts)]
        whole = [row for row in fitting if row.parts == parts]
        if len(whole or fitting) == 1:
            return (whole or fitting)[0]
        if not fitting:
            raise Unfit(f"is not in {self.path}", "name the table of this data set")
        what = f"could be {len(fitting)} images of {self.path}"
        raise Unfit(what, "give predictions the paths of the data set, with more folders")

    def _file(self, path: str) -> str | None:
        if os.path.isabs(path) or ".." in path.split("/"):
            raise Unfit(f"{path} leads out of the data set", "write paths relative to the table")
        base = self._base or _base_of(self._bases, path)
        return file_inside(base, path) if base else None


def _rows(path: str) -> Iterator[tuple[Row, str, str | None]]:
    """(row, prefix of its paths, name of the normal class)."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        if path.lower().endswith(".csv"):
            yield from ((row, "", None) for row in _csv_rows(file))
        elif path.lower().endswith(".jsonl"):
            for line in filter(str.strip, file):
                yield json.loads(line), "", None
        else:
            yield from _rows_of_json(json.load(file))


def _csv_rows(file: Iterable[str]) -> Iterator[Row]:
    try:
        yield from csv.DictReader(file, strict=True)
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _rows_of_json(document: Any) -> Iterator[tuple[Row, str, str | None]]:
    """A list of rows, or one for each split beside `meta`."""
    if isinstance(document, list):
        document = {"": document}
    if not isinstance(document, dict):
        raise ValueError("it is neither a list of images nor an object with splits")
    meta = document.get("meta", {})
    meta = meta if isinstance(meta, dict) else {}
    for name, rows in document.items():
        if name != "meta" and isinstance(rows, list):
            for row in rows:
                yield row, str(meta.get("prefix") or ""), meta.get("normal_class")


def _known(row: object, prefix: str, normal_class: str | None) -> _Known:
    if not isinstance(row, dict) or not all(isinstance(name, str) for name in row):
        raise Unfit("is no row of named values", "write one object for each image")
    values = {field: _value(row, names) for field, names in _COLUMNS.items()}
    image = values.pop("image")
    if not image:
        names = ", ".join(_COLUMNS["image"])
        raise Unfit("has no path of an image", f"call the column one of {names}")
    label, mask = values.pop("label"), values.pop("mask")
    anomalous, fault = None, None
    try:
        anomalous = _label(label, values["defect_type"], normal_class, mask)
    except Unfit as unfit:
        fault = unfit
    image, mask = posixpath.join(prefix, image), posixpath.join(prefix, mask) if mask else None
    return _Known(_parts(image), image, mask, anomalous, values, fault)


def _value(row: Row, names: Sequence[str]) -> str | None:
    for name in names:
        value = row.get(name)
        if value is not None and value != "":
            if not isinstance(value, str | int | float):
                raise Unfit(f"{name} is no text", "write texts and numbers")
            return str(value)
    return None


def _label(
    label: str | None, defect_type: str | None, normal_class: str | None, mask: str | None
) -> bool:
    """Whether an image is anomalous: its label, else its class, else whether it has a mask."""
    if label is not None:
        word = label.lower().removesuffix(".0")
        if word not in (*_NORMAL, *_ANOMALOUS):
            raise Unfit(f"has the label {label!r}", "write normal or anomaly, or 0 or 1")
        return word in _ANOMALOUS
    if defect_type is not None:
        if normal_class is not None:
            return defect_type != normal_class
        return defect_type.lower() not in _NORMAL
    return mask is not None


def _parts(path: str) -> Parts:
    parts = below_root(path)
    return (*parts[:-1], stem_of(parts[-1])) if parts else ("",)


def _end_alike(one: Parts, other: Parts) -> bool:
    length = min(len(one), len(other))
    return one[-length:] == other[-length:]


def _bases(path: str) -> list[str]:
    """Folders that paths may be relative to: the table's, the one above, and those in both."""
    here = os.path.dirname(os.path.abspath(path))
    near = [here, os.path.dirname(here)]
    below = [
        entry.path
        for folder in near
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if entry.is_dir(follow_symlinks=False)
    ]
    return list(dict.fromkeys([*near, *below]))


def _base_of(bases: Sequence[str], path: str) -> str | None:
    return next((base for base in bases if os.path.isfile(os.path.join(base, path))), None)
