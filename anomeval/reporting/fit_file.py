"""FIT.json: what a validation split has fitted, written and read."""

from collections.abc import Mapping
from pathlib import Path

from anomeval.errors import InvalidInputError, Problem
from anomeval.judging.honesty import FalsePositives
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.reporting.documents import Document, number, read, read_number, read_text, written

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
    document["source"] = {
        "files": list(source.files),
        "digest": source.digest,
        "images": source.images,
        "image_path_digests": sorted(source.identities),
        "map_digests": sorted(source.map_digests),
    }
    document["cautions"] = [{"code": code, "message": message} for code, message in fit.cautions]
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
    problems = _contradictions(document, where, "")
    for name, levels in categories.items():
        problems += _contradictions(levels, where, f"categories.{name}.")
    if problems:
        raise InvalidInputError(problems)
    source = document["source"]
    return Fit(
        shared=_read_post_processor(document),
        source=Source(
            files=tuple(source["files"]),
            digest=source["digest"],
            images=int(source["images"]),
            identities=frozenset(source["image_path_digests"]),
            map_digests=frozenset(source["map_digests"]),
        ),
        categories={name: _read_post_processor(levels) for name, levels in categories.items()},
        cautions=tuple((c["code"], c["message"]) for c in document["cautions"]),
    )


def read_fit(path: str | Path) -> Fit:
    """The fit in a file.

    Raises:
        InvalidInputError: the file cannot be read, or holds no sound fit.
    """
    return fit_from_json(read_text(path), str(path))


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


def _read_post_processor(levels: Mapping[str, Document | None]) -> OneClassPostProcessor:
    return OneClassPostProcessor(*(_read_level(levels[name]) for name in _LEVELS))


def _read_level(level: Document | None) -> FittedLevel | None:
    if level is None:
        return None
    counts = int(level["normal_count"]), int(level["anomalous_count"])
    found = level.get("false_positives")
    flagged = FalsePositives(*(int(found[key]) for key in _COUNTS)) if found else None
    return FittedLevel(_read_scale(level), level["rule"], *counts, flagged)


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
