"""Several states as one: what they must have in common, and merging them one after the other.

Memory holds the merged evidence and one part.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from anomeval.errors import CannotJudgeError, InvalidInputError, Problem
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow
from anomeval.evidence.state import CellKey, State, load_state, read_header
from anomeval.evidence.state_header import Header
from anomeval.evidence.state_seal import Source


class Parts:
    """States of parts of one data set, checked and looked through but not yet read.

    header: that of all of them together.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        """Look through states.

        Args:
            sources: one path or content for each state, at least one.

        Raises:
            InvalidInputError: with all problems of all states.
            CannotJudgeError: they were made under different settings.
        """
        self._sources = sources
        self._names = [_name(source, number) for number, source in enumerate(sources)]
        headers = _headers(sources)
        _check_settings(self._names, headers)
        self.header = reduce(_joined, headers)

    def merged(
        self,
        position_names: Mapping[str, str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> State:
        """Read and merge all of them.

        Args:
            position_names: as `load_state` takes them.
            progress: told after each part how many images are done, and how many there are.

        Raises:
            InvalidInputError: an image is in two parts, or a part was damaged in the meantime.
        """
        cells: dict[CellKey, Evidence] = {}
        twice = _Twice()
        done = 0
        for source, name in zip(self._sources, self._names, strict=True):
            done += self._take(load_state(source, position_names), name, cells, twice)
            if progress:
                progress(done, self.header.images)
        twice.refuse()
        return State(self.header, cells)

    def _take(self, part: State, name: str, cells: dict[CellKey, Evidence], twice: "_Twice") -> int:
        """Merge one part; returns how many images it has."""
        for key, evidence in part.cells.items():
            twice.look_at(name, evidence.images)
            own = evidence if self.header.has_pixels else _without_pixels(evidence)
            if cells.setdefault(key, own) is not own:
                cells[key].merge(own)
        return part.header.images


class _Twice:
    """Keeps watch for images that are in two parts."""

    def __init__(self) -> None:
        self._part_of: dict[str, str] = {}
        self._first: dict[tuple[str, str], ImageRow] = {}
        self._count: Counter[tuple[str, str]] = Counter()

    def look_at(self, part: str, rows: Iterable[ImageRow]) -> None:
        """Note the images of a part."""
        for row in rows:
            earlier = self._part_of.setdefault(row.entry.identity, part)
            if earlier != part:
                self._first.setdefault((earlier, part), row)
                self._count[earlier, part] += 1

    def refuse(self) -> None:
        """Raise InvalidInputError with one problem for every two parts that share images."""
        if self._first:
            raise InvalidInputError([self._problem(*parts) for parts in self._first])

    def _problem(self, earlier: str, later: str) -> Problem:
        more = self._count[earlier, later] - 1
        what = f"the same image is in {earlier}"
        what += f" (and {more} more images are in both)" if more else ""
        remedy = "leave one part out, or make every image_path unique (put the category in front)"
        image = self._first[earlier, later].entry.identity
        return Problem(what, later, "image_path", image=image, remedy=remedy)


def _headers(sources: Sequence[Source]) -> list[Header]:
    headers: list[Header] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            headers.append(read_header(source))
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return headers


def _check_settings(names: Sequence[str], headers: Sequence[Header]) -> None:
    first, *others = [header.settings.as_dict() for header in headers]
    problems = [
        Problem(
            f"was made {_with(setting, value)}, but {names[0]} {_with(setting, first[setting])}",
            name,
        )
        for name, settings in zip(names[1:], others, strict=True)
        for setting, value in settings.items()
        if value != first[setting]
    ]
    if problems:
        remedy = "make all parts with the same options"
        raise CannotJudgeError([replace(problems[0], remedy=remedy), *problems[1:]])


def _with(setting: str, value: object) -> str:
    """A setting as the option that makes it."""
    option = f"--{setting.replace('_', '-')}"
    if value is None or value is False or value in ((), []):
        return f"without {option}"
    if isinstance(value, list | tuple):
        return "with " + " ".join(f"{option} {each}" for each in value)
    return f"with {option}" + ("" if value is True else f" {value}")


def _joined(one: Header, other: Header) -> Header:
    """What holds of two parts together."""
    return Header(
        settings=one.settings,
        has_pixels=one.has_pixels and other.has_pixels,
        fields=one.fields & other.fields,
        files=tuple(sorted({*one.files, *other.files})),
        unnamed=tuple(sorted({*one.unnamed, *other.unnamed})),
        images=one.images + other.images,
        normalized=tuple(sorted({*one.normalized, *other.normalized})),
        ignored=tuple(sorted({*one.ignored, *other.ignored})),
    )


def _without_pixels(evidence: Evidence) -> Evidence:
    """What remains where other parts have no pixels to judge."""
    kept = Evidence()
    kept.images = [row.without_pixels() for row in evidence.images]
    kept.observations = evidence.observations
    return kept


def _name(source: Source, number: int) -> str:
    return f"state {number}" if isinstance(source, bytes) else str(source)
