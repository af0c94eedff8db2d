"""Finding the mask of an image by its name: `000_mask.png` beside `000.png`, whatever the suffix.

A name with a mark is that of a mask. The bare name comes last, for it may be that of the image
itself; where any image has both, it is.
"""

import os
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from anomeval.predictions.faults import explained
from anomeval.predictions.layouts.pictures import LOSSLESS, LOSSY, SUFFIXES
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.png import SUFFIX as PNG
from anomeval.predictions.layouts.tree import file_inside, is_folder

MARKS = ("_mask", "_gt", "_label", "")
"""What follows the name of an image in the name of its mask, in any case; the first is taken."""

_Named = dict[tuple[str, str], list[str]]


class MasksByName:
    """The pictures below a folder, by what they could be the masks of."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._named = cache(self._names)

    def find(self, folder: str, stems: Sequence[str]) -> str | None:
        """The path of the mask of an image; None where there is none.

        Args:
            folder: where to look, relative to the root.
            stems: names of the image, without suffix, in the order in which they are tried.

        Raises:
            Unfit: several could be it, or it must not be read, see `file_inside`; or the folder
                cannot be looked through.
        """
        named = self._named(folder)
        for stem in stems:
            for mark in MARKS:
                names = named.get((stem, mark))
                if names:
                    return file_inside(self._root, folder, _only(folder, names, mark))
        return None

    def _names(self, folder: str) -> _Named:
        """(name of an image, mark) → the pictures in the folder that could be its mask.

        Where both `000` and `000_mask` are there, pictures without a mark are no masks at all.
        """
        path = os.path.join(self._root, folder)
        named: _Named = defaultdict(list)
        try:
            names = sorted(os.listdir(path)) if is_folder(path) else []
        except OSError as error:
            what, remedy = explained(error)
            raise Unfit(f"{path}: {what}", remedy) from None
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() not in SUFFIXES:
                continue
            for mark in MARKS:
                if stem.lower().endswith(mark):
                    named[stem[: len(stem) - len(mark)], mark].append(name)
        if any((stem, mark) in named for stem, bare in named if not bare for mark in MARKS[:-1]):
            return {(stem, mark): names for (stem, mark), names in named.items() if mark}
        return dict(named)


def _only(folder: str, names: Sequence[str], mark: str) -> str:
    """The one that is the mask. Of bare names PNG goes first: the others may be the image."""
    for suffixes in ((PNG,), LOSSLESS, LOSSY) if not mark else (SUFFIXES,):
        fitting = [name for name in names if name.lower().endswith(suffixes)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            where = f" in {folder}" if folder else ""
            what = f"could have any of the masks {', '.join(fitting)}{where}"
            raise Unfit(what, "keep one of them")
    return names[0]
