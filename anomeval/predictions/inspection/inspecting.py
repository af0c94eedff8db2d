"""The way of an inspection: headers, then one pass over the pixels, then what follows from it."""

from collections.abc import Iterable, Mapping, Sequence

from anomeval.errors import InvalidInputError
from anomeval.predictions.fields import check_overrides
from anomeval.predictions.inspection.headers import file_report, header_findings, problem_finding
from anomeval.predictions.inspection.levels import levels
from anomeval.predictions.inspection.look import Look, look_at
from anomeval.predictions.inspection.predicted import map_findings, score_findings
from anomeval.predictions.inspection.report import FileReport, Finding, Inspection
from anomeval.predictions.inspection.truth import counts, truth_findings
from anomeval.predictions.opening import NO_OVERRIDES, with_position_names
from anomeval.predictions.paths import PathLike, matched
from anomeval.predictions.prediction_set import duplicate_problems
from anomeval.predictions.record import PredictionFile
from anomeval.predictions.stored import StoredPredictions, examine

_ORDER = ("error", "warning", "note")


def inspect_predictions(
    paths: Sequence[PathLike] | PathLike, *, fields: Mapping[str, str] = NO_OVERRIDES
) -> Inspection:
    """Look through files, patterns and directories, image by image, and tell everything at once.

    What is wrong with a file becomes a finding; the other files are inspected all the same.

    Args:
        paths: as for `open_predictions`.
        fields: as for `open_predictions`.

    Raises:
        UsageError: `fields` has an unknown field, or no path is given.
    """
    check_overrides(fields)
    files, problems = matched(paths)
    findings = [problem_finding("invalid_file", problem) for problem in problems]
    reports: list[FileReport] = []
    sound: list[StoredPredictions] = []
    for path in files:
        try:
            examined = examine(path, fields)
        except InvalidInputError as error:
            reports.append(FileReport(path, None, None, None))
            findings += [problem_finding("invalid_file", problem) for problem in error.problems]
            continue
        reports.append(file_report(examined))
        findings += header_findings(examined)
        if not examined.problems:
            sound.append(StoredPredictions(examined))
    looks = _looks(with_position_names(sound), findings)
    for about_looks in (truth_findings, score_findings, map_findings):
        findings += about_looks(looks)
    findings.sort(key=lambda finding: _ORDER.index(finding.severity))
    return Inspection(tuple(reports), counts(looks), tuple(findings), levels(looks, findings))


def _looks(files: Iterable[PredictionFile], findings: list[Finding]) -> list[Look]:
    """Go through all images once. A file that turns out damaged is left at that point."""
    looks: list[Look] = []
    entries = [entry for file in files for entry in file.entries]
    findings += [
        problem_finding("duplicate_image", problem) for problem in duplicate_problems(entries)
    ]
    for file in files:
        try:
            looks += map(look_at, file.images())
        except InvalidInputError as error:
            findings += [problem_finding("unreadable", problem) for problem in error.problems]
    return looks
