"""From a ground-truth mask as it is stored to the pixels that are anomalous and those that count.

Every command reads masks by this one rule, so that what `inspect` tells is what `score` does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import USUAL_MASK_VALUES, survey_mask
from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.record import Image, ImageEntry
from anomeval.predictions.resizing import nearest

HANDFUL = 8
"""Gray values besides 0, 1 and 255 at most; with more a mask is a photograph, or a soft mask."""

Marks = Literal["", "255", "other"]
"""By which values a mask marks pixels: by none that could be taken for another, by 255, or by
others than 255. Within one data set the last two do not go together."""

_WHITE = 255
_VALUES_SHOWN = 5
_CHOOSE = (
    "say --ignore-value 255 if 255 means not annotated, "
    "or --mask-above 0 if all values above 0 are anomalous"
)
_NAME_THE_MASK = (
    "name the masks and not the photographs; of a soft mask say above which value pixels are "
    "anomalous: --mask-above T"
)


class Fault(NamedTuple):
    """Why a mask cannot be read as one, and what helps."""

    code: Literal["ambiguous_mask", "not_a_mask"]
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ReadMask:
    """A mask that was read.

    anomalous: (H, W) bool, False where a pixel is ignored.
    void: (H, W) bool, which pixels are ignored; None = none of them.
    marks: see `Marks`.
    gray: the values besides 0, 1 and 255, ascending, where no threshold was chosen.
    """

    anomalous: NDArray[np.bool_]
    void: NDArray[np.bool_] | None = None
    marks: Marks = ""
    gray: tuple[float, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_mask(
    stored: NDArray[Any], above: float | None = None, ignored: Iterable[int] = ()
) -> ReadMask:
    """Read a mask.

    Args:
        stored: (H, W) of any number type, without NaN.
        above: values above this are anomalous; None = all but 0 are.
        ignored: values of pixels that do not count.
    """
    void = void_pixels(stored, ignored)
    if above is not None:
        anomalous: NDArray[np.bool_] = stored > above
        return ReadMask(anomalous if void is None else anomalous & ~void, void)
    counted = stored if void is None else np.where(void, stored.dtype.type(0), stored)
    if counted.dtype == np.bool_:
        return ReadMask(counted, void)
    if counted.dtype == np.uint8:
        seen = survey_mask(counted)
        if seen.highest <= 1:
            return ReadMask(counted.view(np.bool_), void, "other" if seen.marked else "")
        if not seen.gray:  # 255 is there, and 1 may be
            white = counted == _WHITE
            if np.count_nonzero(white) == seen.marked:
                return ReadMask(white, void, "255")
            return _marked(counted, void, (), white=True, one=True)
    odd = np.unique(counted[~np.isin(counted, USUAL_MASK_VALUES)])
    white, one = bool((counted == _WHITE).any()), bool((counted == 1).any())
    return _marked(counted, void, tuple(odd.tolist()), white=white, one=one)


class MaskReader:
    """Reads the masks of a data set, image by image, and sees whether they contradict each other.

    above, ignored: as `read_mask` has them; a file may name further values to ignore.
    """

    def __init__(self, above: float | None = None, ignored: tuple[int, ...] = ()) -> None:
        self._above, self._ignored = above, ignored
        self._marked: list[tuple[ImageEntry, Marks]] = []

    def read(self, image: Image) -> ReadMask | None:
        """The mask of an image, None if it has none. Defects that are told apart are one mask.

        Raises:
            InvalidInputError: it cannot be read as a mask.
        """
        read = mask_of(image, self._above, self._ignored)
        if read is None:
            return None
        if read.faults:
            entry = image.entry
            where = (entry.file, "gt_mask", entry.index, entry.identity if entry.named else None)
            raise InvalidInputError([Problem(f.what, *where, f.remedy) for f in read.faults])
        self._marked.append((image.entry, read.marks))
        return read

    def problems(self) -> list[Problem]:
        """What contradicts each other in the masks that were read."""
        return mixed_marks(self._marked)


def mask_of(
    image: Image, above: float | None = None, ignored: tuple[int, ...] = ()
) -> ReadMask | None:
    """The mask of an image, with the values that its file says are to be ignored; None = none.

    Defects that are told apart are one mask here, and NaN marks nothing.
    """
    stored = image.gt_mask
    if stored is None:
        return None
    if image.saturation is not None:
        return ReadMask(stored != 0)
    if stored.dtype.kind == "f":
        stored = np.where(np.isnan(stored), 0, stored)
    return read_mask(stored, above, (*ignored, *image.ignore_values))


def void_pixels(stored: NDArray[Any], ignored: Iterable[int]) -> NDArray[np.bool_] | None:
    """Which pixels of a mask have a value that is ignored, (H, W); None = none has."""
    void: NDArray[np.bool_] | None = None
    for value in ignored:
        found = stored == value
        void = found if void is None else void | found
    return None if void is None or not void.any() else void


def counted_scores(anomaly_map: NDArray[Any], void: NDArray[np.bool_] | None) -> NDArray[Any]:
    """The scores that an image score is derived from: those of the stored map that count.

    Args:
        anomaly_map: (H, W) as stored, not resized.
        void: (H', W') which pixels of the mask are ignored; where sizes differ, a pixel of the map
            is ignored if the nearest pixel of the mask is. None = none is.

    Returns:
        The map itself, or (n,) its pixels that count.
    """
    if void is None:
        return anomaly_map
    kept: NDArray[Any] = anomaly_map[~nearest(void, anomaly_map.shape)]
    return kept


def mixed_marks(marked: Iterable[tuple[ImageEntry, Marks]]) -> list[Problem]:
    """The problem of a data set in which some masks mark by 255, and others by other values.

    Args:
        marked: the images, in any order, each with how its mask marks pixels.
    """
    by: dict[Marks, list[ImageEntry]] = {"255": [], "other": []}
    for entry, marks in marked:
        if marks:
            by[marks].append(entry)
    if not all(by.values()):
        return []
    white, other = (min(one, key=lambda entry: entry.identity) for one in by.values())
    what = (
        f"marks pixels by 255 in {_images(by['255'])} (first {white.identity}) and by other values "
        f"in {_images(by['other'])} (first {other.identity}): 255 is anomalous or not annotated"
    )
    return [Problem(what, white.file, "gt_mask", remedy=_CHOOSE)]


def _marked(
    counted: NDArray[Any],
    void: NDArray[np.bool_] | None,
    odd: tuple[float, ...],
    *,
    white: bool,
    one: bool,
) -> ReadMask:
    """A mask of which it is known what values it holds: `odd` ones, and whether 255 and 1."""
    other = one or bool(odd)
    marks: Marks = "255" if white else "other" if other else ""
    faults = tuple(_faults(odd, ambiguous=white and other))
    return ReadMask(counted != 0, void, "" if faults else marks, odd, faults)


def _faults(odd: tuple[float, ...], *, ambiguous: bool) -> Iterator[Fault]:
    if len(odd) > HANDFUL:
        shown = ", ".join(f"{value:g}" for value in odd[:_VALUES_SHOWN])
        what = f"holds {len(odd)} gray values ({shown}, …): it is a photograph, or a soft mask"
        yield Fault("not_a_mask", what, _NAME_THE_MASK)
    elif ambiguous:
        what = "holds 255 and other values that are not 0: 255 is anomalous or not annotated"
        yield Fault("ambiguous_mask", what, _CHOOSE)


def _images(entries: list[ImageEntry]) -> str:
    return f"{len(entries)} image{'s' * (len(entries) != 1)}"
