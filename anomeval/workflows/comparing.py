"""compare: several results of the same images, paired image by image."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from anomeval.errors import CannotJudgeError, Problem, UsageError
from anomeval.gates.changes import changes
from anomeval.gates.comparability import differences
from anomeval.gates.naming import Named, aligned
from anomeval.gates.pairing import change, difference, why_unpaired
from anomeval.gates.table import GroupKey, Table, key_of
from anomeval.reporting.as_json import result_of
from anomeval.reporting.comparison import Comparison, Contrast, Line, Standing, is_single_group
from anomeval.reporting.headings import heading
from anomeval.reporting.result import Caution, Result, Row
from anomeval.uncertainty import holm
from anomeval.workflows.cautions import lasting_cautions
from anomeval.workflows.common_images import Reduced, on_common_images

LEVEL = 0.95
"""Of intervals. A difference is no tie where chance makes one like it in 1 - LEVEL of cases."""


def compare(
    results: Sequence[Result | str | Path],
    names: Sequence[str] | None = None,
    *,
    common_images: bool = False,
) -> Comparison:
    """Set results side by side; the first is what the others are held against.

    Args:
        results: two or more, of the same images, or the paths of their RESULT.json.
        names: what they are called. Default: by their paths, else result 1, result 2, ...
        common_images: where they have different images, compare those that all have.

    Raises:
        UsageError: fewer than two results, or not as many names.
        CannotJudgeError: they are not about the same images, masks, definitions or settings.
    """
    given = _given(results)
    if len(given) < 2:
        raise UsageError("compare needs at least two results")
    names = _names(given) if names is None else names
    if not isinstance(names, list | tuple) or len(names) != len(given):
        raise UsageError(f"give one name for each of {len(given)} results")
    named = list(zip(names, map(result_of, given), strict=True))
    known = [aligned(named[0], other) for other in named]
    whole = Reduced([result for _, result in named])
    reduced = on_common_images(named) if common_images else whole
    found, named = reduced.results, list(zip(names, reduced.results, strict=True))
    _refuse_unlike(named)
    tables = [Table(result) for result in found]
    keys = [key for key in _keys(found[0]) if all(table.get(*key) for table in tables)]
    lines = _corrected([_line(key, [table.get(*key) for table in tables]) for key in keys])
    return Comparison(
        names=tuple(names),
        lines=tuple(_with_ties(lines, tables)),
        changes=tuple(changes(found[0], aligned(named[0], other)[0]) for other in named[1:]),
        level=LEVEL,
        notes=(
            *(f"{name}: {p.how}" for name, (_, p) in zip(names, known, strict=True) if p.how),
            *reduced.notes,
            *_notes(named, set(keys)),
        ),
        cautions=tuple(
            Caution(caution.code, f"{name}: {caution.message}")
            for name, result in named
            for caution in lasting_cautions(result)
        ),
    )


def _given(results: object) -> list[Any]:
    """Each result, or whatever was given in its place, by itself."""
    is_one = isinstance(results, str | bytes | Path | Result) or not isinstance(results, Iterable)
    return [results] if is_one else list(cast("Iterable[Any]", results))


def _names(given: Sequence[Result | str | Path]) -> list[str]:
    paths = [one for one in given if isinstance(one, str | Path)]
    short = iter(short_names(paths))
    return [
        next(short) if isinstance(one, str | Path) else f"result {number}"
        for number, one in enumerate(given, start=1)
    ]


def short_names(paths: Sequence[str | Path]) -> list[str]:
    """File names without suffix where they tell results apart, else the paths."""
    stems = [Path(path).stem for path in paths]
    return stems if len(set(stems)) == len(stems) else [str(path) for path in paths]


def _refuse_unlike(named: Sequence[Named]) -> None:
    """Each result must be comparable to the first; each difference is told."""
    problems = [problem for other in named[1:] for problem in differences(named[0], other)]
    for one, other in combinations(named, 2):
        problems += _other_definitions(one, other)
    metrics = [{row.metric for row in result.rows} for _, result in named]
    if not problems and not set.intersection(*metrics):
        problems = [Problem("the results have no metric in common")]
    if problems:
        raise CannotJudgeError(problems)


def _other_definitions(one: Named, other: Named) -> list[Problem]:
    """Metrics of one name that were measured with other parameters."""
    (name, result), (other_name, other_result) = one, other
    ours = {row.metric for row in result.rows}
    theirs = {row.metric for row in other_result.rows}
    return [
        Problem(f"another definition: {mine} in {name}, {yours} in {other_name}")
        for mine in sorted(ours - theirs)
        for yours in sorted(theirs - ours)
        if mine.partition("(")[0] == yours.partition("(")[0]
    ]


def _keys(result: Result) -> list[tuple[str, GroupKey]]:
    return [(row.metric, key_of(row.group)) for row in result.rows]


def _line(key: tuple[str, GroupKey], rows: Sequence[Row | None]) -> Line:
    known = [row for row in rows if row is not None]
    values = tuple(row.value for row in known)
    defined = [value for value in values if value is not None]
    choose = min if heading(key[0]).lower_is_better else max
    best = choose(defined) if defined else None
    return Line(
        metric=key[0],
        group=dict(key[1]) or None,
        values=values,
        contrasts=tuple(_contrast(known[0], row) for row in known[1:]),
        best=tuple(n for n, value in enumerate(values) if value is not None and value == best),
    )


def _contrast(first: Row, other: Row) -> Contrast | None:
    if first.value is None or other.value is None:
        return None
    worse = heading(first.metric).lower_is_better
    gain = first.value - other.value if worse else other.value - first.value
    if why_unpaired(first, other):
        return Contrast(gain, _standing(gain))
    seen = change(first, other, lower_is_better=worse, confidence=(1 + LEVEL) / 2)
    return Contrast(gain, "tie", seen.low, seen.high, difference(first, other).p_value())


def _standing(gain: float) -> Standing:
    if gain == 0:
        return "tie"
    return "win" if gain > 0 else "loss"


def _corrected(lines: Sequence[Line]) -> list[Line]:
    """The lines with p-values that hold for all groups of a metric, and what follows from them."""
    corrected = list(lines)
    for family in _families(lines):
        for position in range(len(lines[0].contrasts)):
            found = [(place, lines[place].contrasts[position]) for place in family]
            known = [(place, c, c.p_value) for place, c in found if c and c.p_value is not None]
            adjusted = holm.adjusted([p for _, _, p in known])
            for (place, contrast, _), p in zip(known, adjusted, strict=True):
                standing = _standing(contrast.gain) if p < 1 - LEVEL else "tie"
                new = replace(contrast, adjusted=p, standing=standing)
                corrected[place] = _with_contrast(corrected[place], position, new)
    return corrected


def _with_contrast(line: Line, position: int, contrast: Contrast) -> Line:
    contrasts = list(line.contrasts)
    contrasts[position] = contrast
    return replace(line, contrasts=tuple(contrasts))


def _families(lines: Sequence[Line]) -> Iterable[list[int]]:
    """Places of the lines that are judged together: groups of one kind, and each mean alone."""
    families: dict[tuple[str, object], list[int]] = {}
    for place, line in enumerate(lines):
        key = key_of(line.group)
        kind = tuple(name for name, _ in key) if is_single_group(line.group) else key
        families.setdefault((line.metric, kind), []).append(place)
    return families.values()


def _with_ties(lines: Sequence[Line], tables: Sequence[Table]) -> list[Line]:
    """The lines with the results that cannot be told from the best, Holm-corrected likewise."""
    tied = [list[int]() for _ in lines]
    for family in _families(lines):
        pairs, p_values = [], []
        for place in family:
            rows = [table.get(lines[place].metric, key_of(lines[place].group)) for table in tables]
            for position, row in enumerate(rows):
                best = rows[lines[place].best[0]] if lines[place].best else None
                if position in lines[place].best or why_unpaired(best, row):
                    continue
                assert best is not None
                assert row is not None
                pairs.append((place, position))
                p_values.append(difference(best, row).p_value())
        for (place, position), p in zip(pairs, holm.adjusted(p_values), strict=True):
            if not p < 1 - LEVEL:
                tied[place].append(position)
    return [replace(line, tied=tuple(ties)) for line, ties in zip(lines, tied, strict=True)]


def _notes(named: Sequence[Named], common: set[tuple[str, GroupKey]]) -> list[str]:
    notes = []
    for name, result in named:
        left_out = sum(key not in common for key in _keys(result))
        if left_out:
            notes.append(f"{left_out} values of {name} are not in all results")
    if any(row.replicates is None and row.value is not None for _, r in named for row in r.rows):
        notes.append("where a result has no replicates, nothing is known about chance")
    return notes
