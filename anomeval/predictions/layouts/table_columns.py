"""What the columns of a table of truth mean: paths, labels, classes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from anomeval.predictions.layouts.class_names import is_anomalous, is_normal
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.table_rows import Row, listed

Column = Literal["image", "mask", "label", "category", "defect_type", "group_id"]

NAMES: Mapping[Column, tuple[str, ...]] = {
    "image": ("image_path", "filename", "image", "path", "img_path"),
    "mask": ("mask_path", "maskname", "mask"),
    "label": ("label", "gt_label", "is_anomaly", "anomaly"),
    "category": ("category", "clsname", "object", "class_name", "cls_name"),
    "defect_type": ("defect_type", "anomaly_class", "label_name", "specie_name"),
    "group_id": ("group_id", "sample_id"),
}
"""What each column may be called, in small letters; the first that tells something is taken."""

_NUMBERS = {"0": False, "false": False, "1": True, "true": True}
_WRITE_LABEL = "write normal or anomaly, or 0 or 1"


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says. fault: why its label is not understood; it is None then."""

    image: str
    mask: str | None
    label: bool | None
    category: str | None
    defect_type: str | None
    group_id: str | None
    fault: Unfit | None


class Columns:
    """The columns of one table, and which of them tells normal images from anomalous ones."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the columns that any row has.

        Raises:
            Unfit: none of them names images, or none tells whether an image is anomalous.
        """
        present = dict.fromkeys(names)
        if not any(name in present for name in NAMES["image"]):
            what = f"names no image: its columns are {listed([*present])}"
            raise Unfit(what, f"call the column of paths {NAMES['image'][0]}")
        deciding: tuple[Column, ...] = ("label", "defect_type", "mask")
        found = [column for column in deciding if any(name in present for name in NAMES[column])]
        if not found:
            what = f"does not tell which images are anomalous: its columns are {listed([*present])}"
            raise Unfit(what, "add a column label (0 or 1), defect_type or mask_path")
        self._deciding = found[0]
        self._names = {c: [n for n in NAMES[c] if n in present] for c in get_args(Column)}

    def told(self, row: Row) -> Told:
        """What a row says.

        Raises:
            Unfit: it is no row, names no image, or holds something else than texts and numbers.
        """
        if row.fault:
            raise row.fault
        values = {column: self._value(row, column) for column in self._names}
        image = values["image"]
        if image is None:
            names = ", ".join(self._names["image"] or NAMES["image"])
            raise Unfit("has no path of an image", f"write it in the column {names}")
        label, fault = None, None
        try:
            label = self._label(row, values)
        except Unfit as unfit:
            fault = unfit
        texts = (values["category"], values["defect_type"], values["group_id"])
        return Told(image, values["mask"], label, *texts, fault)

    def _value(self, row: Row, column: Column) -> str | None:
        for name in self._names[column]:
            value = row.values.get(name)
            if value is not None:
                return _text(name, value)
        return None

    def _label(self, row: Row, values: Mapping[Column, str | None]) -> bool:
        """Whether an image is anomalous, as the column says that tells it in this table."""
        told, defect = values[self._deciding], values["defect_type"]
        if self._deciding == "mask":
            return told is not None
        if told is None:
            name = self._names[self._deciding][0]
            remedy = _WRITE_LABEL if self._deciding == "label" else "write good, or the defect"
            raise Unfit(f"has nothing in the column {name}, which tells normal images", remedy)
        if self._deciding == "defect_type":
            return not _is_normal(told, row.normal_class)
        labels = {
            _label(_text(name, value))
            for name in self._names["label"]
            if (value := row.values.get(name)) is not None
        }
        [label, *others] = labels
        if others:
            raise Unfit(
                f"has labels that contradict each other in {listed(self._names['label'])}",
                "keep one of the columns",
            )
        if defect is not None and (
            _is_normal(defect, row.normal_class) if label else is_anomalous(defect)
        ):
            raise Unfit(f"has the label {told!r} and the class {defect!r}", "correct one of them")
        return label


def _text(name: str, value: object) -> str:
    if not isinstance(value, str | int | float):
        raise Unfit(f"{name} is no text", "write texts and numbers")
    return str(value).strip()


def _label(word: str) -> bool:
    plain = word.lower().removesuffix(".0")
    if plain in _NUMBERS:
        return _NUMBERS[plain]
    if is_normal(plain):
        return False
    if is_anomalous(plain):
        return True
    raise Unfit(f"has the label {word!r}", _WRITE_LABEL)


def _is_normal(defect: str, normal_class: str | None) -> bool:
    return is_normal(defect) if normal_class is None else defect == normal_class
