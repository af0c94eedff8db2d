"""FIT.json: what a validation split has fitted, written and read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from anomeval.atomic import write_text
from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.judging.honesty import FalsePositives
from anomeval.judging.normals import NormalScores
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.documents import (
    Document,
    Lines,
    number,
    read,
    read_number,
    read_text,
    written,
)

SCHEMA = "anomeval.fit/1"

_COUNTS = ("flagged", "total", "units")
_LEVELS = ("image", "pixel")


def fit_to_json(fit: Fit) -> str:
    """The fit with all digits; the same bytes for the same fit and version."""
    from anomeval.version import __version__

    source = fit.source
    document: Document = {
        "schema": SCHEMA,
        "anomeval_version": __version__,
        **_post_processor(fit.shared),
    }
    if fit.categories:
        document["categories"] = {
            name: _post_processor(fit.categories[name]) for name in sorted(fit.categories)
        }
    if fit.rules is not None:
        document["reading"] = vars(fit.rules)
    if fit.plugins:
        document["plugins"] = {name: fit.plugins[name] for name in sorted(fit.plugins)}
    document["source"] = {
        "files": list(source.files),
        "digest": source.digest,
        "images": source.images,
        **({"ignored_pixels": source.ignored_pixels} if source.ignored_pixels else {}),
        "image_path_digests": sorted(source.identities),
        "map_digests": sorted(source.map_digests),
    }
    document["cautions"] = [{"code": code, "message": message} for code, message in fit.cautions]
    if normals := Lines(_normals(fit)):
        document["normals"] = normals
    return written(document)


def fit_from_json(text: str, where: str) -> Fit:
    """The fit that `fit_to_json` wrote.

    Args:
        text: JSON of schema `anomeval.fit/1`.
        where: name of the file, for messages.

    Raises:
        InvalidInputError: with every field that does not obey the schema, or contradicts others.
    """
    document = read(text, where, SCHEMA)
    categories = document.get("categories", {})
    problems = _contradictions(document, where, "") + _unsound_normals(document, where)
    for name, levels in categories.items():
        problems += _contradictions(levels, where, f"categories.{name}.")
    if problems:
        raise InvalidInputError(problems)
    source, normals = document["source"], _read_normals(document.get("normals", ()))
    return Fit(
        shared=_read_post_processor(document, normals[None]),
        source=Source(
            files=tuple(source["files"]),
            digest=source["digest"],
            images=int(source["images"]),
            identities=frozenset(source["image_path_digests"]),
            map_digests=frozenset(source["map_digests"]),
            ignored_pixels=int(source.get("ignored_pixels", 0)),
        ),
        categories={
            name: _read_post_processor(levels, normals[name]) for name, levels in categories.items()
        },
        cautions=tuple((c["code"], c["message"]) for c in document["cautions"]),
        rules=PreparationRules(**document["reading"]) if "reading" in document else None,
        plugins=document.get("plugins", {}),
    )


def read_fit(path: str | Path) -> Fit:
    """The fit in a file.

    Raises:
        InvalidInputError: the file cannot be read, or holds no sound fit.
    """
    return fit_from_json(read_text(path), str(path))


def fit_of(fit: Fit | str | Path | None) -> Fit | None:
    """A fit, or what `read_fit` reads where a path was given.

    Raises:
        UsageError: it is neither.
    """
    if isinstance(fit, str | Path):
        return read_fit(fit)
    if not isinstance(fit, Fit | None):
        remedy = "give what anomeval.fit returns, or the path of a FIT.json"
        raise UsageError(Problem(f"{type(fit).__name__} is no fit", remedy=remedy))
    return fit


def write_fit(path: str | Path, fit: Fit) -> None:
    """Write FIT.json, whole or not at all: the file that `anomeval fit` writes.

    Raises:
        UsageError: nothing can be written there, or it is no fit.
    """
    if not isinstance(fit, Fit):
        remedy = "give the path first, then what anomeval.fit returns"
        raise UsageError(Problem(f"{type(fit).__name__} is no fit", remedy=remedy))
    write_text(path, fit_to_json(fit))


def _normals(fit: Fit) -> Iterator[Document]:
    """Where the normal scores of each level lie, one entry each."""
    for category, fitted in [(None, fit.shared), *sorted(fit.categories.items())]:
        for name in _LEVELS:
            level: FittedLevel | None = getattr(fitted, name)
            if level is not None and level.normals is not None:
                yield {"category": category, "level": name, **vars(level.normals)}


def _post_processor(fitted: OneClassPostProcessor) -> Document:
    return {"image": _level(fitted.image), "pixel": _level(fitted.pixel)}


def _level(fitted: FittedLevel | None) -> Document | None:
    if fitted is None:
        return None
    scale, flagged = fitted.scale, fitted.false_positives
    counted = {} if flagged is None else {"false_positives": _false_positives(flagged)}
    return {
        "threshold": number(scale.threshold),
        "cut": number(scale.cut),
        "min": number(scale.low),
        "max": number(scale.high),
        "rule": fitted.rule,
        "sensitivity": float(scale.sensitivity),
        "normal_count": fitted.normal_count,
        "anomalous_count": fitted.anomalous_count,
        **counted,
    }


def _false_positives(counted: FalsePositives) -> Document:
    low, high = counted.interval
    return {
        "flagged": counted.flagged,
        "total": counted.total,
        "units": counted.units,
        "low": low,
        "high": high,
    }


def _read_post_processor(
    levels: Mapping[str, Document | None], normals: Mapping[str, NormalScores]
) -> OneClassPostProcessor:
    return OneClassPostProcessor(
        *(_read_level(levels[name], normals.get(name)) for name in _LEVELS)
    )


def _read_normals(entries: Iterable[Document]) -> dict[str | None, dict[str, NormalScores]]:
    """The table of each level, by category; None = of all together."""
    found: dict[str | None, dict[str, NormalScores]] = defaultdict(dict)
    for entry in entries:
        scores = tuple(map(read_number, entry["scores"]))
        counts = (tuple(map(int, entry[key])) for key in ("below", "at_or_below"))
        table = NormalScores(int(entry["count"]), scores, *counts)
        found[entry["category"]][entry["level"]] = table
    return found


def _read_level(level: Document | None, normals: NormalScores | None) -> FittedLevel | None:
    if level is None:
        return None
    counts = int(level["normal_count"]), int(level["anomalous_count"])
    found = level.get("false_positives")
    flagged = FalsePositives(*(int(found[key]) for key in _COUNTS)) if found else None
    return FittedLevel(_read_scale(level), level["rule"], *counts, flagged, normals)


def _read_scale(level: Document) -> Scale:
    return Scale(
        threshold=read_number(level["threshold"]),
        low=read_number(level["min"]),
        high=read_number(level["max"]),
        sensitivity=float(level["sensitivity"]),
    )


def _contradictions(levels: Document, where: str, place: str) -> list[Problem]:
    """What a hand that edited one number has forgotten to change with it."""
    problems = []
    for name in _LEVELS:
        if levels[name] is None:
            continue
        scale, cut = _read_scale(levels[name]), read_number(levels[name]["cut"])
        if scale.low > scale.high:
            what = f"is {scale.low!r}, above max, which is {scale.high!r}"
            problems.append(Problem(what, where, f"{place}{name}.min"))
        if scale.cut != cut:
            what = f"is {cut!r}, but threshold, sensitivity, min and max give {scale.cut!r}"
            remedy = "fit anew instead of editing, or set both"
            problems.append(Problem(what, where, f"{place}{name}.cut", remedy=remedy))
    return problems


def _unsound_normals(document: Document, where: str) -> list[Problem]:
    """Tables that no scores could have."""
    problems = []
    for position, entry in enumerate(document.get("normals", ())):
        scores = [read_number(score) for score in entry["scores"]]
        below, at, count = entry["below"], entry["at_or_below"], entry["count"]
        steps = [0, *(step for pair in zip(below, at, strict=False) for step in pair), count]
        fits = len(scores) == len(below) == len(at) and steps == sorted(steps)
        if not (fits and scores == sorted(set(scores))):
            what = "is no distribution: scores must ascend, and counts with them"
            problems.append(Problem(what, where, f"normals[{position}]", remedy="fit anew"))
    return problems
