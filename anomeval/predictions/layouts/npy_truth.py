"""Truth in one `.npy` array, in the order of the images: masks, or labels."""

from dataclasses import dataclass

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.checks import field_faults, map_shape
from anomeval.predictions.column import Column, as_ours
from anomeval.predictions.decoding import Decoded, labels
from anomeval.predictions.faults import reading
from anomeval.predictions.fields import row_shape
from anomeval.predictions.layouts.npy import npy_column, npy_rows, npy_values
from anomeval.predictions.layouts.pixels import Unfit, check_size
from anomeval.predictions.layouts.truth import MaskRead, Truth
from anomeval.predictions.record import ImageEntry
from anomeval.predictions.stamps import Stamps

_MASKS, _LABELS = "gt_mask", "gt_label"


class ArrayTruth:
    """Masks, (N, H, W), or labels, (N,), in the order of the images."""

    def __init__(self, path: str, count: int) -> None:
        """Look at the header; read labels.

        Raises:
            InvalidInputError: it is no such array, or does not tell of as many images.
        """
        self.path = path
        self.stamps = Stamps.of([path])
        self._column = npy_column(_MASKS, path)
        flat = row_shape(self._column, single=False) in ((), (1,))
        field = _LABELS if flat and not self._column.refusal else _MASKS
        problems = [
            Problem(what, path, f"--truth ({field})", remedy=remedy)
            for what, remedy in field_faults(field, self._column, single=False)
        ]
        if not problems and self._column.shape[0] != count:
            what = f"holds {self._column.shape[0]} {field[3:]}s for {count} images"
            remedy = "name one file of predictions, in the same order"
            problems = [Problem(what, path, "--truth", remedy=remedy)]
        if problems:
            raise InvalidInputError(problems)
        self._labels = self._read_labels() if field == _LABELS else None

    def of(self, entry: ImageEntry) -> Truth:
        """What is true of an image, found by its position.

        Raises:
            Unfit: its label is neither 0 nor 1.
        """
        if self._labels is None:
            mask = _ArrayRow(self.path, entry.index, self._column)
            return Truth(label=None, mask=mask, told_by=f"mask {entry.index}")
        for fault in self._labels.faults:
            if fault.index == entry.index:
                raise Unfit(fault.what, fault.remedy)
        return Truth(label=self._labels.values[entry.index], told_by=f"label {entry.index}")

    def _read_labels(self) -> Decoded:
        with reading(self.path, "--truth"):
            stored = npy_values(self.path, self._column).reshape(-1)
        self.stamps.check()
        return labels(stored)


@dataclass(frozen=True, slots=True)
class _ArrayRow:
    """One mask of an array of masks."""

    path: str
    row: int
    column: Column

    @property
    def files(self) -> tuple[str, ...]:
        """The one file, which all rows share."""
        return (self.path,)

    def read(self, limit: int) -> MaskRead:
        """(H, W) as stored.

        Raises:
            Unfit: too many pixels.
        """
        check_size(self.size(), limit)
        [row] = npy_rows(self.path, self.column, self.row, self.row + 1)
        return MaskRead(as_ours(row.reshape(self.size())))

    def size(self) -> tuple[int, ...]:
        """(H, W), from the header."""
        return map_shape(self.column, single=False)
