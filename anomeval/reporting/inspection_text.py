"""What an inspection found, told like a doctor's note: what it is, what is wrong, what to do."""

from collections.abc import Container, Hashable, Mapping, Sequence
from itertools import groupby

from anomeval.metrics import METRICS
from anomeval.names import clean_name
from anomeval.predictions.fields import PIXEL_FIELDS
from anomeval.predictions.inspection import (
    Counts,
    FieldReport,
    FileReport,
    Finding,
    Inspection,
    Level,
)
from anomeval.reporting.cells import Line, Piece, shortened
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.numerals import count_text, counted
from anomeval.reporting.paragraphs import hanging, listed
from anomeval.reporting.sheet import Sheet, stacked

_SHOWN = 12  # files or names told one by one
_NAME_SHOWN = 60
_SIGNS: Mapping[str, Piece] = {
    "error": ("error    ", "bold red"),
    "warning": ("warning  ", "bold yellow"),
    "note": ("note     ", STRONG),
}
_INDENT = " " * len(_SIGNS["error"][0])
_LAYOUTS = {
    "flat": "one table",
    "categories": "a group for each category",
    "samples": "a group for each image",
}


def inspection_text(inspection: Inspection, *, width: int | None = None) -> Sheet:
    """The inspection as something to print with rich."""
    return Sheet(lambda cells: _lines(inspection, cells), width)


def _lines(inspection: Inspection, width: int) -> list[Line]:
    kinds = [list(alike) for _, alike in groupby(inspection.files, key=_kind)]
    return stacked(
        *[_file_lines(alike, width) for alike in kinds],
        _count_lines(inspection.counts, width),
        [[("What is wrong", STRONG)], *_finding_lines(inspection.findings, width)],
        [[("What can be computed", STRONG)], *_level_lines(inspection, width)],
    )


def _kind(file: FileReport) -> Hashable:
    """Files of which this is equal are described once."""
    fields = [(f.field, f.stored_as, f.shape[1:], f.dtype, f.compression) for f in file.fields]
    return file.format, file.layout, file.ignored, str(file.attributes), tuple(fields)


def _file_lines(files: Sequence[FileReport], width: int) -> list[Line]:
    rows: list[list[Piece]] = []
    for file in files[:_SHOWN]:
        images = "" if file.images is None else counted(file.images, "image")
        rows.append([(shortened(clean_name(file.path), _NAME_SHOWN), STRONG), (images, "")])
    if len(files) > _SHOWN:
        rows.append([(f"and {counted(len(files) - _SHOWN, 'more file')}", ""), ("", "")])
    first = files[0]
    lines = listed(rows, width) + hanging(("  ", ""), _format_text(first), width, QUIET)
    lines += listed([_field_row(field, files) for field in first.fields], width)
    if first.ignored:
        lines += hanging(("  ", ""), f"not used: {_some(first.ignored)}", width, QUIET)
    return lines


def _format_text(file: FileReport) -> str:
    if file.format is None:
        return "could not be understood"
    layout = f", {_LAYOUTS[file.layout]}" if file.layout else ""
    notes = [f"{name} = {value}" for name, value in (file.attributes or {}).items()]
    return file.format + layout + (f"; it says: {_some(notes)}" if notes else "")


def _field_row(field: FieldReport, files: Sequence[FileReport]) -> list[Piece]:
    """`amaps → anomaly_map  128 x 128 float32`: what was taken for what."""
    alias = f"{clean_name(field.stored_as)} →" if field.stored_as != field.field else ""
    lengths = ["?" if length is None else str(length) for length in field.shape[1:]]
    details = [" ".join(filter(None, (" x ".join(lengths), field.dtype)))]
    if field.field in PIXEL_FIELDS and field.stored_bytes:
        stored = sum(
            f.stored_bytes or 0 for file in files for f in file.fields if f.field == field.field
        )
        details += [field.compression or "not compressed", _size_text(stored)]
    return [(f"  {alias}", "yellow"), (field.field, ""), (", ".join(details), QUIET)]


def _size_text(stored: int) -> str:
    return f"{stored / 1e6:.1f} MB" if stored >= 1e6 else f"{stored / 1e3:.1f} kB"


def _count_lines(counts: Counts, width: int) -> list[Line]:
    classes = [f"{counts.normal} normal", f"{counts.anomalous} anomalous"]
    classes += [f"{counts.unlabelled} unlabelled"] * bool(counts.unlabelled)
    texts = [f"{counted(counts.images, 'image')}: {', '.join(classes)}"]
    for noun, found in (("category", counts.categories), ("defect type", counts.defect_types)):
        if found:
            texts.append(f"{counted(len(found), noun)}: {_tally(found)}")
    if len(counts.sizes) == 1:
        texts.append(f"size {next(iter(counts.sizes))}")
    elif counts.sizes:
        texts.append(f"{counted(len(counts.sizes), 'size')}: {_tally(counts.sizes)}")
    return [line for text in texts for line in hanging(("", ""), text, width, "")]


def _finding_lines(findings: Sequence[Finding], width: int) -> list[Line]:
    lines: list[Line] = []
    for finding in findings:
        place = f"{clean_name(finding.file)}: " if finding.file else ""
        lines += hanging(_SIGNS[finding.severity], place + clean_name(finding.message), width, "")
        if finding.count is not None:
            places = f": {_some(finding.places, finding.count, '; ')}" if finding.places else ""
            images = f"{counted(finding.count, 'image')}{places}"
            lines += hanging((_INDENT, ""), images, width, QUIET)
        if finding.remedy:
            lines += hanging((f"{_INDENT}→ ", ""), clean_name(finding.remedy), width, "")
    return lines or [[("nothing found", "")]]


def _level_lines(inspection: Inspection, width: int) -> list[Line]:
    rows: list[list[Piece]] = []
    fields = [{field.field for field in file.fields} for file in inspection.files]
    common = set.intersection(*fields) if fields else set()
    for level in inspection.levels:
        verdict = ("yes", "bold green") if level.possible else ("no", "bold red")
        reasons = "; ".join(clean_name(reason) for reason in level.reasons)
        text = _metrics_of(level, common) if level.possible else reasons
        rows.append([(f"{level.name} level", ""), verdict, (text, "")])
    return listed(rows, width)


def _metrics_of(level: Level, fields: Container[str]) -> str:
    """What can be asked of files that have these fields."""
    families = [
        family
        for family in METRICS.values()
        if level.name in family.levels and all(name in fields for name in family.needed_fields)
    ]
    fitted = {f.name for f in families if f(level=level.name).needs_fit}
    free = ", ".join(f.name for f in families if f.name not in fitted)
    return f"{free}; with a fit also {', '.join(f.name for f in families if f.name in fitted)}"


def _some(names: Sequence[str], total: int | None = None, separator: str = ", ") -> str:
    """The first names, and how many more there are."""
    shown = [shortened(clean_name(name), _NAME_SHOWN) for name in names[:_SHOWN]]
    more = (len(names) if total is None else total) - len(shown)
    return separator.join([*shown, *[f"{count_text(more)} more"] * (more > 0)])


def _tally(counts: Mapping[str, int]) -> str:
    return _some([f"{name} ({count_text(count)})" for name, count in counts.items()])
