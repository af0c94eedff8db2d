"""Predictions and truth brought together, image by image."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.faults import gathered
from anomeval.predictions.layouts.pictures import image_size
from anomeval.predictions.layouts.pixels import Unfit, placed
from anomeval.predictions.layouts.truth import Divided, Truth, TruthSource
from anomeval.predictions.record import Image, ImageEntry, PredictionFile
from anomeval.predictions.stamps import Stamps

_TEXTS = ("category", "defect_type", "group_id")


class WithTruth:
    """A `PredictionFile` whose labels and masks come from elsewhere.

    What the predictions say themselves about category, defect type and group is kept.

    Attributes:
        masks: those that were found, not read yet.
        skipped: what is wrong with images that others are to leave out.
    """

    def __init__(
        self, file: PredictionFile, source: TruthSource, limit: int, *, skip_bad: bool = False
    ) -> None:
        """Look up every image, reading no pixel.

        Args:
            file: predictions without masks.
            source: what is true of them.
            limit: most pixels of a mask.
            skip_bad: leave it to others to leave out the images of which `skipped` tells.

        Raises:
            UsageError: the predictions have masks already.
            InvalidInputError: with every image of which nothing is known, or two things are; not
                if others are to be left without them.
        """
        if "gt_mask" in file.fields:
            remedy = "leave --truth out, or the masks"
            raise UsageError(Problem("has masks of its own", file.path, "gt_mask", remedy=remedy))
        truths, problems = _looked_up(file.entries, source)
        has_masks = any(truth.mask for truth in truths)
        if has_masks:
            problems += _without_mask(file.entries, truths)
        wrong = {problem.index for problem in problems}
        if problems and not (skip_bad and any(e.index not in wrong for e in file.entries)):
            raise InvalidInputError(gathered(problems))
        self.skipped = tuple(problems)
        self.path = file.path
        self.random_access, self.attributes = file.random_access, file.attributes
        self.entries: Sequence[ImageEntry] = [
            _completed(entry, truth) for entry, truth in zip(file.entries, truths, strict=True)
        ]
        divided = [truth.mask for truth in truths if isinstance(truth.mask, Divided)]
        sound = [entry for entry in self.entries if entry.index not in wrong]
        self.fields: Mapping[str, str] = _fields(sound, file, source, has_masks)
        if divided:
            self.fields = {**self.fields, "gt_saturation": source.path}
        self._mask_type = divided[0].type if divided else np.dtype(np.uint8)
        self._file = file
        self.masks = tuple(truth.mask for truth in truths if truth.mask)
        self._source = source
        self._told = truths
        self._truths = truths if has_masks else None
        self._stamps = Stamps.of(path for truth in self._truths or () for path in _files(truth))
        self._limit = limit
        self._mask_sizes = cache(self._read_mask_sizes)

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[Image]:
        """The images from `start` up to `stop`, one in memory at a time.

        Raises:
            UsageError: the file was closed.
            InvalidInputError: while reading, naming file and image.
        """
        wanted = range(len(self.entries))[start:stop]
        if not wanted:
            return
        images = self._file.images(wanted.start, wanted.stop)
        for image, position in zip(images, wanted, strict=True):
            entry = self.entries[position]
            truth = self._truths[position] if self._truths else None
            whole = self._with_mask(replace(image, entry=entry), truth)
            if position == wanted[-1]:
                self._source.stamps.check()
            yield whole

    def close(self) -> None:
        """Give the file back to the system. Safe to call twice."""
        self._file.close()

    def told_by(self) -> Iterator[tuple[str, ImageEntry]]:
        """What tells of each image and may tell of no other, with the place it is at."""
        for entry, truth in zip(self.entries, self._told, strict=True):
            if truth.told_by is not None:
                yield f"{truth.told_by} of {self._source.path}", entry

    def _with_mask(self, image: Image, truth: Truth | None) -> Image:
        """The image with its mask as stored; of an image without a mask, zeros.

        If it is anomalous, an empty mask says that there is no pixel truth, see `EmptyMasks`.
        """
        if truth is None:
            return image
        path = truth.mask.path if truth.mask else truth.image or self.path
        try:
            with placed(image.entry, "gt_mask", path):
                whole = self._read(image, truth)
        finally:  # what looks like damage may come of a change
            self._stamps.check(*_files(truth))
        return whole

    def _read(self, image: Image, truth: Truth) -> Image:
        if truth.mask:
            mask = truth.mask.read(self._limit)
            told = (*image.observations, *mask.observations)
            return replace(
                image, gt_mask=mask.pixels, saturation=mask.saturation, observations=told
            )
        size = image_size(truth.image) if truth.image else self._size_without_image(image)
        return replace(image, gt_mask=np.zeros(size, self._mask_type))

    def _size_without_image(self, image: Image) -> tuple[int, ...]:
        """The size that a mask of a normal image would have: that of the other masks.

        Raises:
            Unfit: they differ, and the map's size is none of theirs.
        """
        sizes = self._mask_sizes(image.entry.category)
        shape = None if image.anomaly_map is None else image.anomaly_map.shape
        if shape is not None and (shape in sizes or not sizes):
            return shape
        if len(sizes) == 1:
            return next(iter(sizes))
        what = "cannot be told: the image has no mask, and other masks differ in size"
        raise Unfit(what, "let --truth be the data set with its images, which tell their size")

    def _read_mask_sizes(self, category: str | None) -> frozenset[tuple[int, ...]]:
        truths = zip(self.entries, self._truths or (), strict=True)
        masks = [t.mask for entry, t in truths if entry.category == category and t.mask]
        return frozenset(mask.size() for mask in masks)


def shared_problems(files: Iterable[PredictionFile]) -> list[Problem]:
    """What is wrong where one row, mask or place of truth tells of several images."""
    served: dict[str, list[ImageEntry]] = {}
    for file in files:
        if isinstance(file, WithTruth):
            for source, entry in file.told_by():
                served.setdefault(source, []).append(entry)
    shared = {source: entries for source, entries in served.items() if len(entries) > 1}
    if not shared:
        return []
    source, (first, second, *_) = next(iter(shared.items()))
    what = f"{source} tells of several images, {first.identity} and {second.identity}"
    what += f" (and {len(shared) - 1} more like it)" if len(shared) > 1 else ""
    remedy = "give truth and predictions paths that tell the images apart"
    return [Problem(what, second.file, "--truth", second.index, second.identity, remedy)]


def _looked_up(
    entries: Sequence[ImageEntry], source: TruthSource
) -> tuple[list[Truth], list[Problem]]:
    truths: list[Truth] = []
    problems: list[Problem] = []
    for entry in entries:
        try:
            truth = source.of(entry)
        except Unfit as unfit:
            problems.append(_problem(entry, "--truth", unfit.what, unfit.remedy))
            truths.append(Truth(label=False))  # so that nothing more is asked of it
            continue
        truths.append(truth)
        if None not in (entry.label, truth.label) and entry.label != truth.label:
            words = ("normal", "anomalous")
            what = f"is {words[bool(truth.label)]} in {source.path}, "
            what += f"{words[bool(entry.label)]} in the predictions"
            problems.append(_problem(entry, "gt_label", what, "correct one of them"))
    return truths, problems


def _without_mask(entries: Sequence[ImageEntry], truths: Sequence[Truth]) -> list[Problem]:
    """Some images have masks: of one without, a label must say whether it is anomalous."""
    return [
        _problem(entry, "gt_mask", "has neither a mask nor a label", "add one of them")
        for entry, truth in zip(entries, truths, strict=True)
        if truth.mask is None and truth.label is None and entry.label is None
    ]


def _completed(entry: ImageEntry, truth: Truth) -> ImageEntry:
    texts = {name: getattr(entry, name) or getattr(truth, name) for name in _TEXTS}
    label = truth.label if entry.label is None else entry.label
    return replace(entry, label=label, **texts)


def _fields(
    entries: Sequence[ImageEntry], file: PredictionFile, source: TruthSource, has_masks: bool
) -> dict[str, str]:
    fields = dict(file.fields)
    if has_masks:
        fields["gt_mask"] = source.path
    if all(entry.label is not None for entry in entries):
        fields.setdefault("gt_label", source.path)
    for name in _TEXTS:
        if any(getattr(entry, name) for entry in entries):
            fields.setdefault(name, source.path)
    return fields


def _files(truth: Truth) -> Iterator[str]:
    """What is read to tell the mask of an image."""
    if truth.mask:
        yield from truth.mask.files
    elif truth.image:
        yield truth.image


def _problem(entry: ImageEntry, field: str, what: str, remedy: str | None) -> Problem:
    return Problem(what, entry.file, field, entry.index, entry.identity, remedy)
