"""One file of predictions: looked through once, then read image by image as often as wanted.

An idle file holds no handle: every pass opens its own and closes it, so that hundreds of files
cost nothing, threads do not disturb each other, and a file can be sent to another process.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, NamedTuple

from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.checks import image_count, map_shape, ragged_problems
from anomeval.predictions.column import Column, Store, as_ours
from anomeval.predictions.entries import read_table
from anomeval.predictions.faults import gathered, reading
from anomeval.predictions.fields import LIST_FIELDS, PIXEL_FIELDS
from anomeval.predictions.formats import Format, recognized
from anomeval.predictions.ignoring import of_file
from anomeval.predictions.layout import Layout, Table, divide
from anomeval.predictions.record import FIELDS, Image, ImageEntry
from anomeval.predictions.stamps import Stamps

_FROM_GROUP = "<group name>"
_FROM_KEY = "<sample name>"


@dataclass(frozen=True, slots=True)
class Examination:
    """What a look at header and small columns found: all that is there and all that is wrong.

    entries: one for each image, also where a value of some is wrong; empty where more is.
    skipped: what is wrong with images that are left out, as the user has asked for: those of
        `entries` have an `index`.
    isolated: pixels are read as `Format.open_apart` says.
    """

    path: str
    format: Format
    layout: Layout
    attributes: Mapping[str, object]
    entries: tuple[ImageEntry, ...]
    problems: tuple[Problem, ...]
    stamps: Stamps  # of every file that values come from
    skipped: tuple[Problem, ...] = ()
    isolated: bool = False


def examine(
    path: str, overrides: Mapping[str, str], *, skip_bad: bool = False, isolated: bool = False
) -> Examination:
    """Look through one file without reading a pixel.

    Args:
        path: of the file.
        overrides: canonical field → the name it has in the file.
        skip_bad: leave out images with problems, as long as others are sound.
        isolated: read pixels later as `Format.open_apart` says. To be called in a process of its
            own then, see `isolation`: here the library is trusted.

    Raises:
        InvalidInputError: the file cannot be opened at all.
    """
    format_ = recognized(path)
    with reading(path):
        stamps = Stamps.of(format_.files(path))
    with reading(path):
        store = format_.open(path)
    with store:
        with reading(path):
            survey = store.survey()
        read = _read(path, store, divide(path, survey, overrides), skip_bad=skip_bad)
    layout = read.layout
    broken = [*layout.problems, *ragged_problems(path, layout), *read.broken]
    problems = gathered([*broken, *read.problems])
    return Examination(
        path=path,
        format=format_,
        layout=layout,
        attributes=survey.attributes,
        entries=() if broken else tuple(read.entries),
        problems=tuple(problems),
        stamps=stamps,
        skipped=tuple(read.skipped),
        isolated=isolated,
    )


class _Read(NamedTuple):
    """The small columns of a file.

    entries: of all tables of the layout, whatever their values are.
    broken: problems that are more than those of single values.
    problems: of values. skipped: of images that are left out.
    """

    layout: Layout
    entries: list[ImageEntry]
    broken: list[Problem]
    problems: list[Problem]
    skipped: list[Problem]


def _read(path: str, store: Store, layout: Layout, *, skip_bad: bool) -> _Read:
    """Read every table. What is wrong with a sample as a whole is of one image, too."""
    all_of_it, remaining = _Read(layout, [], [], [], []), _Read(layout, [], [], [], [])
    kept, first = [], 0
    for table in layout.tables:
        read = read_table(path, store, table, first)
        first += 1 if table.single else len(read.entries)
        for known in (all_of_it, remaining):
            known.entries.extend(read.entries)
        all_of_it.broken.extend(read.problems)
        all_of_it.problems.extend(read.told)
        remaining.skipped.extend(read.wrong)
        if read.problems and table.single:
            remaining.skipped.extend(read.problems)
        else:
            remaining.broken.extend(read.problems)
            kept.append(table)
    wrong = {problem.index for problem in remaining.skipped}
    if not skip_bad or all(entry.index in wrong for entry in remaining.entries):
        return all_of_it
    return remaining._replace(layout=replace(layout, tables=tuple(kept)))


def readable_in_part(look: object) -> "StoredPredictions | None":
    """The pixels of a file that was examined and found wrong in values of small columns alone.

    Images without a valid label are taken for anomalous, which no mask contradicts.
    """
    if not isinstance(look, Examination) or not look.problems or not look.entries:
        return None
    labelled = any("gt_label" in table.roles.columns for table in look.layout.tables)
    entries = tuple(
        replace(entry, label=True) if labelled and entry.label is None else entry
        for entry in look.entries
    )
    return StoredPredictions(replace(look, entries=entries, problems=())).named_by_position("")


class StoredPredictions:
    """A sound file, as `PredictionFile` describes it.

    Attributes:
        examination: all that is known of the file.
        path, entries, random_access: as `PredictionFile` says.
        fields: canonical name → name in this file, for the fields that every image has.
        attributes: scalars that describe the whole file.
    """

    def __init__(self, examination: Examination) -> None:
        """Take a file that was examined.

        Raises:
            InvalidInputError: with every problem of the file.
        """
        if examination.problems:
            raise InvalidInputError(examination.problems)
        self.examination = examination
        self.path = examination.path
        self.attributes = examination.attributes
        self.entries: Sequence[ImageEntry] = examination.entries
        self._tables = [_Rows.of(table) for table in examination.layout.tables]
        self.fields: Mapping[str, str] = _common_fields(examination.layout.tables)
        self.random_access = all(rows.random_access for rows in self._tables)
        self._ignored = of_file(examination.attributes)
        self._closed = False

    def named_by_position(self, name: str) -> "StoredPredictions":
        """The same file, whose images without a path of their own are called `name#index`."""
        entries = tuple(
            entry if entry.named else replace(entry, identity=f"{name}#{entry.index}")
            for entry in self.entries
        )
        return StoredPredictions(replace(self.examination, entries=entries))

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, in storage order, one in memory at a time.

        Raises:
            UsageError: the file was closed.
            InvalidInputError: while reading, naming file, field and image.
        """
        if self._closed:
            raise UsageError(Problem("was closed before it was read", self.path))
        wanted = range(len(self.entries))[start:stop]
        return self._images(wanted) if wanted else iter(())

    def close(self) -> None:
        """No pass may begin any more. Safe to call twice."""
        self._closed = True

    def _images(self, wanted: range) -> Iterator[Image]:
        stamps = self.examination.stamps
        stamps.check()
        try:
            for behind, image in enumerate(self._read(wanted), wanted.start + 1):
                if behind == wanted.stop:
                    stamps.check()
                yield image
        except InvalidInputError:
            stamps.check()  # what looks like damage may come of a change
            raise

    def _read(self, wanted: range) -> Iterator[Image]:
        with reading(self.path):
            store = self._opened()
        with store:
            first = 0
            for table in self._tables:
                start, stop = max(wanted.start, first), min(wanted.stop, first + table.count)
                if start < stop:
                    entries = self.entries[start:stop]
                    images = table.images(store, entries, start - first, stop - first)
                    yield from images if not self._ignored else map(self._with_ignored, images)
                first += table.count

    def _with_ignored(self, image: Image) -> Image:
        return replace(image, ignore_values=self._ignored)

    def _opened(self) -> Store:
        format_ = self.examination.format
        opened = format_.open_apart if self.examination.isolated else format_.open
        return opened(self.path)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What of a table is needed to read its pixels."""

    count: int
    single: bool
    pixels: Mapping[str, Column]
    places: Mapping[str, str]  # how messages name these columns

    @classmethod
    def of(cls, table: Table) -> "_Rows":
        wanted = (*PIXEL_FIELDS, *LIST_FIELDS)
        pixels = {name: column for name, column in table.roles.columns.items() if name in wanted}
        places = {name: table.place(name) for name in pixels}
        return cls(image_count(table), table.single, pixels, places)

    @property
    def random_access(self) -> bool:
        return self.single or all(column.random_access for column in self.pixels.values())

    def images(
        self, store: Store, entries: Sequence[ImageEntry], start: int, stop: int
    ) -> Iterator[Image]:
        """The images of `entries`, which are rows `start` up to `stop` of this table."""
        maps = self._arrays("anomaly_map", store, entries, start, stop)
        masks = self._arrays("gt_mask", store, entries, start, stop)
        saturations = self._arrays("gt_saturation", store, entries, start, stop)
        for entry in entries:
            yield Image(entry, next(maps), next(masks), next(saturations))

    def _arrays(
        self, field: str, store: Store, entries: Sequence[ImageEntry], start: int, stop: int
    ) -> Iterator[NDArray[Any] | None]:
        """(H, W) or (K,) for each entry, or None for each where the table lacks the field."""
        column = self.pixels.get(field)
        if column is None:
            yield from repeat(None, len(entries))
            return
        shape = (-1,) if field in LIST_FIELDS else map_shape(column, single=self.single)
        place = self.places[field]
        rows = iter(()) if self.single else store.rows(column, start, stop)
        for entry in entries:
            name = entry.identity if entry.named else None
            with reading(entry.file, place, entry.index, name):
                array = store.values(column) if self.single else next(rows)
                array = as_ours(array.reshape(shape))
            yield array


def _common_fields(tables: Sequence[Table]) -> dict[str, str]:
    return {field: name for field in FIELDS if (name := _common_name(field, tables)) is not None}


def _common_name(field: str, tables: Sequence[Table]) -> str | None:
    """What a field is called in a file; None where a table lacks it."""
    names = [_name_in(field, table) for table in tables]
    return None if None in names else ", ".join(dict.fromkeys(filter(None, names)))


def _name_in(field: str, table: Table) -> str | None:
    column = table.roles.columns.get(field)
    if column:
        return column.name.removeprefix(f"{table.prefix}/")
    if field == "category" and table.category is not None:
        return _FROM_GROUP
    return _FROM_KEY if field == "image_path" and table.key is not None else None
