"""The way of an inspection: headers, then one pass over the pixels, then what follows from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.faults import gathered
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.inspection.foreign import foreign_report
from anomeval.predictions.inspection.headers import file_report, header_findings, problem_finding
from anomeval.predictions.inspection.levels import levels
from anomeval.predictions.inspection.look import Look, look_at
from anomeval.predictions.inspection.predicted import map_findings, score_findings
from anomeval.predictions.inspection.report import FileReport, Finding, Inspection
from anomeval.predictions.inspection.truth import counts, truth_findings
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.layouts.with_truth import WithTruth, shared_problems
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
from anomeval.predictions.passing import whatever_is_readable
from anomeval.predictions.paths import PathLike
from anomeval.predictions.prediction_set import duplicate_problems
from anomeval.predictions.progress import Pace, Progress
from anomeval.predictions.record import Image, PredictionFile
from anomeval.predictions.remaining import RemainingPredictions
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
    mask_above: float | None = None,
    ignore_value: IgnoreValue = None,
    progress: Progress | None = None,
) -> Inspection:
    """Look through files, patterns and directories, image by image, and tell everything at once.

    What is wrong with a file becomes a finding; the other files are inspected all the same.

    Args:
        paths, fields, truth, layout, max_image_pixels, isolated: as for `open_predictions`.
        mask_above, ignore_value: as for `anomeval.score`.
        progress: told after each image.

    Raises:
        UsageError: `fields` has an unknown field, the layout is unknown, or no path is given.
    """
    reading = Reading(fields, truth, layout, max_image_pixels, isolated=isolated)
    check_reading(reading)
    look = partial(look_at, above=mask_above, ignored=asked_values(ignore_value))
    return _Inspecting(reading, look, progress).result(paths)


class _Inspecting:
    """The steps of an inspection, with what they find on the way."""

    def __init__(
        self, reading: Reading, look_at: Callable[[Image], Look], progress: Progress | None
    ) -> None:
        self._reading = reading
        self._look_at = look_at
        self._looking_on = replace(reading, skip_bad=True)  # where truth is missing of some images
        self._progress = progress
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
                return open_other(path, self._looking_on)
            if not isinstance(header, Examination):
                raise InvalidInputError(header)
        except InvalidInputError as error:
            self._tell("invalid_file", error.problems)
            return None
        self._findings += header_findings(header)
        large = list(oversized(header, self._reading.max_image_pixels))
        self._tell("invalid_file", large)
        if large or (header.problems and not header.entries):
            return None
        return StoredPredictions(replace(header, problems=()))

    def _with_truth(self, files: Iterable[PredictionFile]) -> list[PredictionFile]:
        """The files with what is true of their images; without it where it fits none of them."""
        told: list[PredictionFile] = []
        for file in files:
            try:
                told.append(told_by_truth(file, self._looking_on))
            except InvalidInputError as error:
                self._tell("invalid_truth", error.problems)
                told.append(file)
        self._tell("invalid_truth", shared_problems(told))
        return [self._known(file) for file in told]

    def _known(self, file: PredictionFile) -> PredictionFile:
        """The images of a file of which the truth is known; of the others it is told why not."""
        if not isinstance(file, WithTruth) or not file.skipped:
            return file
        self._tell("invalid_truth", gathered(file.skipped))
        unknown = {problem.index for problem in file.skipped}
        return RemainingPredictions(file, unknown)

    def _looks(self, files: Sequence[PredictionFile]) -> list[Look]:
        """Go through all images once; those that cannot be read are told and passed over."""
        looks: list[Look] = []
        entries = [entry for file in files for entry in file.entries]
        self._tell("duplicate_image", duplicate_problems(entries))
        pace = Pace(entries, self._progress)
        for file in files:
            unreadable: list[Problem] = []
            for position, read in whatever_is_readable(file, 0, len(file.entries)):
                if isinstance(read, Image):
                    looks.append(self._look_at(read))
                else:
                    unreadable += read.problems
                pace.take(file.entries[position])
            self._tell("unreadable", gathered(unreadable))
        return looks

    def _report(
        self, path: str, header: Header | None, file: PredictionFile | None, looks: Sequence[Look]
    ) -> FileReport:
        if isinstance(header, Examination):
            return file_report(header)
        if header is None and file is not None:
            return foreign_report(file, self._reading, looks)
        return FileReport(path, None, None, None)
