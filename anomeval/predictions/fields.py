"""Which stored array plays which role: canonical names, known aliases, and the user's own word."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from anomeval.errors import Problem, UsageError
from anomeval.predictions.column import Column, without_channel
from anomeval.predictions.record import FIELDS

PIXEL_FIELDS = ("anomaly_map", "gt_mask")
LIST_FIELDS = ("gt_saturation",)
"""Fields with a list of numbers for each image, see `channels`."""

TEXT_FIELDS = ("image_path", "category", "defect_type", "group_id")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "anomaly_map": (
        *("anomaly_maps", "amap", "amaps", "asmaps", "anomap", "anomaps", "pr_px"),
        *("segmentations", "heatmap", "heatmaps", "anomaly_p", "value", "score_map", "score_maps"),
        "scores",
    ),
    "pred_score": (
        *("pred_scores", "score", "scores", "anomaly_score", "anomaly_scores"),
        *("image_score", "image_scores", "pr_sp", "anomalys"),
    ),
    "gt_label": (
        *("label", "labels", "target", "targets", "y_true", "gt_sp", "true_labels"),
        "is_anomaly",
    ),
    "gt_mask": ("mask", "masks", "gt_masks", "imgs_masks", "gt_px", "masks_gt", "ground_truth"),
    "gt_saturation": (),
    "image_path": (
        *("path", "paths", "image_paths", "filename", "filenames"),
        *("fid", "id", "image"),
    ),
    "category": ("cls_names", "clsname", "object", "class_name"),
    "defect_type": ("anomaly_class", "label_name", "specie_name", "defect_name"),
    "group_id": ("sample_id", "smp_id", "group"),
}
"""Names met in other people's files, for each canonical name.

An alias counts only where its shape and type fit the role: `scores` is the anomaly map where it has
three axes and the image score where it has one, and `image` is no path where it holds pixels.
"""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays what in one table, and what stands in the way."""

    columns: Mapping[str, Column]  # canonical name -> array
    problems: list[Problem] = field(default_factory=list)  # without file
    not_found: tuple[str, ...] = ()  # fields whose override names nothing here

    @property
    def is_empty(self) -> bool:
        """Nothing here has to do with predictions."""
        return not self.columns and not self.problems


def pixels_judged(fields: Container[str], *, all_normal: bool) -> bool:
    """Whether pixels can be judged: maps, and masks unless every image is known to be normal."""
    return "anomaly_map" in fields and ("gt_mask" in fields or all_normal)


def check_overrides(overrides: Mapping[str, str]) -> None:
    """Refuse names that are no fields.

    Raises:
        UsageError: with every unknown name.
    """
    if not isinstance(overrides, Mapping):
        what = f"fields are read under other names by a mapping, not {type(overrides).__name__}"
        raise UsageError(Problem(what, remedy='write {"anomaly_map": "my_maps"}'))
    problems = [unknown_field(str(name)) for name in overrides if name not in FIELDS]
    if problems:
        raise UsageError(problems)


def unknown_field(name: str) -> Problem:
    """Say that a field does not exist, and which was probably meant."""
    meant = [field for field, aliases in ALIASES.items() if name in aliases]
    meant = meant or get_close_matches(name, FIELDS, n=1)
    remedy = f"did you mean {meant[0]!r}?" if meant else f"the fields are {', '.join(FIELDS)}"
    return Problem(f"unknown field {name!r}", remedy=remedy)


def assign(columns: Mapping[str, Column], overrides: Mapping[str, str], *, single: bool) -> Roles:
    """Find the array for every field in one table.

    An override wins, then the canonical name, then the one alias that fits; several aliases
    that fit are a problem.

    Args:
        columns: the arrays by their name within the table.
        single: the arrays describe one image and have no leading axis.
    """
    found: dict[str, Column] = {}
    problems: list[Problem] = []
    not_found: list[str] = []
    for name in FIELDS:
        if name in overrides:
            if overrides[name] in columns:
                found[name] = columns[overrides[name]]
            else:
                not_found.append(name)
        elif name in columns:
            found[name] = columns[name]
        else:
            fitting = _fitting_aliases(name, columns, set(overrides.values()), single)
            if len(fitting) == 1:
                found[name] = columns[fitting[0]]
            elif fitting:
                problems.append(_ambiguous(name, fitting))
    return Roles(found, problems, tuple(not_found))


def row_shape(column: Column, *, single: bool) -> tuple[int, ...] | None:
    """The shape of one image's value; None where the array has no axis of images."""
    if single:
        return column.shape
    return column.shape[1:] if column.shape else None


def has_fitting_rank(name: str, column: Column, *, single: bool) -> bool:
    """(H, W) for maps and masks, with or without a channel; (K,) for lists, else one value."""
    shape = row_shape(column, single=single)
    if shape is None:
        return False
    if name in PIXEL_FIELDS:
        return len(without_channel(shape)) == 2
    if name in LIST_FIELDS:
        return len(shape) == 1
    return shape in ((), (1,))


def _fitting_aliases(
    name: str, columns: Mapping[str, Column], taken: Iterable[str], single: bool
) -> list[str]:
    return [
        alias
        for alias in ALIASES[name]
        if alias in columns and alias not in taken and _fits(name, columns[alias], single)
    ]


def _fits(name: str, column: Column, single: bool) -> bool:
    if column.refusal:
        return True
    is_name = column.text or column.dtype.kind in "iu"
    fitting_kind = is_name if name in TEXT_FIELDS else not column.text
    return fitting_kind and has_fitting_rank(name, column, single=single)


def _ambiguous(name: str, aliases: list[str]) -> Problem:
    what = f"{' and '.join(map(repr, aliases))} could each be {name}"
    return Problem(what, field=name, remedy=f"say which with --field {name}={aliases[0]}")
