"""What an inspection tells, as data. Whoever shows it decides how."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from anomeval.predictions.layout import LayoutName

Severity = Literal["error", "warning", "note"]
"""error: `score` refuses the data as they are; warning: it may mislead; note: advice."""


@dataclass(frozen=True, slots=True)
class FieldReport:
    """One field of one file, over all its tables.

    shape: images first; None for a length that differs from image to image.
    chunks, compression: None also where tables differ.
    stored_bytes: None where each image is a file of its own.
    """

    field: str
    stored_as: str
    shape: tuple[int | None, ...]
    dtype: str
    compression: str | None
    chunks: tuple[int, ...] | None
    stored_bytes: int | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file. format, layout and images are None where it could not be understood.

    ignored: arrays that play no role, each with shape and type.
    """

    path: str
    format: str | None
    layout: LayoutName | None
    images: int | None
    fields: tuple[FieldReport, ...] = ()
    ignored: tuple[str, ...] = ()
    attributes: Mapping[str, str | int | float | bool] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth telling.

    code: stable name of the kind of finding, in snake_case.
    count: how many images it is about; None where it is not about images.
    places: the first few of them.
    """

    severity: Severity
    code: str
    message: str
    remedy: str | None = None
    file: str | None = None
    count: int | None = None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is, over all files that could be read.

    sizes: "height x width" of the maps, or of the masks where there are no maps → images.
    """

    images: int
    normal: int
    anomalous: int
    unlabelled: int
    categories: Mapping[str, int]
    defect_types: Mapping[str, int]
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Level:
    """Whether metrics of a level can be computed; `reasons` is empty where they can."""

    name: Literal["image", "pixel"]
    possible: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is in the files, what is wrong with it, and what can be computed from it."""

    files: tuple[FileReport, ...]
    counts: Counts
    findings: tuple[Finding, ...]
    levels: tuple[Level, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain dicts, tuples, numbers and texts, ready for strict JSON."""
        return asdict(self)
