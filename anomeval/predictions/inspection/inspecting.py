"""The way of an inspection: headers, then one pass over the pixels, then what follows from it."""

from collections.abc import Iterable, Mapping, Sequence

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.inspection.foreign import foreign_report
from anomeval.predictions.inspection.headers import file_report, header_findings, problem_finding
from anomeval.predictions.inspection.levels import levels
from anomeval.predictions.inspection.look import Look, look_at
from anomeval.predictions.inspection.predicted import map_findings, score_findings
from anomeval.predictions.inspection.report import FileReport, Finding, Inspection
from anomeval.predictions.inspection.truth import counts, truth_findings
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.opening import (
    NO_OVERRIDES,
    check_reading,
    is_native,
    look_through,
    meant,
    oversized,
    told_by_truth,
    with_position_names,
)
from anomeval.predictions.opening import Look as Header
from anomeval.predictions.opening import other as open_other
from anomeval.predictions.paths import PathLike
from anomeval.predictions.prediction_set import duplicate_problems
from anomeval.predictions.record import PredictionFile
from anomeval.predictions.stored import Examination, StoredPredictions

_ORDER = ("error", "warning", "note")


def inspect_predictions(
    paths: Sequence[PathLike] | PathLike,
    *,
    fields: Mapping[str, str] = NO_OVERRIDES,
    truth: PathLike | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    isolated: bool = False,
) -> Inspection:
    """Look through files, patterns and directories, image by image, and tell everything at once.

    What is wrong with a file becomes a finding; the other files are inspected all the same.

    Args: as for `open_predictions`.

    Raises:
        UsageError: `fields` has an unknown field, the layout is unknown, or no path is given.
    """
    reading = Reading(fields, truth, layout, max_image_pixels, isolated=isolated)
    check_reading(reading)
    return _Inspecting(reading).result(paths)


class _Inspecting:
    """The steps of an inspection, with what they find on the way."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._findings: list[Finding] = []

    def result(self, paths: Sequence[PathLike] | PathLike) -> Inspection:
        found, problems = meant(paths, self._reading)
        self._tell("invalid_file", problems)
        native = [path for path in found if is_native(path, self._reading)]
        headers = look_through(native, self._reading)
        files = {path: file for path in found if (file := self._opened(path, headers.get(path)))}
        looks = self._looks(self._with_truth(with_position_names(list(files.values()))))
        for about_looks in (truth_findings, score_findings, map_findings):
            self._findings += about_looks(looks)
        self._findings.sort(key=lambda finding: _ORDER.index(finding.severity))
        reports = [self._report(path, headers.get(path), files.get(path), looks) for path in found]
        findings = tuple(self._findings)
        return Inspection(tuple(reports), counts(looks), findings, levels(looks, findings))

    def _tell(self, code: str, problems: Iterable[Problem]) -> None:
        self._findings += [problem_finding(code, problem) for problem in problems]

    def _opened(self, path: str, header: Header | None) -> PredictionFile | None:
        """What can be gone through image by image; None where there is nothing of that kind."""
        try:
            if header is None:
                return open_other(path, self._reading)
            if not isinstance(header, Examination):
                raise InvalidInputError(header)
        except InvalidInputError as error:
            self._tell("invalid_file", error.problems)
            return None
        self._findings += header_findings(header)
        large = list(oversized(header, self._reading.max_image_pixels))
        self._tell("invalid_file", large)
        return None if header.problems or large else StoredPredictions(header)

    def _with_truth(self, files: Iterable[PredictionFile]) -> list[PredictionFile]:
        """The files with what is true of their images; without it where it does not fit."""
        told: list[PredictionFile] = []
        for file in files:
            try:
                told.append(told_by_truth(file, self._reading))
            except InvalidInputError as error:
                self._tell("invalid_truth", error.problems)
                told.append(file)
        return told

    def _looks(self, files: Sequence[PredictionFile]) -> list[Look]:
        """Go through all images once. A file that turns out damaged is left at that point."""
        looks: list[Look] = []
        entries = [entry for file in files for entry in file.entries]
        self._tell("duplicate_image", duplicate_problems(entries))
        for file in files:
            try:
                looks += map(look_at, file.images())
            except InvalidInputError as error:
                self._tell("unreadable", error.problems)
        return looks

    def _report(
        self, path: str, header: Header | None, file: PredictionFile | None, looks: Sequence[Look]
    ) -> FileReport:
        if isinstance(header, Examination):
            return file_report(header)
        if header is None and file is not None:
            return foreign_report(file, self._reading, looks)
        return FileReport(path, None, None, None)
