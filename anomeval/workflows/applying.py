"""apply: raw predictions become normalized ones with decisions, image by image."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.judging.batch import RawBatch
from anomeval.judging.judges import LEVELS, Judges, Level
from anomeval.judging.mebin import PeakRange
from anomeval.judging.post_processor import Fit, PostProcessor
from anomeval.judging.tally import LevelSummary, Tally
from anomeval.predictions.faults import gathered
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.masks import MaskReader, ReadMask, counted_scores
from anomeval.predictions.opening import opened
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.progress import Pace, Progress
from anomeval.predictions.record import Image
from anomeval.predictions.writer import Writer
from anomeval.reporting.fit_file import read_fit
from anomeval.reporting.result import Caution
from anomeval.version import __version__
from anomeval.workflows.cautions import counted, fit_cautions, observed_cautions
from anomeval.workflows.delivering import (
    NORMALIZED,
    Compression,
    Keepsakes,
    MapType,
    Storage,
    check_paths,
    image_problem,
)

SCHEMA = "anomeval.applied/1"


@dataclass(frozen=True)
class Applied:
    """What `apply` has written.

    fit: digest of the fit; None where another post-processor served.
    image, pixel: None where there was nothing of that level to judge.
    """

    output: str
    fit: str | None
    images: int
    image: LevelSummary | None
    pixel: LevelSummary | None
    cautions: Sequence[Caution]

    def as_dict(self) -> dict[str, object]:
        """The same as a JSON document."""
        return {"schema": SCHEMA, "anomeval_version": __version__, **asdict(self)}


def apply(
    files: Sequence[str | Path],
    fit: Fit | PostProcessor | str | Path,
    output: str | Path,
    *,
    match: bool = False,
    mebin: bool = False,
    map_dtype: MapType | None = None,
    compression: Compression | None = None,
    field: Mapping[str, str] | None = None,
    truth: str | Path | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    isolated: bool = False,
    mask_above: float | None = None,
    ignore_value: IgnoreValue = None,
    progress: Progress | None = None,
) -> Applied:
    """Write normalized scores and maps, labels and masks of raw predictions.

    What else is known of the images is written along. The file is marked with
    `score_space = "normalized"`: it is for display and delivery, metrics belong to raw scores.

    Args:
        files: prediction files, directories or globs; together they are one data set.
        fit: what a validation split fitted, its path, or another post-processor, which then serves
            for the images of all categories.
        output: the file to write, .h5, .hdf5 or .npz; it appears whole or not at all.
        match: let a level that was not fitted take over the fit of the other.
        mebin: masks by MEBin, over all images of a category, instead of the pixel threshold.
        map_dtype: type of the stored maps. Default: float64 where the input has it, else float32.
        compression: of the stored maps and masks. Default: as in the input.
        field: canonical field -> the name it has in the files.
        truth, layout, max_image_pixels, isolated: how they are opened, see `open_predictions`.
        mask_above: mask values above this are anomalous. Default: masks stay as they are.
        ignore_value: mask values of pixels that count nowhere: no image score is derived from them.
        progress: told after each image; with `mebin` there are two passes.

    Raises:
        UsageError: options or a fit that do not suit the data; an output that cannot be written.
        InvalidInputError: unreadable or unsound files.
    """
    if isinstance(fit, str | Path):
        fit = read_fit(fit)
    reading = Reading(field or {}, truth, layout, max_image_pixels, isolated=isolated)
    with opened(files, reading) as predictions:
        check_paths(predictions, Path(output))
        categories = {entry.category for entry in predictions.entries}
        has_maps = "anomaly_map" in predictions.fields
        judges = Judges.of(fit, categories, has_maps=has_maps, match=match)
        ignored = asked_values(ignore_value)
        keepsakes = Keepsakes.of(predictions, mask_above, ignored)
        storage = Storage.like(predictions, map_dtype, compression)
        writer = Writer(
            output,
            compression=storage.compression,
            mixed_sizes=storage.mixed_sizes,
            attributes=NORMALIZED | ({"fit": judges.digest} if judges.digest else {}),
            ignore_value=keepsakes.stored_ignored,
        )
        with writer:
            pace = Pace(predictions.entries, progress, passes=2 if mebin else 1)
            if mebin:
                judges = judges.with_mebin(_peak_ranges(predictions, pace))
            masks = MaskReader(mask_above, ignored)
            application = _Application(writer, judges, keepsakes, masks, storage.map_type)
            _for_each(predictions, application.take, pace)
            if problems := masks.problems():
                raise InvalidInputError(problems)
        return application.result(predictions, fit if isinstance(fit, Fit) else None)


class _Application:
    """Takes image after image, and sums up what became of them."""

    def __init__(
        self,
        writer: Writer,
        judges: Judges,
        keepsakes: Keepsakes,
        masks: MaskReader,
        map_type: np.dtype[Any],
    ) -> None:
        self._writer = writer
        self._judges = judges
        self._keepsakes = keepsakes
        self._masks = masks
        self._map_type = map_type
        self._tallies: dict[Level, Tally] = {level: Tally() for level in LEVELS}
        self._observations: Counter[str] = Counter()
        self._unlike_maps = 0

    def take(self, image: Image) -> None:
        """Judge one image and write it."""
        raw = _raw_batch(image, self._masks.read(image))
        judged = self._judges.post_process(image.entry.category, raw)
        maps = judged.anomaly_map
        stored = None if maps is None else maps.astype(self._map_type)
        self._writer.add(
            anomaly_map=stored,
            pred_mask=judged.pred_mask,
            pred_score=judged.pred_score,
            pred_label=judged.pred_label,
            **self._keepsakes.of_image(image),
        )
        self._count("image", image, raw.image_scores, judged.pred_score, judged.pred_label)
        if raw.anomaly_map is not None:
            self._count("pixel", image, raw.anomaly_map, stored, judged.pred_mask)
        self._observe(image)

    def result(self, predictions: PredictionSet, fit: Fit | None) -> Applied:
        """What was written, and what to know about it."""
        levels = {level: tally.summary() for level, tally in self._tallies.items()}
        cautions = [
            *observed_cautions(self._observations),
            *fit_cautions(self._judges.processors, fit),
            *self._level_cautions(levels),
            *self._keepsakes.cautions,
        ]
        output, digest = str(self._writer.path), self._judges.digest
        return Applied(output, digest, len(predictions), **levels, cautions=cautions)

    def _count(
        self,
        level: Level,
        image: Image,
        raw: NDArray[Any],
        stored: NDArray[Any] | None,
        decided: NDArray[np.bool_] | None,
    ) -> None:
        if stored is not None or decided is not None:
            scale = self._judges.scale(level, image.entry.category)
            self._tallies[level].take(raw, stored, decided, scale)

    def _observe(self, image: Image) -> None:
        if image.entry.score is None:
            self._observations["score_from_map"] += 1
        elif self._judges.lent and image.anomaly_map is not None:
            self._unlike_maps += bool(image.entry.score != image.anomaly_map.max())

    def _level_cautions(self, levels: Mapping[Level, LevelSummary | None]) -> Iterator[Caution]:
        if self._judges.lent and levels[self._judges.lent]:
            message = f"the {self._judges.lent} level uses the fit of the other level"
            if self._unlike_maps:
                message += (
                    f", but {counted(self._unlike_maps, 'image')} have a score that is not the "
                    "maximum of the map: the two levels may differ in scale"
                )
            yield Caution("thresholds_matched", message)
        for level, summary in levels.items():
            if self._judges.lacks(level):
                message = f"no {level} level was fitted, so its normalized scores are not written"
                yield Caution("level_not_fitted", message)
            if summary is not None:
                yield from _tie_cautions(level, summary)


def _tie_cautions(level: Level, summary: LevelSummary) -> Iterator[Caution]:
    clamped = summary.clamped_low + summary.clamped_high
    lost = (summary.distinct or 0) - (summary.distinct_stored or 0)
    if lost or (clamped and summary.distinct is None):
        message = (
            f"{level} level: {clamped:,} of {summary.values:,} scores lie at the ends of the scale "
            f"and {lost:,} different ones became equal to another: rank raw scores, not these"
        )
        yield Caution("scores_tied", message)


def _peak_ranges(predictions: PredictionSet, pace: Pace) -> dict[str | None, PeakRange]:
    """The range of the maps of each category."""
    if lacking := predictions.files_without("anomaly_map"):
        raise UsageError(f"MEBin needs an anomaly_map of every image: {', '.join(lacking)}")
    ranges: dict[str | None, PeakRange] = {}

    def widen(image: Image) -> None:
        assert image.anomaly_map is not None
        peaks = PeakRange.of(image.anomaly_map)
        if not all(map(isfinite, peaks)):
            remedy = "MEBin needs finite scores: mend the model's output"
            raise InvalidInputError(
                image_problem(image.entry, "anomaly_map", "holds infinite scores", remedy)
            )
        category = image.entry.category
        ranges[category] = ranges.get(category, PeakRange()).merged(peaks)

    _for_each(predictions, widen, pace)
    return ranges


def _for_each(predictions: PredictionSet, work: Callable[[Image], None], pace: Pace) -> None:
    """Do something with every image that is free of NaN.

    Raises:
        InvalidInputError: with the problems of all images.
    """
    problems: list[Problem] = []
    for image in predictions:
        try:
            _check(image)
            work(image)
        except InvalidInputError as error:
            problems += error.problems
        pace.take(image.entry)
    if problems:
        raise InvalidInputError(gathered(problems))


def _check(image: Image) -> None:
    """NaN can neither be normalized nor decided upon."""
    missing = {
        "pred_score": image.entry.score is not None and isnan(image.entry.score),
        "anomaly_map": image.anomaly_map is not None and np.isnan(image.anomaly_map).any(),
    }
    remedy = "mend the model's output: NaN is neither normal nor anomalous"
    problems = [image_problem(image.entry, f, "holds NaN", remedy) for f in missing if missing[f]]
    if problems:
        raise InvalidInputError(problems)


def _raw_batch(image: Image, mask: ReadMask | None) -> RawBatch:
    """The image as post-processors take it, with the score that `score` derives from its map.

    Raises:
        InvalidInputError: there is no score, and no pixel that one could be derived from.
    """
    score, anomaly_map = image.entry.score, image.anomaly_map
    scores = None if score is None else np.array([score])
    if scores is None and anomaly_map is not None and mask is not None and mask.void is not None:
        counted = counted_scores(anomaly_map, mask.void)
        if not counted.size:
            what = "is ignored in every pixel, so no image score can be derived from the map"
            remedy = "add pred_score, or leave the image out"
            raise InvalidInputError(image_problem(image.entry, "gt_mask", what, remedy))
        scores = np.array([counted.max()])
    return RawBatch(scores, None if anomaly_map is None else anomaly_map[np.newaxis])
