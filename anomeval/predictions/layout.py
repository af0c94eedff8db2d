"""How a file is divided: one table, a table for each category, or a sample for each image.

    flat        anomaly_map, gt_mask, ...                      (N, ...) at the root
    categories  bottle/anomaly_map, cable/anomaly_map, ...     (N, ...) in a group each
    samples     samples/<key>/anomaly_map, ...                 (H, W) and scalars for each image

Tables are taken in the order of their names, so that HDF5 and NPZ count images alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from anomeval.errors import Problem
from anomeval.predictions.column import Column, Survey
from anomeval.predictions.fields import Roles, assign, has_fitting_rank
from anomeval.predictions.ignoring import attribute_problems

SAMPLES = "samples"
SCHEMA_ATTRIBUTE = "anomeval_schema"
SCHEMA = "anomeval.predictions/1"

LayoutName = Literal["flat", "categories", "samples"]

_COLUMNS_SHOWN = 12
_PREDICTED = ("anomaly_map", "pred_score")


@dataclass(frozen=True, slots=True)
class Table:
    """Images stored side by side, or the one image of a sample.

    prefix: path of the group; empty for the root.
    single: one image, whose arrays have no leading axis.
    category: the group's name where groups are categories.
    key: the sample's name where groups are samples.
    """

    prefix: str
    roles: Roles
    single: bool = False
    category: str | None = None
    key: str | None = None

    def place(self, field: str) -> str:
        """How to name a field of this table in a message."""
        text = field if self.category is None else f"{self.prefix}/{field}"
        column = self.roles.columns.get(field)
        stored = column.name.removeprefix(f"{self.prefix}/") if column else field
        return text if stored == field else f"{text} (stored as {stored!r})"


@dataclass(frozen=True, slots=True)
class Layout:
    """A file divided into tables.

    ignored: arrays that play no role.
    """

    name: LayoutName | None
    tables: tuple[Table, ...]
    ignored: tuple[Column, ...]
    problems: tuple[Problem, ...]


def sample_key(index: int) -> str:
    """The key that a writer gives to its image number `index`; keys sort like the numbers."""
    return f"{index:08d}"


def divide(path: str, survey: Survey, overrides: Mapping[str, str]) -> Layout:
    """Find the tables of a file, and tell what stands in the way of reading them."""
    overrides = {field: _known(name, survey.columns) for field, name in overrides.items()}
    by_layout: dict[LayoutName, list[Table]] = {
        "flat": [_root(survey.columns, overrides)],
        "categories": list(_categories(survey.columns, overrides)),
        "samples": list(_samples(survey.columns, overrides)),
    }
    if any("/" in name for name in overrides.values()):
        by_layout = {"flat": by_layout["flat"]}
    present: dict[LayoutName, list[Table]] = {}
    for layout, candidates in by_layout.items():
        if kept := [table for table in candidates if not table.roles.is_empty]:
            present[layout] = kept
    problems = _attribute_problems(path, survey)
    if len(present) != 1:
        problems.append(_mixed(path, present) if present else _nothing(path, survey, overrides))
        return Layout(None, (), (), tuple(problems))
    [(name, tables)] = present.items()
    for table in tables:
        problems += _role_problems(path, table, overrides, survey)
    ignored = _ignored(survey, tables)
    problems += _hidden_problems(path, name, ignored)
    return Layout(name, tuple(tables), ignored, tuple(problems))


def _known(name: str, columns: Mapping[str, Column]) -> str:
    """What the user calls an array, as the file does: HDF5 shows paths with a slash in front."""
    bare = name.lstrip("/")
    return bare if name not in columns and bare in columns else name


def _root(columns: Mapping[str, Column], overrides: Mapping[str, str]) -> Table:
    """The arrays at the root, and those that an override names by their whole path.

    Where all of these lie in one group, the others of this group that the root lacks, too.
    """
    named = [name for name in overrides.values() if "/" in name and name in columns]
    groups = {name.rpartition("/")[0] for name in named}
    beside = _grouped(columns)[groups.pop()] if len(groups) == 1 else {}
    at_root = {name: column for name, column in columns.items() if "/" not in name}
    reachable = {**beside, **at_root, **{name: columns[name] for name in named}}
    return Table("", assign(reachable, overrides, single=False))


def _categories(columns: Mapping[str, Column], overrides: Mapping[str, str]) -> Iterator[Table]:
    for group, members in sorted(_grouped(columns, depth=1).items()):
        yield Table(group, assign(members, overrides, single=False), category=group)


def _samples(columns: Mapping[str, Column], overrides: Mapping[str, str]) -> Iterator[Table]:
    for group, members in sorted(_grouped(columns, depth=2).items()):
        parent, key = group.split("/", 1)
        if parent == SAMPLES:
            yield Table(group, assign(members, overrides, single=True), single=True, key=key)


def _grouped(
    columns: Mapping[str, Column], depth: int | None = None
) -> dict[str, dict[str, Column]]:
    """Group → name in it → array; of all groups, or those of a depth."""
    groups: dict[str, dict[str, Column]] = defaultdict(dict)
    for name, column in columns.items():
        group, _, member = name.rpartition("/")
        if depth in (None, name.count("/")):
            groups[group][member] = column
    return groups


def _role_problems(
    path: str, table: Table, overrides: Mapping[str, str], survey: Survey
) -> Iterator[Problem]:
    for problem in table.roles.problems:
        field = table.place(problem.field or "")
        yield replace(problem, file=path, field=field, image=table.key)
    for field in table.roles.not_found:
        what = f"there is no array {overrides[field]!r}, which --field names"
        remedy = f"the file has: {_listed(survey.columns.values())}"
        yield Problem(what, path, table.place(field), image=table.key, remedy=remedy)


def _hidden_problems(path: str, layout: LayoutName, ignored: Iterable[Column]) -> Iterator[Problem]:
    """What stands among categories or samples, and may be one: to pass it over loses images."""
    for column in ignored:
        parent, _, _ = column.name.rpartition("/")
        among = {"categories": parent == "", "samples": parent == SAMPLES}.get(layout)
        if among and column.refusal and column.refusal.may_be_group:
            yield Problem(column.refusal.what, path, column.name, remedy=column.refusal.remedy)


def _attribute_problems(path: str, survey: Survey) -> list[Problem]:
    problems = attribute_problems(path, survey.attributes)
    schema = survey.attributes.get(SCHEMA_ATTRIBUTE, SCHEMA)
    if schema not in (SCHEMA, "1"):
        what = f"is written in schema {schema!r}, this version reads {SCHEMA!r}"
        problems.append(Problem(what, path, remedy="use a newer anomeval"))
    return problems


def _mixed(path: str, present: Mapping[LayoutName, list[Table]]) -> Problem:
    places = [
        f"{'at the root' if layout == 'flat' else f'in group {tables[0].prefix!r}'}"
        f" ({', '.join(tables[0].roles.columns)})"
        for layout, tables in present.items()
    ]
    remedy = "keep one of them, or name the arrays by their paths: --field anomaly_map=GROUP/NAME"
    return Problem(f"holds fields both {' and '.join(places)}", path, remedy=remedy)


def _nothing(path: str, survey: Survey, overrides: Mapping[str, str]) -> Problem:
    named = [f"{field}={name}" for field, name in overrides.items() if name not in survey.columns]
    what = "holds neither anomaly_map nor pred_score"
    what += f", nor what --field names ({', '.join(named)})" if named else ""
    if not survey.columns:
        return Problem(f"{what}; it is empty", path, remedy="write predictions to it")
    how = _how_to_name(survey.columns)
    remedy = f"name the right array{how}; it has: {_listed(survey.columns.values())}"
    return Problem(what, path, remedy=remedy)


def _how_to_name(columns: Mapping[str, Column]) -> str:
    """The option that reads what looks like predictions deep in a file, if only one group does."""
    options = []
    for group, members in _grouped(columns).items():
        found = assign(members, {}, single=False).columns
        fitting = (name for name in _PREDICTED if _is_read(name, found.get(name)))
        if group and (field := next(fitting, None)):
            options.append(f": --field {field}={found[field].name}")
    return options[0] if len(options) == 1 else " with --field, of one group"


def _is_read(field: str, column: Column | None) -> bool:
    return column is not None and has_fitting_rank(field, column, single=False)


def _listed(columns: Iterable[Column]) -> str:
    names = [str(column) for column in columns]
    more = len(names) - _COLUMNS_SHOWN
    return ", ".join(names[:_COLUMNS_SHOWN]) + (f", and {more} more" if more > 0 else "")


def _ignored(survey: Survey, tables: Sequence[Table]) -> tuple[Column, ...]:
    used = {column.name for table in tables for column in table.roles.columns.values()}
    return tuple(column for name, column in survey.columns.items() if name not in used)
