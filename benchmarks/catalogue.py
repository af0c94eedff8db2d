"""Which data sets there are. No arrays here: run.py must stay small, see measure.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

Dtype = Literal["float32", "float16", "uint8"]
Storage = Literal["plain", "gzip", "npz"]
Scale = Literal["full", "quick", "smoke"]

DTYPES: tuple[Dtype, ...] = ("float32", "float16", "uint8")
GENERATOR_VERSION = 1
"""Part of every file name: raise it whenever datasets.py would write other values."""

SIZES: dict[Scale, dict[str, tuple[int, int]]] = {
    "full": {
        "small": (83, 256),
        "medium": (1725, 256),
        "large": (200, 1024),
        "linear-low": (1526, 256),  # 10^8 pixels
        "linear-high": (15259, 256),  # 10^9 pixels
    },
    "quick": {
        "small": (8, 256),
        "medium": (83, 256),
        "large": (5, 1024),
        "linear-low": (15, 256),
        "linear-high": (153, 256),
    },
    "smoke": {
        "small": (2, 64),
        "medium": (6, 64),
        "large": (2, 128),
        "linear-low": (2, 96),
        "linear-high": (4, 96),
    },
}
"""Size → (images, side). Every scale has the same sizes, so that every target can be computed."""

TIMES = "\N{MULTIPLICATION SIGN}"

LINEAR_SIZES = ("linear-low", "linear-high")


@dataclass(frozen=True)
class DataSet:
    """One prediction file: `images` square maps and masks of `side` pixels.

    storage: plain and gzip are HDF5 with one chunk per image, npz is a ZIP of stored arrays.
    ties: scores are rounded to a few hundred levels.
    """

    images: int
    side: int
    dtype: Dtype = "float32"
    storage: Storage = "plain"
    ties: bool = False

    @property
    def name(self) -> str:
        shape = f"{self.images}x{self.side}"
        return "-".join([shape, self.dtype, self.storage, *(["ties"] if self.ties else [])])

    @property
    def title(self) -> str:
        """For readers."""
        storage = {"plain": "HDF5", "gzip": "HDF5 gzip", "npz": "NPZ"}[self.storage]
        ties = ", heavy ties" if self.ties else ""
        return f"{self.images} {TIMES} {self.side}² {self.dtype}, {storage}{ties}"

    @property
    def pixels(self) -> int:
        return self.images * self.side**2

    def path(self, folder: Path) -> Path:
        suffix = "npz" if self.storage == "npz" else "h5"
        return folder / f"v{GENERATOR_VERSION}-{self.name}.{suffix}"

    @classmethod
    def named(cls, name: str) -> Self:
        """The inverse of `name`."""
        shape, dtype, storage, *ties = name.split("-")
        images, side = shape.split("x")
        return cls(int(images), int(side), dtype, storage, bool(ties))  # type: ignore[arg-type]


def sized(scale: Scale, size: str, dtype: Dtype = "float32", storage: Storage = "plain") -> DataSet:
    """The data set of a size."""
    return DataSet(*SIZES[scale][size], dtype, storage)


def with_ties(scale: Scale) -> DataSet:
    """The data set of heavy ties."""
    return DataSet(*SIZES[scale]["medium"], ties=True)


def data_sets(scale: Scale, sizes: list[str]) -> Iterator[DataSet]:
    """All data sets of some sizes."""
    for size in sizes:
        if size in LINEAR_SIZES:
            yield sized(scale, size)
            continue
        for storage in ("plain", "gzip"):
            yield from (sized(scale, size, dtype, storage) for dtype in DTYPES)
        if size == "medium":
            yield from (sized(scale, size, dtype, "npz") for dtype in DTYPES)
            yield with_ties(scale)
