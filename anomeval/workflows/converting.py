"""convert: from any layout to any other, checked by reading back what was written."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xxhash
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.judging.post_processor import Fit
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE, Unfit
from anomeval.predictions.masks import MaskReader
from anomeval.predictions.opening import opened
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.progress import Pace, Progress
from anomeval.predictions.record import Image
from anomeval.reporting.result import Caution
from anomeval.workflows.conversion_target import Target
from anomeval.workflows.converting_to_file import FileTarget, MixedSizes
from anomeval.workflows.converting_to_folder import MvtecTarget, SubmissionTarget
from anomeval.workflows.delivering import Keepsakes, binarized, bytes_of, image_problem

SCHEMA = "anomeval.converted/1"

LayoutTo = Literal["h5", "npz", "mvtec", "mvtec2-submission"]
MapType = Literal["float16", "float32", "float64"]

SUBMISSION = "mvtec2-submission"

_FOLDERS = ("mvtec", SUBMISSION)
_SUFFIXES = {".h5": "h5", ".hdf5": "h5", ".npz": "npz"}


@dataclass(frozen=True)
class Conversion:
    """How files are to be converted.

    layout_to: None = as the suffix of the output says.
    mask_above: mask values above this become anomalous; None = masks are kept as they are.
    ignore_value: mask values of pixels that count nowhere; the output says so.
    map_dtype: type of the stored maps; None = as they are, or as the layout wants them.
    compress: for HDF5 and NPZ.
    fit: makes the thresholded masks of a submission.
    counts: object → images of each split of a submission.
    """

    layout_to: LayoutTo | None = None
    mask_above: float | None = None
    map_dtype: MapType | None = None
    compress: bool = True
    fit: Fit | None = None
    counts: Mapping[str, int] | None = None
    ignore_value: IgnoreValue = None


@dataclass(frozen=True)
class Converted:
    """What `convert` has written, and found to be what it read."""

    output: str
    layout: str
    images: int
    digest: str
    cautions: Sequence[Caution]

    def as_dict(self) -> dict[str, object]:
        """The same as a JSON document."""
        return {"schema": SCHEMA, **asdict(self)}


def convert(
    files: Sequence[str | Path],
    output: str | Path,
    how: Conversion | None = None,
    *,
    field: Mapping[str, str] | None = None,
    truth: str | Path | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    allow_pickle: bool = False,
    isolated: bool = False,
    progress: Progress | None = None,
) -> Converted:
    """Write predictions in another layout, whole or not at all.

    Args:
        files: prediction files, directories or globs; together they are one data set.
        output: the file or folder to write. A file is replaced, a folder must be new.
        how: what to write.
        field, truth, layout, max_image_pixels, isolated: how files are read, see
            `open_predictions`.
        allow_pickle: read the pickles of ADEval, too; no code in them is run.
        progress: told after each image.

    Raises:
        UsageError: options that do not fit together; an output that cannot be written.
        InvalidInputError: unreadable or unsound files; images that the layout cannot hold; what
            was written is not what was read.
    """
    how = _settled(how or Conversion(), Path(output))
    reading = Reading(field or {}, truth, layout, max_image_pixels, allow_pickle, isolated)
    with opened(files, reading) as predictions:
        _check_output(predictions, Path(output))
        for mixed_sizes in (False, True):
            target = _target(predictions, how, Path(output), mixed_sizes=mixed_sizes)
            with suppress(MixedSizes):
                return _converted(predictions, target, how, progress)
    raise AssertionError("samples may be of any size")


def _settled(how: Conversion, output: Path) -> Conversion:
    """The conversion with its layout, which the suffix tells where nothing else does."""
    by_suffix: Any = _SUFFIXES.get(output.suffix.lower())
    wanted = how.layout_to or by_suffix
    problems = []
    if wanted is None:
        remedy = "call the output .h5 or .npz, or say --layout-to mvtec"
        problems.append(Problem("tells no layout by its suffix", str(output), remedy=remedy))
    elif wanted not in _FOLDERS and wanted != by_suffix:
        problems.append(
            Problem(f"is no name for {wanted}", str(output), remedy=f"end it .{wanted}")
        )
    if (how.fit or how.counts) and wanted != SUBMISSION:
        remedy = "say --layout-to mvtec2-submission, or leave it out"
        problems.append(Problem("--fit and --expect are for submissions", remedy=remedy))
    if problems:
        raise UsageError(problems)
    return replace(how, layout_to=wanted)


def _check_output(predictions: PredictionSet, output: Path) -> None:
    for file in predictions.files:
        if output.exists() and os.path.samefile(output, file.path):
            remedy = "choose another output"
            raise UsageError(Problem("is one of the inputs", str(output), remedy=remedy))


def _target(
    predictions: PredictionSet, how: Conversion, output: Path, *, mixed_sizes: bool
) -> FileTarget | MvtecTarget | SubmissionTarget:
    if how.layout_to == "mvtec":
        return MvtecTarget(output, predictions, _mask_reader(how))
    if how.layout_to == SUBMISSION:
        return SubmissionTarget(output, predictions, how.fit, how.counts)
    ignored = asked_values(how.ignore_value)
    keepsakes = Keepsakes.of(predictions, how.mask_above, ignored)
    return FileTarget(
        output, predictions, keepsakes, compress=how.compress, mixed_sizes=mixed_sizes
    )


def _converted(
    predictions: PredictionSet, target: Target, how: Conversion, progress: Progress | None
) -> Converted:
    """Write image by image, read all back, and only then give the output its name."""
    with target:
        digests, pace, masks = [], Pace(predictions.entries, progress), _mask_reader(how)
        for image in predictions:
            if how.layout_to == "mvtec":
                _check_two_levels(image, masks)
            digests.append(_written(target, _as_asked(image, how)))
            pace.take(image.entry)
        if problems := masks.problems():
            raise InvalidInputError(problems)
        path, layout = target.finish()
        _verify(path, layout, digests, target.keeps_names)
        target.commit()
    return Converted(
        output=str(target.output),
        layout=how.layout_to or "",
        images=len(digests),
        digest=xxhash.xxh3_128_hexdigest("".join(sorted(digests)).encode()),
        cautions=target.cautions,
    )


def _written(target: Target, image: Image) -> str:
    """Write one image; returns the digest of what must be read back."""
    try:
        return _digest(target.append(image), target.keeps_names)
    except Unfit as unfit:
        entry = image.entry
        problem = image_problem(entry, "anomaly_map", unfit.what, unfit.remedy or "")
        raise InvalidInputError(problem) from None


def _mask_reader(how: Conversion) -> MaskReader:
    return MaskReader(how.mask_above, asked_values(how.ignore_value))


def _check_two_levels(image: Image, masks: MaskReader) -> None:
    """Refuse a mask that a layout cannot hold which knows normal and anomalous only.

    Raises:
        InvalidInputError: it is no mask, or ignores pixels.
    """
    read = masks.read(image)
    if read is not None and read.void is not None:
        count = int(np.count_nonzero(read.void))
        what = f"ignores pixels ({count}), for which this layout has no place"
        problem = image_problem(image.entry, "gt_mask", what, "convert to .h5 or .npz")
        raise InvalidInputError(problem)


def _as_asked(image: Image, how: Conversion) -> Image:
    """Maps in the type, and masks by the rule, that the user has asked for."""
    scores, mask = image.anomaly_map, image.gt_mask
    if scores is not None and how.map_dtype:
        with np.errstate(over="ignore"):
            scores, stored = scores.astype(how.map_dtype), scores
        if (np.isinf(scores) & ~np.isinf(stored)).any():
            what = f"has scores that do not fit into {how.map_dtype}"
            remedy = "choose a wider --map-dtype"
            raise InvalidInputError(image_problem(image.entry, "anomaly_map", what, remedy))
    ignored = (*asked_values(how.ignore_value), *image.ignore_values)
    if image.saturation is not None and (ignored or how.mask_above is not None):
        what = "tells defects by its bits, not by a gray value"
        remedy = "leave --mask-above and --ignore-value out"
        raise InvalidInputError(image_problem(image.entry, "gt_mask", what, remedy))
    if mask is not None and how.mask_above is not None:
        mask = binarized(mask, how.mask_above, ignored)
    elif mask is not None and image.saturation is None and ignored:
        mask = bytes_of(image.entry, mask, ignored)
    return replace(image, anomaly_map=scores, gt_mask=mask)


def _verify(path: Path, layout: str | None, digests: Sequence[str], with_names: bool) -> None:
    """Read back what was written.

    Raises:
        InvalidInputError: it is not what was read.
    """
    with opened([path], Reading(layout=layout, max_image_pixels=1 << 62)) as written:
        found = sorted(_digest(image, with_names) for image in written)
    if found != sorted(digests):
        what = "reads back differently from what was written; it was not kept"
        raise InvalidInputError(Problem(what, str(path), remedy="check the disk, and try again"))


def _digest(image: Image, with_name: bool) -> str:
    """Digest of all that was written of an image."""
    entry = image.entry
    known = (entry.score, entry.label, entry.category, entry.defect_type, entry.group_id)
    hasher = xxhash.xxh3_128(repr((entry.identity if with_name else None, known)).encode())
    enough = np.zeros(0) if image.saturation is None else image.saturation
    hasher.update(repr(np.trim_zeros(enough, "b").tolist()).encode())
    for array in (image.anomaly_map, image.gt_mask):
        _update(hasher, array)
    return hasher.hexdigest()


def _update(hasher: Any, array: NDArray[Any] | None) -> None:
    if array is None:
        hasher.update(b"none")
        return
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    hasher.update(f"{little.dtype.str}{little.shape}".encode())
    hasher.update(little.data)
