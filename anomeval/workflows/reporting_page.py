"""report: everything a page shows, gathered in streaming passes over the images."""

import os
from pathlib import Path

from anomeval.atomic import write_text
from anomeval.errors import CannotJudgeError, UsageError
from anomeval.evidence.curves import DRAWN
from anomeval.judging.post_processor import Fit
from anomeval.metrics.selection import Metrics
from anomeval.predictions.paths import typed_paths
from anomeval.predictions.progress import Progress
from anomeval.reporting.page.model import AgainstBaseline, PageData
from anomeval.reporting.page.rendering import page_html
from anomeval.reporting.result import Result
from anomeval.workflows.comparing import compare
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.reporting_gallery import (
    GALLERY,
    GalleryRequest,
    Photographs,
    colour_scale,
    gather_gallery,
)
from anomeval.workflows.reporting_parts import (
    Files,
    Reading,
    findings_of,
    read_split,
    regions_of,
    spreads_of,
)
from anomeval.workflows.scoring import score


def report(
    files: Files,
    output: str | Path,
    *,
    fit: Fit | str | Path | None = None,
    baseline: Result | str | Path | None = None,
    validation: Files = (),
    images: str | Path | None = None,
    pictures: int = GALLERY,
    title: str | None = None,
    metrics: Metrics = (),
    allow_overlap: bool = False,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> PageData:
    """Write a report on a test split: one HTML file that holds everything it shows.

    Args: as for `gather`, and
        output: the file to write; it appears whole or not at all.

    Raises: as `gather`.
    """
    data = gather(
        files,
        fit=fit,
        baseline=baseline,
        validation=validation,
        images=images,
        pictures=pictures,
        title=title,
        metrics=metrics,
        allow_overlap=allow_overlap,
        reading=reading,
        progress=progress,
    )
    write_text(output, page_html(data))
    return data


def gather(
    files: Files,
    *,
    fit: Fit | str | Path | None = None,
    baseline: Result | str | Path | None = None,
    baseline_name: str = "the baseline",
    validation: Files = (),
    images: str | Path | None = None,
    pictures: int = GALLERY,
    title: str | None = None,
    metrics: Metrics = (),
    allow_overlap: bool = False,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> PageData:
    """What a report on a test split shows.

    Args:
        files: prediction files, directories or globs; together they are the split.
        fit: what a validation split fitted, or its path; without it there are no decisions.
        baseline: a result to set this one against, or its path. baseline_name: what it is called.
        validation: prediction files of the split that was fitted on, for its histograms.
        images: the folder that every `image_path` is relative to; None = maps stand alone.
        pictures: how many false alarms, and how many misses, the gallery shows at most.
        title: of the page. metrics: texts; default: what the data supports.
        allow_overlap: go on although the fit has seen images of this split.
        reading: how files are read.
        progress: told after each image of the long pass.

    Raises:
        UsageError: options that cannot be, or a folder of images that is none.
        InvalidInputError: unreadable or unsound files.
        CannotJudgeError: the fit has seen images of this split.
    """
    reading, files = reading or Reading(), typed_paths(files)
    root = _checked_root(images)
    evaluation = _evaluation(files, fit, metrics, allow_overlap, reading, progress)
    judges = {name or "": evaluation.judge(name) for name in evaluation.categories}
    found, arrays = evaluation.images(), evaluation.curves(DRAWN)
    before = findings_of(read_split(validation, reading).collection) if validation else {}
    spreads = list(spreads_of(evaluation, before))
    photographs = None if root is None else Photographs(root, found)
    request = GalleryRequest(found, judges, photographs, colour_scale(spreads), pictures)
    return PageData(
        title=title or _title(files),
        result=evaluation.result,
        curves=arrays,
        bands=evaluation.bands(arrays),
        judges=judges,
        spreads=spreads,
        images=found,
        regions=list(regions_of(evaluation, found)),
        gallery=gather_gallery(files, request, reading),
        baseline=_against(baseline, baseline_name, evaluation.result),
    )


def _evaluation(
    files: Files,
    fit: Fit | str | Path | None,
    metrics: Metrics,
    allow_overlap: bool,
    reading: Reading,
    progress: Progress | None,
) -> Evaluation:
    with reading.open(files) as predictions:
        has_categories = "category" in predictions.fields
        several = len({entry.category for entry in predictions.entries}) > 1
    return score(
        files,
        fit=fit,
        metrics=metrics,
        by="category" if has_categories and several and not reading.pool else None,
        pool=reading.pool,
        field=reading.field,
        truth=reading.truth,
        layout=reading.layout,
        max_image_pixels=reading.max_image_pixels,
        isolated=reading.isolated,
        resize=reading.resize,
        mask_above=reading.mask_above,
        ignore_value=reading.ignore_value,
        empty_masks=reading.empty_masks,
        nan=reading.nan,
        allow_overlap=allow_overlap,
        jobs=reading.jobs,
        progress=progress,
    )


def _against(
    baseline: Result | str | Path | None, name: str, result: Result
) -> AgainstBaseline | None:
    if baseline is None:
        return None
    try:
        return AgainstBaseline(name, compare([baseline, result], [name, "this result"]))
    except CannotJudgeError as error:
        return AgainstBaseline(name, refusals=[str(problem) for problem in error.problems])


def _checked_root(images: str | Path | None) -> Path | None:
    if images is None:
        return None
    root = Path(os.path.abspath(images))
    if not root.is_dir():
        raise UsageError(f"--images {images}: is not a folder")
    return root


def _title(files: Files) -> str:
    first = Path(str(files[0]))
    name = "/".join(part for part in (first.parent.name, first.stem) if part)
    return name if len(files) == 1 else f"{name} and {len(files) - 1} more"
