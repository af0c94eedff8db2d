"""Converting to a folder of maps, which appears whole or not at all."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem
from anomeval.judging.post_processor import Fit
from anomeval.predictions.layouts.mvtec_writing import MvtecSink
from anomeval.predictions.layouts.submission import SubmissionSink, submission_problems
from anomeval.predictions.layouts.tree_writing import NewFolder
from anomeval.predictions.masks import MaskReader
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import Image, ImageEntry
from anomeval.reporting.result import Caution
from anomeval.workflows.delivering import image_problem

_NOT_IN_FOLDERS = ("pred_score", "gt_saturation", "group_id")


class _FolderTarget(ABC):
    """A folder of maps, written under a temporary name. Its kinds tell how images become files."""

    keeps_names = True

    def __init__(self, output: Path, predictions: PredictionSet) -> None:
        """Look through the headers.

        Raises:
            InvalidInputError: there are no maps.
        """
        if lacking := predictions.files_without("anomaly_map"):
            what = "has no anomaly maps, and a folder of maps holds nothing else"
            raise InvalidInputError(Problem(what, ", ".join(lacking)))
        lost = [field for field in _NOT_IN_FOLDERS if field in predictions.fields]
        message = f"{' and '.join(lost)} left out: this layout has no place for it"
        self.output = output
        self.cautions: Sequence[Caution] = [Caution("field_left_out", message)] if lost else []
        self._predictions = predictions
        self._folder: NewFolder
        self._sink: MvtecSink | SubmissionSink

    def __enter__(self) -> Self:
        self._folder = NewFolder(self.output)
        try:
            self._folder.create()
            self._sink = self._new_sink(self._folder.path)
        except BaseException:
            self._folder.discard()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.discard()

    def append(self, image: Image) -> Image:
        """Write the files of an image; returns what must be read back."""
        has_mask = "gt_mask" in self._predictions.fields
        with self._folder.writing():
            return self._sink.append(image if has_mask else replace(image, gt_mask=None))

    def finish(self) -> tuple[Path, str | None]:
        """Complete the folder; returns its temporary name, and its layout."""
        with self._folder.writing():
            self._sink.finish()
        return self._folder.path, self._sink.layout

    def commit(self) -> None:
        """Put the folder in its place."""
        self._folder.commit()

    @abstractmethod
    def _new_sink(self, root: Path) -> MvtecSink | SubmissionSink:
        """What writes the files of images into the empty folder `root`."""


class MvtecTarget(_FolderTarget):
    """The tree of MVTec AD, with maps and masks, which have two levels there.

    masks: tells of images without a label whether they are anomalous.
    """

    def __init__(self, output: Path, predictions: PredictionSet, masks: MaskReader) -> None:
        super().__init__(output, predictions)
        self._masks = masks

    def _new_sink(self, root: Path) -> MvtecSink:
        return MvtecSink(root, self._labelled())

    def _labelled(self) -> Sequence[ImageEntry]:
        """The entries with labels; where there are none, masks tell, which takes a pass."""
        entries = self._predictions.entries
        if all(entry.label is not None for entry in entries):
            return entries
        if "gt_mask" not in self._predictions.fields:
            raise InvalidInputError(
                [
                    image_problem(entry, "gt_label", "is missing", "add gt_label or gt_mask")
                    for entry in entries
                    if entry.label is None
                ]
            )
        return [
            image.entry
            if image.entry.label is not None
            else replace(image.entry, label=self._is_marked(image))
            for image in self._predictions
        ]

    def _is_marked(self, image: Image) -> bool:
        read = self._masks.read(image)
        return read is not None and bool(read.anomalous.any())


class SubmissionTarget(_FolderTarget):
    """A submission to the server of MVTec AD 2."""

    def __init__(
        self,
        output: Path,
        predictions: PredictionSet,
        fit: Fit | None,
        counts: Mapping[str, int] | None,
    ) -> None:
        super().__init__(output, predictions)
        self._fit, self._counts = fit, counts

    def finish(self) -> tuple[Path, str | None]:
        """Complete the folder, and check it as the server will.

        Raises:
            InvalidInputError: with everything that the server would refuse.
        """
        if problems := submission_problems(self._folder.path, self._counts):
            named = [replace(problem, file=str(self.output)) for problem in problems]
            raise InvalidInputError(named)
        return super().finish()

    def _new_sink(self, root: Path) -> SubmissionSink:
        decide = self._decide if self._fit else None
        return SubmissionSink(root, self._predictions.entries, decide)

    def _decide(self, category: str, scores: NDArray[Any]) -> NDArray[np.bool_]:
        judge = self._fit.for_category(category) if self._fit else None
        if judge is None or judge.pixel is None:
            what = f"has no threshold of pixels for {category!r}"
            raise InvalidInputError(Problem(what, "--fit", remedy="fit it on files with maps"))
        return judge.pixel.scale.is_anomalous(scores)
