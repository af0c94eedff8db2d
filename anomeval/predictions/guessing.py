"""What names betray of images whose file does not name their category. Nothing is decided by it."""

import re
from collections.abc import Iterable
from pathlib import Path

from anomeval.image_names import SPLITS, below_root

_SPLITS = SPLITS | {"training", "testing", "ground_truth"}
_PART = re.compile(r"(rank|part|shard|split|fold|batch|chunk|seed)?[0-9]+|[^A-Za-z0-9]+", re.I)


def told_category(image_path: str) -> str | None:
    """The folder above that of the split, as data sets are laid out: `bottle` of `bottle/test/...`.

    None where the path has no folder of a split, or nothing above it.
    """
    folders = below_root(image_path)[:-1]
    places = [place for place, folder in enumerate(folders) if folder.lower() in _SPLITS]
    return folders[places[0] - 1] if places and places[0] > 0 else None


def different_files(paths: Iterable[str]) -> list[str]:
    """The names of files, sorted, where they differ by more than the number of a part.

    `bottle.h5` and `cable.h5` do, and so do `bottle/test.h5` and `cable/test.h5`;
    `test.rank0.h5` and `test.rank1.h5` are parts of one.
    """
    found = [Path(path) for path in paths]
    if len({path.stem for path in found}) > 1:
        names = {path.stem for path in found}
    else:
        names = {path.parent.name for path in found}
    return sorted(names) if len({_PART.sub("", name) for name in names}) > 1 else []
