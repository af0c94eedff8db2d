"""Which image of one result is which of another, though their names are spelled in other ways.

Equal names are the same image. If names differ, their canonical forms are looked at
(`image_names`); and if no two of these are alike, either, the folders that all names of a result
share are left out as far as needed. Each step is taken by all names or none, so what is paired
does not depend on order, nor on which result comes first. No step is taken by which two images of
one result would become one, or that could pair the images of one object with those of another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from anomeval.image_names import (
    SPLITS,
    Parts,
    join,
    object_start,
    shared_folders,
    split,
    unified,
)
from anomeval.names import clean_name
from anomeval.reporting.result import ImageRecord, Result

Named = tuple[str, Result]
"""A result and what it is called in messages."""

_ANYWHERE = SPLITS | {"good", "ok", "normal", "bad", "ko", "ng", "anomaly", "anomalous", "abnormal"}
_ANYWHERE |= {"defect", "defects", "data", "image", "images", "img", "imgs", "rgb"}
"""Folders that data sets of all objects have: they do not tell one object from another."""


@dataclass(frozen=True)
class Pairing:
    """How the names of a second result are read.

    renamed: names of the first result by those of the second; of the same images, if these are
        called otherwise. how: what had to be seen through, in words; None if nothing.
    refusal: why names that are alike in part were not taken for the same; None if there are none.
    """

    renamed: Mapping[str, str]
    how: str | None = None
    refusal: str | None = None


def aligned(first: Named, second: Named) -> tuple[Result, Pairing]:
    """The second result with its images called as in the first, where they are the same."""
    pairing = paired_names(first[1].images, second[1].images)
    if not pairing.renamed:
        return second[1], pairing
    images = [
        replace(image, image_path=pairing.renamed.get(image.image_path, image.image_path))
        for image in second[1].images
    ]
    images.sort(key=lambda image: image.image_path)
    return replace(second[1], images=tuple(images)), pairing


def paired_names(ours: Sequence[ImageRecord], theirs: Sequence[ImageRecord]) -> Pairing:
    """Which names of two results are the same image."""
    one, other = _Side(ours), _Side(theirs)
    if one.records.keys() == other.records.keys():
        return Pairing({})
    if one.parts is None or other.parts is None:
        if one.records.keys() & other.records.keys():
            return Pairing({})
        what = "names are not seen through: two images of one result would get the same name"
        return Pairing({}, refusal=what)
    if one.below(0).keys() & other.below(0).keys():
        return _paired(one, other, 0, 0)
    return _across_roots(one, other)


class _Side:
    """The images of a result by the parts of their names; parts: None where they would not do."""

    def __init__(self, images: Sequence[ImageRecord]) -> None:
        self.records = {image.image_path: image for image in images}
        known = unified(self.records)
        self.parts = None if known is None else {split(name): name for name in self.records}
        self._below: dict[int, dict[Parts, str]] = {}

    @cached_property
    def shared(self) -> Parts:
        """The folders that all names share."""
        return shared_folders(list(self.parts or ()))

    def below(self, depth: int) -> dict[Parts, str]:
        """The names by their parts without so many folders."""
        if depth not in self._below:
            self._below[depth] = {parts[depth:]: name for parts, name in (self.parts or {}).items()}
        return self._below[depth]


def _across_roots(one: _Side, other: _Side) -> Pairing:
    """Leave out the folders that make the most names alike, if there is one way to do so."""
    counts: dict[tuple[int, int], int] = {}
    for i in range(len(one.shared) + 1):
        for j in range(len(other.shared) + 1):
            if i and j and one.shared[i - 1] == other.shared[j - 1]:
                continue  # leaving out less makes the same names alike
            counts[i, j] = len(one.below(i).keys() & other.below(j).keys())
    most = max(counts.values())
    ways = [way for way, count in counts.items() if count == most]
    if not most:
        return Pairing({})
    if len(ways) > 1:
        return Pairing({}, refusal="the folders above them could be left out in several ways")
    return _refused(one, other, *ways[0]) or _paired(one, other, *ways[0])


def _paired(one: _Side, other: _Side, i: int, j: int) -> Pairing:
    ours, theirs = one.below(i), other.below(j)
    renamed = {theirs[parts]: ours[parts] for parts in theirs.keys() & ours.keys()}
    if all(name == called for name, called in renamed.items()):
        return Pairing({})
    if i or j:
        noun = "folders" if i and j else "folder"
        how = f"images are paired after leaving out the {noun} {_roots(one, other, i, j)}"
        return Pairing(renamed, how)
    how = "images are paired by names that are spelled in different ways (separators, ./, Unicode)"
    return Pairing(renamed, how)


def _refused(one: _Side, other: _Side, i: int, j: int) -> Pairing | None:
    """Nothing is paired by the ends of names unless it is plain that they are of one object."""
    ours, theirs = one.below(i), other.below(j)
    alike = [
        (p, one.records[ours[p]], other.records[theirs[p]]) for p in ours.keys() & theirs.keys()
    ]
    if _are_the_same(alike, is_common=i < len(one.shared) and j < len(other.shared)):
        return None
    roots = _roots(one, other, i, j)
    what = f"names end alike below {roots}, but nothing tells that they are of the same object"
    return Pairing({}, refusal=what)


def _roots(one: _Side, other: _Side, i: int, j: int) -> str:
    """The folders that are left out of both, in words."""
    folders = [join(side.shared[:depth]) for side, depth in ((one, i), (other, j)) if depth]
    return " and ".join(map(clean_name, folders))


def _are_the_same(
    alike: Sequence[tuple[Parts, ImageRecord, ImageRecord]], *, is_common: bool
) -> bool:
    """Whether images whose names end alike are of one object.

    Their categories tell; else a folder of the object among what is alike; else their masks.

    is_common: whether what is alike begins with a folder that all names of both results share.
    """
    if all(one.category and other.category for _, one, other in alike):
        return all(one.category == other.category for _, one, other in alike)
    names = [parts for parts, _, _ in alike]
    if any(parts[0].lower() in SPLITS for parts in names if len(parts) > 1):
        return False  # the folder of the object is among those that differ
    if all(object_start(parts, None) == 0 for parts in names):
        return True
    marked = [(one, other) for _, one, other in alike if one.regions or other.regions]
    if marked and all(one.mask and one.mask == other.mask for one, other in marked):
        return True
    least = 2 if is_common else 3  # folders and the name of the image
    return all(len(parts) >= least and parts[0].lower() not in _ANYWHERE for parts in names)
