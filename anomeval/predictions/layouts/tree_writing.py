"""Writing folders of maps and masks that appear whole or not at all."""

import io
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.atomic import temporary_name, unwritable
from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.record import ImageEntry


class NewFolder:
    """A folder beside the final one, which takes its name in one step.

    Attributes:
        target: the final folder. path: the temporary one, hidden.
    """

    def __init__(self, target: str | os.PathLike[str]) -> None:
        """Choose the name of the temporary folder.

        Raises:
            UsageError: something is there already.
        """
        self.target = Path(os.path.realpath(target))
        self.path = self.target.with_name(temporary_name(self.target.name))
        if self.target.exists() and (not self.target.is_dir() or any(self.target.iterdir())):
            remedy = "name a new folder; nothing is overwritten in one that is there"
            raise UsageError(Problem("is there already", str(target), remedy=remedy))

    def create(self) -> None:
        """Create it, empty. Whatever comes of it, Ctrl-C included, `discard` has to follow.

        Raises:
            UsageError: nothing can be written there.
        """
        with self.writing():
            self.path.mkdir()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the system refuses within into a message.

        Raises:
            UsageError: in the place of an OSError.
        """
        try:
            yield
        except OSError as error:
            raise unwritable(self.target, error) from None

    def commit(self) -> None:
        """Put the folder in its place.

        Raises:
            UsageError: something else has taken it in between.
        """
        with self.writing():
            os.replace(self.path, self.target)

    def discard(self) -> None:
        """Remove what is not in its place. Safe to call twice."""
        shutil.rmtree(self.path, ignore_errors=True)


def write_tiff(path: Path, array: NDArray[Any]) -> None:
    """A map, (H, W), uncompressed; the same bytes for the same map."""
    import tifffile

    content = io.BytesIO()  # its errors would not tell why the disk refuses
    tifffile.imwrite(
        content, array, photometric="minisblack", metadata=None, software=False, byteorder="<"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.getbuffer())


def write_png(path: Path, mask: NDArray[np.uint8]) -> None:
    """A mask, (H, W)."""
    from PIL.Image import fromarray

    path.parent.mkdir(parents=True, exist_ok=True)
    fromarray(mask).save(path, "PNG")


def check_places(entries: Sequence[ImageEntry], places: Sequence[PurePosixPath | Unfit]) -> None:
    """Refuse, before anything is written, images without a place and places of two images.

    Raises:
        InvalidInputError: with every such image.
    """
    problems: list[Problem] = []
    taken: dict[str, ImageEntry] = {}
    for entry, place in zip(entries, places, strict=True):
        where = (entry.file, "image_path", entry.index, entry.identity)
        if isinstance(place, Unfit):
            problems.append(Problem(place.what, *where, place.remedy))
            continue
        earlier = taken.setdefault(str(place).casefold(), entry)
        if earlier is not entry:
            what = f"would be written to {place}, like {earlier.identity!r}"
            problems.append(Problem(what, *where, "make the names of images differ"))
    if problems:
        raise InvalidInputError(problems)
