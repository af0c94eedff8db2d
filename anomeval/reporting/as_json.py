"""A result as JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from anomeval.atomic import write_text
from anomeval.errors import Problem, UsageError
from anomeval.reporting.documents import Document, number, read, read_number, read_text, written
from anomeval.reporting.drift import Drift
from anomeval.reporting.image_records import read_record, record_lines
from anomeval.reporting.result import Adoption, Caution, Confidence, DataSummary, Result, Row
from anomeval.uncertainty.replicates import Replicates

SCHEMA = "anomeval.result/1"

_DRIFT_NUMBERS = ("cut", "f1", "f1max", "best_cut", "ks_low", "ks_high")
_INFINITIES = ("inf", "-inf")
_DATA_TEXTS = ("digest", "identities", "ground_truth")
_DATA_COUNTS = (
    *("images", "normal_images", "anomalous_images"),
    *("pixels", "anomalous_pixels", "regions"),
)

_DATA_IF_ANY = ("skipped_images", "ignored_pixels")


def result_to_json(result: Result) -> str:
    """The result with all digits; the same bytes for the same result.

    Infinite extras (a threshold can be one) are written as "inf" and "-inf".
    """
    data, adopted = result.data, result.adopted
    return written(
        {
            "schema": SCHEMA,
            "anomeval_version": result.anomeval_version,
            **({"baseline": vars(adopted)} if adopted else {}),
            "settings": dict(result.settings),
            "data": {
                "files": list(data.files),
                **{name: getattr(data, name) for name in _DATA_TEXTS},
                **{name: getattr(data, name) for name in _DATA_COUNTS},
                **{name: count for name in _DATA_IF_ANY if (count := getattr(data, name))},
            },
            "metrics": [_row(row) for row in result.rows],
            **({"parts": [_row(row) for row in result.parts]} if result.parts else {}),
            "cautions": [{"code": c.code, "message": c.message} for c in result.cautions],
            **({"drift": [_drift(one) for one in result.drift]} if result.drift else {}),
            "images": record_lines(result.images),
        }
    )


def result_from_json(text: str, where: str) -> Result:
    """The result that `result_to_json` wrote.

    Args:
        text: JSON of schema `anomeval.result/1`.
        where: name of the file, for messages.

    Raises:
        InvalidInputError: with every field that does not obey the schema.
    """
    document = read(text, where, SCHEMA)
    data = document["data"]
    return Result(
        anomeval_version=document["anomeval_version"],
        settings=document["settings"],
        data=DataSummary(
            **{
                "files": tuple(data["files"]),
                **{name: data[name] for name in _DATA_TEXTS},
                **{name: int(data[name]) for name in _DATA_COUNTS},
                **{name: int(data.get(name, 0)) for name in _DATA_IF_ANY},
            }
        ),
        rows=tuple(_read_row(row) for row in document["metrics"]),
        cautions=tuple(Caution(c["code"], c["message"]) for c in document["cautions"]),
        images=tuple(map(read_record, document["images"])),
        adopted=Adoption(**document["baseline"]) if "baseline" in document else None,
        drift=tuple(_read_drift(one) for one in document.get("drift", ())),
        parts=tuple(_read_row(row) for row in document.get("parts", ())),
    )


def read_result(path: str | Path) -> Result:
    """The result in a file.

    Raises:
        InvalidInputError: the file cannot be read, or holds no sound result.
    """
    return result_from_json(read_text(path), str(path))


def result_of(result: Result | str | Path) -> Result:
    """A result, or what `read_result` reads where a path was given.

    Raises:
        UsageError: it is neither.
    """
    if isinstance(result, str | Path):
        return read_result(result)
    if not isinstance(result, Result):
        what = f"{type(result).__name__} is no result"
        remedy = "give a Result, such as evaluation.result, or the path of a RESULT.json"
        raise UsageError(Problem(what, remedy=remedy))
    return result


def write_result(path: str | Path, result: Result) -> None:
    """Write RESULT.json, whole or not at all: the file that `anomeval score --json` writes.

    Raises:
        UsageError: nothing can be written there, or it is no result.
    """
    if not isinstance(result, Result):
        remedy = "give the path first, then a Result, such as evaluation.result"
        raise UsageError(Problem(f"{type(result).__name__} is no result", remedy=remedy))
    write_text(path, result_to_json(result))


def _row(row: Row) -> Document:
    confidence = row.confidence
    return {
        "name": row.metric,
        "group": None if row.group is None else dict(row.group),
        "value": None if row.value is None else float(row.value),
        "reason": row.reason,
        "confidence": confidence
        and {
            "level": float(confidence.level),
            "low": float(confidence.low),
            "high": float(confidence.high),
        },
        "confidence_reason": row.confidence_reason,
        "support": dict(row.support),
        "extra": {
            name: number(value) if isinstance(value, float) else value
            for name, value in row.extra.items()
        },
        "replicates": None if row.replicates is None else asdict(row.replicates),
    }


def _drift(drift: Drift) -> Document:
    return {
        name: number(value) if isinstance(value, float) else value
        for name, value in vars(drift).items()
    }


def _read_drift(told: Document) -> Drift:
    numbers = {name: told[name] for name in _DRIFT_NUMBERS}
    read = {name: None if v is None else read_number(v) for name, v in numbers.items()}
    return Drift(**(told | read))


def _read_row(row: Document) -> Row:
    confidence = row["confidence"]
    return Row(
        metric=row["name"],
        group=row["group"],
        value=None if row["value"] is None else float(row["value"]),
        reason=row["reason"],
        confidence=confidence and Confidence(**{k: float(v) for k, v in confidence.items()}),
        support={name: int(count) for name, count in row["support"].items()},
        extra=_read_extra(row["extra"]),
        confidence_reason=row.get("confidence_reason"),
        replicates=_read_replicates(row.get("replicates")),
    )


def _read_replicates(packed: Document | None) -> Replicates | None:
    if packed is None:
        return None
    ends = {name: float(packed[name]) for name in ("low", "high")}
    counts = {name: int(packed[name]) for name in ("normal", "anomalous")}
    return Replicates(**(packed | ends | counts))


def _read_extra(
    extra: Mapping[str, float | int | str | None],
) -> dict[str, float | int | str | None]:
    return {
        name: read_number(value) if value in _INFINITIES else value for name, value in extra.items()
    }
