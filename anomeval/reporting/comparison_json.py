"""A comparison as JSON of schema `anomeval.comparison/1`."""

from anomeval.reporting.changes import Changes
from anomeval.reporting.comparison import Comparison, Line
from anomeval.reporting.documents import Document, number, written

SCHEMA = "anomeval.comparison/1"


def comparison_to_json(comparison: Comparison) -> str:
    """The comparison with all digits; the same bytes for the same results."""
    from anomeval.version import __version__

    return written(
        {
            "schema": SCHEMA,
            "anomeval_version": __version__,
            "results": list(comparison.names),
            "level": comparison.level,
            "metrics": [_line(line) for line in comparison.lines],
            "changes": [changes_document(changes) for changes in comparison.changes],
            "notes": list(comparison.notes),
            "cautions": [vars(caution) for caution in comparison.cautions],
        }
    )


def changes_document(changes: Changes, most: int | None = None) -> Document:
    """What changed side; so many images and regions at most, all are counted."""
    return {
        "counts": dict(sorted(changes.tally().items())),
        "images": [_plain(vars(change)) for change in changes.images[:most]],
        "regions": [_plain(vars(change)) for change in changes.regions[:most]],
        "unknown": list(changes.unknown),
    }


def _line(line: Line) -> Document:
    return {
        "name": line.metric,
        "group": None if line.group is None else dict(line.group),
        "values": list(line.values),
        "best": list(line.best),
        "tied": list(line.tied),
        "contrasts": [None if each is None else vars(each) for each in line.contrasts],
    }


def _plain(fields: Document) -> Document:
    """Scores can be infinite."""
    return {n: number(value) if isinstance(value, float) else value for n, value in fields.items()}
