"""Several files as one data set that can be gone through again and again."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.helpers import Lease
from anomeval.predictions.ignoring import ignore_values, of_file
from anomeval.predictions.record import FIELDS, Image, ImageEntry, PredictionFile


class PredictionSet:
    """Images of one or more files, in the order of the files.

    `iter` starts a fresh pass each time, with one image in memory and one file open.

    Attributes:
        files: the files.
        entries: all images, as `iter` yields them.
        fields: canonical fields that every file has for every image; `files[i].fields` tells
            what one file has.
        skipped: what is wrong with images that were left out, as the user has asked for.
        ignored: mask values that files say are to be ignored, each in its own masks.
    """

    def __init__(self, files: Sequence[PredictionFile], skipped: Sequence[Problem] = ()) -> None:
        """Join files that have been opened.

        Raises:
            InvalidInputError: an identity is there twice, or there is no image at all.
        """
        self.files: tuple[PredictionFile, ...] = tuple(files)
        self.skipped = tuple(skipped)
        self.entries: tuple[ImageEntry, ...] = tuple(
            entry for file in self.files for entry in file.entries
        )
        self.fields: frozenset[str] = frozenset(
            field for field in FIELDS if not self.files_without(field)
        )
        self.ignored = ignore_values(one for file in self.files for one in of_file(file.attributes))
        problems = duplicate_problems(self.entries)
        if not self.entries:
            paths = ", ".join(file.path for file in self.files)
            problems = [Problem("holds no images", paths, remedy="write predictions to it")]
        if problems:
            raise InvalidInputError(problems)
        self._lease = Lease()  # one pass after the other may need helpers

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.entries)

    def __iter__(self) -> Iterator[Image]:
        """Every image with its pixels, file by file."""
        for file in self.files:
            yield from file.images()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def files_without(self, field: str) -> list[str]:
        """The paths of the files that lack a field, for messages."""
        return [file.path for file in self.files if field not in file.fields]

    def close(self) -> None:
        """Close all files. Safe to call twice."""
        for file in self.files:
            file.close()
        self._lease.close()


def duplicate_problems(entries: Iterable[ImageEntry]) -> list[Problem]:
    """One problem for every two files (or one file) that hold the same images."""
    seen: dict[str, ImageEntry] = {}
    firsts: dict[tuple[str, str], tuple[ImageEntry, ImageEntry]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        earlier = seen.get(entry.identity)
        if earlier is None:
            seen[entry.identity] = entry
            continue
        files = (earlier.file, entry.file)
        firsts.setdefault(files, (earlier, entry))
        counts[files] += 1
    return [_duplicate(*firsts[files], counts[files] - 1) for files in firsts]


def _duplicate(earlier: ImageEntry, later: ImageEntry, more: int) -> Problem:
    what = f"the same image_path is at {earlier.file}, image {earlier.index}"
    what += f" (and {more} more like it)" if more else ""
    remedy = "leave one of them out, or make every image_path unique (put the category in front)"
    return Problem(what, later.file, "image_path", later.index, later.identity, remedy)
