"""What one stage of a loop has seen: checked batches, and the evidence of their images."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.evaluator.decisions import as_scores
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.state import load_state, state_bytes
from anomeval.metrics import Level, Metric
from anomeval.metrics.selection import DataSupport, data_support
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.batch import Batch, as_batch
from anomeval.predictions.fields import LIST_FIELDS, PIXEL_FIELDS
from anomeval.predictions.masks import Marks, mixed_marks
from anomeval.predictions.preparation import PreparationRules, PreparedImage, prepare
from anomeval.predictions.record import Image, ImageEntry
from anomeval.workflows.collection import Collection
from anomeval.workflows.merging import collection_of, refuse_streamed, state_of
from anomeval.workflows.options import Splitting

_TWICE = (
    "give every image its own path; a sampler that repeats images to fill up its batches "
    "(DistributedSampler) must not; without image_path give each evaluator its own name"
)


class Seen:
    """The evidence of one stage.

    fields: canonical fields that every image has; None before the first batch.
    decided: those of them that hold decisions in the place of scores.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        splitting: Splitting,
        rules: PreparationRules,
        name: str,
    ) -> None:
        """Begin with nothing.

        Args:
            metrics: what will be asked; of these only streamed ones matter here.
            splitting: how evidence is kept apart.
            rules: how values become evidence.
            name: what images without a path are called after.
        """
        self.fields: frozenset[str] | None = None
        self.decided: frozenset[str] = frozenset()
        self._streamed = [metric for metric in metrics if isinstance(metric, StreamedMetric)]
        self._rules = rules
        self._name = name
        self._collection = Collection(True, splitting)
        self._identities: set[str] = set()
        self._first_marked: dict[Marks, ImageEntry] = {}
        self._all_normal = True

    def __getstate__(self) -> dict[str, Any]:
        """For other processes: evidence as in a state file, exact and without threads.

        Raises:
            UsageError: a metric has evidence of its own, which is in no state.
        """
        refuse_streamed(self._streamed)
        state = state_of(self._collection, self._rules, self.fields or (), ())
        return {**vars(self), "_collection": state_bytes(state)}

    def __setstate__(self, kept: Mapping[str, Any]) -> None:
        collection = collection_of(load_state(kept["_collection"]))
        vars(self).update(kept, _collection=collection)

    def take(self, given: Mapping[str, Any]) -> None:
        """Take in one batch, whole or not at all.

        Args:
            given: canonical field → array, list or scalar; booleans are decisions.

        Raises:
            UsageError: other fields than before.
            InvalidInputError: with every problem of the batch.
        """
        fields = frozenset(given)
        given, decided = as_scores(given)
        self._check_fields(fields, decided)
        batch, problems = as_batch(given, None, stored=False)
        if problems:
            raise InvalidInputError([self._placed(problem, given) for problem in problems])
        images = self._prepared(batch)
        self._note_marks((image.entry, image.marks) for image in images)
        self._begin(fields, decided)
        for image in images:
            self._collection.update(image)
            self._identities.add(image.entry.identity)
            self._all_normal &= image.entry.label is False

    def merge(self, other: "Seen") -> None:
        """Take in all that `other` has seen; `other` stays as it is.

        Raises:
            UsageError: it has seen other fields.
            InvalidInputError: it has seen an image that is known here.
        """
        if other.fields is None:
            return
        self._check_fields(other.fields, other.decided)
        known = sorted(self._identities & other._identities)
        if known:
            raise InvalidInputError([_twice(identity) for identity in known])
        self._note_marks((entry, marks) for marks, entry in other._first_marked.items())
        self._begin(other.fields, other.decided)
        self._collection.merge(other._collection)
        self._identities |= other._identities
        self._all_normal &= other._all_normal

    def collection(self) -> Collection:
        """The evidence, without pixels where these cannot be judged.

        Raises:
            UsageError: no image was seen.
        """
        if not self._identities:
            raise UsageError(Problem("no image was seen", remedy="call update for every batch"))
        if self.has_pixels or not self._collection.has_pixels:
            return self._collection
        return _without_pixels(self._collection)

    def support(self, by: Sequence[str], *, has_fit: bool) -> DataSupport:
        """What the images seen allow to ask."""
        return data_support(self.fields or (), self.has_pixels, by, has_fit)

    @property
    def has_pixels(self) -> bool:
        """Whether pixels can be judged: maps, and masks unless all images are labelled normal."""
        fields = self.fields or ()
        return "anomaly_map" in fields and ("gt_mask" in fields or self._all_normal)

    def _begin(self, fields: frozenset[str], decided: frozenset[str]) -> None:
        """With the first images it is known what there is to collect."""
        if self.fields is not None:
            return
        self.fields, self.decided = fields, decided
        levels: set[Level] = {"image", "sample"}
        if "anomaly_map" in fields:
            levels.add("pixel")
        splitting, streamed = self._collection.splitting, self._streamed
        sources = tuple(metric for metric in streamed if metric.level in levels)
        self._collection = Collection("anomaly_map" in fields, splitting, streamed=sources)

    def _note_marks(self, marked: Iterable[tuple[ImageEntry, Marks]]) -> None:
        """Remember the first image for each way of marking pixels.

        Raises:
            InvalidInputError: images contradict each other in what 255 means.
        """
        known = [(entry, marks) for marks, entry in self._first_marked.items()]
        marked = list(marked)
        if problems := mixed_marks([*known, *marked]):
            raise InvalidInputError(problems)
        for entry, marks in marked:
            self._first_marked.setdefault(marks, entry)

    def _check_fields(self, fields: frozenset[str], decided: frozenset[str]) -> None:
        if self.fields is None or (fields, decided) == (self.fields, self.decided):
            return
        if changed := sorted((decided ^ self.decided) & fields & self.fields):
            what = f"{' and '.join(changed)} now hold scores, now decisions (booleans)"
            raise UsageError(Problem(what, remedy="give the one or the other in every batch"))
        before, now = ", ".join(sorted(self.fields)), ", ".join(sorted(fields))
        remedy = "give the same fields in every batch"
        raise UsageError(Problem(f"the fields were {before} and now are {now}", remedy=remedy))

    def _prepared(self, batch: Batch) -> list[PreparedImage]:
        images: list[PreparedImage] = []
        problems: list[Problem] = []
        new: set[str] = set()
        for image in self._images(batch):
            identity = image.entry.identity
            if identity in self._identities or identity in new:
                problems.append(_twice(identity))
            new.add(identity)
            try:
                images.append(prepare(image, self._rules))
            except InvalidInputError as error:
                problems += error.problems
        if problems:
            raise InvalidInputError(problems)
        return images

    def _images(self, batch: Batch) -> Iterator[Image]:
        values, named = batch.values, "image_path" in batch.values
        first = len(self._identities)

        def value(field: str, row: int) -> Any:
            return values[field][row] if field in values else None

        for row in range(batch.count):
            position = f"{self._name}#{first + row}"
            entry = ImageEntry(
                file=self._name,
                index=first + row,
                identity=value("image_path", row) if named else position,
                named=named,
                score=value("pred_score", row),
                label=value("gt_label", row),
                category=value("category", row) or None,
                defect_type=value("defect_type", row) or None,
                group_id=value("group_id", row) or None,
            )
            arrays = (value(field, row) for field in (*PIXEL_FIELDS, *LIST_FIELDS))
            yield Image(entry, *arrays)

    def _placed(self, problem: Problem, given: Mapping[str, Any]) -> Problem:
        """The problem with the image's own position and path in place of that in the batch."""
        if problem.index is None:
            return problem
        paths = given.get("image_path")
        known = isinstance(paths, list | tuple) and problem.index < len(paths)
        image = str(paths[problem.index]) if known and paths is not None else None
        return replace(problem, index=len(self._identities) + problem.index, image=image)


def _twice(identity: str) -> Problem:
    return Problem("was given before", field="image_path", image=identity, remedy=_TWICE)


def _without_pixels(collection: Collection) -> Collection:
    """The same images for use at image level only."""
    bare = Collection(False, collection.splitting, streamed=collection.streamed)
    for cell, evidence in collection.cells.items():
        images = [row.without_pixels() for row in evidence.images]
        bare.cells[cell] = Evidence()
        bare.cells[cell].images = images
        bare.cells[cell].observations = evidence.observations
        bare.cells[cell].streams = evidence.streams
    return bare
