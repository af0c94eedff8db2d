"""What data sets in folders have in common: objects, defect types, and identities of images."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.faults import explained, reading
from anomeval.predictions.layouts.class_names import is_normal
from anomeval.predictions.layouts.pictures import SUFFIXES
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.tree import is_folder, listing
from anomeval.predictions.record import ImageEntry

_OTHER_MAPS = (".npy", ".npz", ".hdf5", ".h5")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image belongs in a data set: `<object>/<split>/<defect>/<stem>`."""

    object: str
    split: str
    defect: str
    stem: str

    @property
    def normal(self) -> bool:
        """Whether images there have no defect."""
        return is_normal(self.defect)

    def __str__(self) -> str:
        return f"{self.object}/{self.split}/{self.defect}/{self.stem}"


def stem_of(name: str) -> str:
    """The name of an image without its suffix; only suffixes of images count as such."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in SUFFIXES else name


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


def _closed_objects(root: str, split: str) -> Iterator[Problem]:
    """Folders that may be objects, and cannot be looked into."""
    if os.path.isdir(os.path.join(root, split)):
        return
    with reading(root):
        names = sorted(os.listdir(root))
    for path in (os.path.join(root, name) for name in names if not name.startswith(".")):
        try:
            is_folder(os.path.join(path, split))
        except OSError as error:
            what, remedy = explained(error)
            yield Problem(f"{path}: {what}", root, remedy=remedy)


def listed_maps(
    root: str, split: str, suffixes: Sequence[str]
) -> tuple[list[ImageEntry], list[str]]:
    """The maps at `<object>/<split>/<defect>/<stem>.<suffix>`, and what their paths tell.

    Raises:
        InvalidInputError: with every file that is in the wrong place, there twice, or unreadable.
    """
    entries: list[ImageEntry] = []
    paths: list[str] = []
    problems = [*_closed_objects(root, split)]
    for name, folder in objects(root, split).items():
        found = listing(root, (*suffixes, *_OTHER_MAPS), os.path.join(folder, split))
        problems += found.problems
        maps = [file for file in found.files if file.suffix.lower() in suffixes]
        problems += _maps_of_other_kinds(root, f"{folder}/{split}", found.files, maps)
        seen: dict[PurePosixPath, PurePosixPath] = {}
        for file in maps:
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


def _maps_of_other_kinds(
    root: str, folder: str, files: Sequence[PurePosixPath], maps: Sequence[PurePosixPath]
) -> Iterator[Problem]:
    """Files that may be the map of an image, of which there is none that is read."""
    known = {file.with_suffix("") for file in maps}
    for file in files:
        if len(file.parts) == 2 and file.with_suffix("") not in known:
            what = f"{folder}/{file} is not read here, and there is no other map of its image"
            yield Problem(what, root, remedy="save all maps as TIFF")


def _entry(root: str, index: int, category: str, split: str, file: PurePosixPath) -> ImageEntry:
    defect = file.parts[0]
    return ImageEntry(
        file=root,
        index=index,
        identity=f"{category}/{split}/{defect}/{file.stem}",
        named=True,
        label=not is_normal(defect),
        category=category,
        defect_type=defect,
    )
