"""From a ground-truth mask as it is stored to the pixels that are anomalous and those that count.

Every command reads masks by this one rule, so that what `inspect` tells is what `score` does.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
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

Marks = str
"""By which value a mask marks pixels: none that could be taken for another (""), one that may as
well mean "not annotated", such as "255" or "-1" (see `may_be_void`), or "other" ones. Within one
data set different ones do not go together."""

OTHER: Marks = "other"

_WHITE = 255
_WHITES = (65535, _WHITE)
_VALUES_SHOWN = 5
_NAME_THE_MASK = (
    "name the masks and not the photographs; of a soft mask say above which value pixels are "
    "anomalous: --mask-above T"
)


class Fault(NamedTuple):
    """Why a mask cannot be read as one, and what helps."""

    code: Literal["ambiguous_mask", "not_a_mask"]
    what: str
    remedy: str

    def problem(self, file: str, field: str, index: int, image: str | None) -> Problem:
        """The same as a problem of an image. Who leaves an ambiguous mask out knows no better."""
        is_of_all = self.code == "ambiguous_mask"
        return Problem(self.what, file, field, index, image, self.remedy, is_of_all=is_of_all)


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
            return ReadMask(counted.view(np.bool_), void, OTHER if seen.marked else "")
        if not seen.gray:  # 255 is there, and 1 may be
            white = counted == _WHITE
            if np.count_nonzero(white) == seen.marked:
                return ReadMask(white, void, str(_WHITE))
    return _marked(counted, void)


def may_be_void(value: float) -> bool:
    """Whether a mask value is one by which people say that a pixel is not annotated."""
    return value in _WHITES or (value < 0 and float(value).is_integer())


def is_marks(text: str) -> bool:
    """Whether a text is one of `Marks`."""
    return text in ("", OTHER) or (
        re.fullmatch(r"-?[0-9]{1,19}", text) is not None and may_be_void(int(text))
    )


def not_normal_remedy(marks: Marks, gray: Collection[float]) -> str:
    """What helps where a mask marks pixels of a normal image; the arguments as in `ReadMask`."""
    remedy = "correct the label or the mask"
    value = marks if marks not in ("", OTHER) else "N" if gray else ""
    if not value:
        return remedy
    return f"{remedy}, or say --ignore-value {value} if that value means not annotated"


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
            raise InvalidInputError([f.problem(*where) for f in read.faults])
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
    wide = stored.astype(np.float64) if stored.dtype.kind == "f" else stored  # 65535 is no float16
    for value in ignored:
        found = wide == value
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
    by: dict[Marks, list[ImageEntry]] = defaultdict(list)
    for entry, marks in marked:
        if marks:
            by[marks].append(entry)
    if len(by) < 2:
        return []
    value = _doubtful(int(marks) for marks in by if marks != OTHER)
    doubtful = by.pop(str(value))
    others = [entry for entries in by.values() for entry in entries]
    first, other = (min(one, key=lambda entry: entry.identity) for one in (doubtful, others))
    what = (
        f"marks pixels by {value} in {_images(doubtful)} (first {first.identity}) and by other "
        f"values in {_images(others)} (first {other.identity}): {_doubt(value)}"
    )
    return [Problem(what, first.file, "gt_mask", remedy=_choose(value))]


def _marked(counted: NDArray[Any], void: NDArray[np.bool_] | None) -> ReadMask:
    """A mask of any values, none of them ignored."""
    odd = np.unique(counted[~np.isin(counted, USUAL_MASK_VALUES)]).tolist()
    usual = [value for value in (1, _WHITE) if (counted == value).any()]
    doubtful = [int(value) for value in (*usual, *odd) if may_be_void(value)]
    is_alone = len(usual) + len(odd) == 1
    if len(odd) > HANDFUL:
        faults: tuple[Fault, ...] = (_photograph(odd),)
    elif doubtful and not is_alone:
        faults = (_ambiguous(_doubtful(doubtful)),)
    else:
        marks = str(doubtful[0]) if doubtful else OTHER if usual or odd else ""
        return ReadMask(counted != 0, void, marks, tuple(odd))
    return ReadMask(counted != 0, void, "", tuple(odd), faults)


def _doubtful(values: Iterable[int]) -> int:
    """Of values that may mean "not annotated" the one to ask about first."""
    return min(values, key=lambda value: (value >= 0, -value))


def _photograph(odd: Sequence[float]) -> Fault:
    shown = ", ".join(f"{value:g}" for value in odd[:_VALUES_SHOWN])
    what = f"holds {len(odd)} gray values ({shown}, …): it is a photograph, or a soft mask"
    return Fault("not_a_mask", what, _NAME_THE_MASK)


def _ambiguous(value: int) -> Fault:
    what = f"holds {value} and other values that are not 0: {_doubt(value)}"
    return Fault("ambiguous_mask", what, _choose(value))


def _doubt(value: int) -> str:
    return f"{value} is {'anomalous' if value > 0 else 'normal'} or not annotated"


def _choose(value: int) -> str:
    """What to say of a value that may mean "not annotated"."""
    otherwise = "all values above 0 are anomalous" if value > 0 else f"{value} is normal"
    return (
        f"say --ignore-value {value} if {value} means not annotated, "
        f"or --mask-above 0 if {otherwise}"
    )


def _images(entries: list[ImageEntry]) -> str:
    return f"{len(entries)} image{'s' * (len(entries) != 1)}"
