"""What data sets in folders have in common: objects, defect types, and identities of images."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.png import IMAGE_SUFFIXES
from anomeval.predictions.layouts.tree import file_inside, listing
from anomeval.predictions.record import ImageEntry

GOOD = "good"
"""The defect type of images without a defect."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image belongs in a data set: `<object>/<split>/<defect>/<stem>`."""

    object: str
    split: str
    defect: str
    stem: str


def stem_of(name: str) -> str:
    """The name of an image without its suffix; only suffixes of images count as such."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in IMAGE_SUFFIXES else name


def place_of(identity: str, splits: Sequence[str]) -> Place:
    """Where the image belongs, told by the last four parts of its identity.

    Raises:
        Unfit: the identity has no such parts.
    """
    parts = [part for part in identity.replace("\\", "/").split("/") if part not in ("", ".")]
    if len(parts) < 4 or ".." in parts or parts[-3] not in splits:
        what = f"does not end with <object>/{' or '.join(splits)}/<defect>/<image>"
        raise Unfit(what, "name another ground truth: a table or a folder of masks")
    category, split, defect, name = parts[-4:]
    return Place(category, split, defect, stem_of(name))


def objects(root: str, split: str) -> dict[str, str]:
    """The objects of a data set: name → path relative to `root`.

    `root` may also be the folder of one object, which then has the name of that folder.
    """
    if os.path.isdir(os.path.join(root, split)):
        return {os.path.basename(os.path.realpath(root)): ""}
    try:
        names = sorted(name for name in os.listdir(root) if not name.startswith("."))
    except OSError:
        return {}
    return {name: name for name in names if os.path.isdir(os.path.join(root, name, split))}


def first_inside(root: str, candidates: Sequence[str]) -> str | None:
    """The first of several relative paths that is a file below `root`.

    Raises:
        Unfit: it is one that must not be read, see `file_inside`.
    """
    found = (file_inside(root, candidate) for candidate in candidates)
    return next(filter(None, found), None)


def listed_maps(
    root: str, split: str, suffixes: Sequence[str]
) -> tuple[list[ImageEntry], list[str]]:
    """The maps at `<object>/<split>/<defect>/<stem>.<suffix>`, and what their paths tell.

    Raises:
        InvalidInputError: with every file that is in the wrong place, there twice, or unreadable.
    """
    entries: list[ImageEntry] = []
    paths: list[str] = []
    problems: list[Problem] = []
    for name, folder in objects(root, split).items():
        found = listing(root, suffixes, os.path.join(folder, split))
        problems += found.problems
        seen: dict[PurePosixPath, PurePosixPath] = {}
        for file in found.files:
            earlier = seen.setdefault(file.with_suffix(""), file)
            if earlier is not file:
                what = f"{folder}/{split}/{file} is there twice, also as {earlier.name}"
                problems.append(Problem(what, root, remedy="keep one of them"))
            elif len(file.parts) != 2:
                what = f"{folder}/{split}/{file} is not in the folder of a defect type"
                problems.append(Problem(what, root, remedy=f"put it at {split}/<defect>/"))
            else:
                paths.append(str(PurePosixPath(folder, split, file)))
                entries.append(_entry(root, len(entries), name, split, file))
    if problems:
        raise InvalidInputError(problems)
    return entries, paths


def _entry(root: str, index: int, category: str, split: str, file: PurePosixPath) -> ImageEntry:
    defect = file.parts[0]
    return ImageEntry(
        file=root,
        index=index,
        identity=f"{category}/{split}/{defect}/{file.stem}",
        named=True,
        label=defect != GOOD,
        category=category,
        defect_type=defect,
    )
