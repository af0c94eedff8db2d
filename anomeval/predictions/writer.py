"""Writing predictions while a model runs: batch by batch, from any array library."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self

from anomeval.atomic import Replacement
from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.predictions.agreement import Agreement
from anomeval.predictions.batch import DECISION_FIELDS, Batch, MapType, as_batch
from anomeval.predictions.faults import gathered
from anomeval.predictions.fields import unknown_field
from anomeval.predictions.formats import SUFFIXES
from anomeval.predictions.ignoring import ATTRIBUTE as IGNORE_VALUE
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.layout import SCHEMA, SCHEMA_ATTRIBUTE
from anomeval.predictions.record import FIELDS

Attribute = str | bool | int | float

_MAP_TYPES = ("float16", "float32", None)
_HIGHEST = 255  # of the values that masks are stored with
_COMPRESSIONS = ("gzip", None)


class Sink(Protocol):
    """A file of one format that takes batches."""

    def append(self, batch: Batch) -> None:
        """Write the images of one call."""
        ...

    def finish(self) -> None:
        """Write what is left, and close."""
        ...

    def abandon(self) -> None:
        """Close without caring about the content."""
        ...


class Writer:
    """A prediction file that grows batch by batch.

        with Writer("test.h5") as writer:
            for batch in loader:
                writer.add(anomaly_map=model(batch.image), image_path=batch.image_path)

    The file appears under its name when the block ends well, complete. After an error there is
    nothing, or what was there before. The suffix decides the format: .h5, .hdf5 or .npz.

    Attributes:
        path: the file to be written.
        count: images added so far.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        dtype: MapType | None = None,
        compression: Literal["gzip"] | None = "gzip",
        mixed_sizes: bool = False,
        attributes: Mapping[str, Attribute] | None = None,
        ignore_value: IgnoreValue = None,
    ) -> None:
        """Prepare to write; nothing is touched before the `with` block begins.

        Args:
            path: the file to write; an existing one is replaced.
            dtype: type that anomaly maps are stored as; None keeps what `add` is given.
            compression: "gzip" (fast, lossless) or None.
            mixed_sizes: images may differ in size; each is stored as a sample of its own.
            attributes: what describes the whole file, such as model and split.
            ignore_value: values of `gt_mask`, from 0 to 255, that mean "not annotated": readers
                leave out pixels that have one.

        Raises:
            UsageError: unknown suffix or option.
        """
        self.path = Path(path)
        self.count = 0
        self._dtype: MapType | None = dtype
        self._compress = compression is not None
        self._mixed_sizes = mixed_sizes
        self._attributes: dict[str, object] = {SCHEMA_ATTRIBUTE: SCHEMA, **(attributes or {})}
        if ignored := asked_values(ignore_value):
            self._attributes[IGNORE_VALUE] = ignored if len(ignored) > 1 else ignored[0]
        self._agreement = Agreement(mixed_sizes=mixed_sizes)
        self._replacement: Replacement
        self._sink: Sink
        self._state: Literal["new", "open", "closed", "failed"] = "new"
        self._refuse(
            [
                *_option_problems(self.path, dtype, compression),
                *_attribute_problems(attributes or {}),
                *_ignored_problems(ignored),
            ]
        )

    def __enter__(self) -> Self:
        """Create a temporary file beside the final one.

        Raises:
            UsageError: nothing can be written there, or the writer was used before.
        """
        if self._state != "new":
            self._refuse([Problem("a Writer is used only once", remedy="make a new one")])
        self._replacement = Replacement(self.path)
        try:
            self._replacement.create()
            self._sink = self._open_sink(str(self._replacement.path))
        except BaseException:
            self._replacement.discard()
            raise
        self._state = "open"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        state, self._state = self._state, "closed"
        try:
            if error is None and state == "failed":
                self._refuse([Problem("is not written: add failed before")])
            if error is None:
                self._complete()
        except OSError as failure:
            raise self._replacement.failure(failure) from failure
        finally:
            with suppress(Exception):
                self._sink.abandon()
            self._replacement.discard()

    def add(
        self,
        *,
        anomaly_map: Any = None,
        pred_score: Any = None,
        gt_label: Any = None,
        gt_mask: Any = None,
        gt_saturation: Any = None,
        image_path: Any = None,
        category: Any = None,
        defect_type: Any = None,
        group_id: Any = None,
        pred_label: Any = None,
        pred_mask: Any = None,
        **unknown: Any,
    ) -> None:
        """Append one image or a batch of B images.

        Each value is a NumPy array, a torch tensor on any device, a list or a scalar. Every call
        gives the same fields. Of a call that fails nothing is written.

        Args:
            anomaly_map: (H, W), (B, H, W) or (B, 1, H, W), float or uint8/16; this or pred_score.
            pred_score: scalar or (B,), raw, higher is more anomalous.
            gt_label: scalar or (B,), 0 normal, 1 anomalous.
            gt_mask: like anomaly_map; whole numbers from 0 to 255, non-zero is anomalous.
            gt_saturation: (K,), (B, K) or B lists: the mask tells defects by its bits, and these
                are the pixels of each that are enough, 0 where it has none; see `channels`.
            image_path: str or B of them, all different: what identifies an image.
            category: str or B of them; one str holds for the whole batch.
            defect_type: like category.
            group_id: like category.
            pred_label: like gt_label: a decision for whoever gets the file; it is not read.
            pred_mask: like gt_mask, of the map's size; likewise.

        Raises:
            UsageError: unknown, missing or changing fields; not inside `with`.
            InvalidInputError: values that cannot be stored, with every problem of the batch.
        """
        values = (anomaly_map, pred_score, gt_label, gt_mask, gt_saturation, image_path)
        texts, decisions = (category, defect_type, group_id), (pred_label, pred_mask)
        named = zip((*FIELDS, *DECISION_FIELDS), (*values, *texts, *decisions), strict=True)
        given = {field: value for field, value in named if value is not None}
        if self._state != "open":
            remedy = "write `with Writer(path) as writer: writer.add(...)`"
            self._refuse([Problem("is not open for writing", remedy=remedy)])
        self._refuse([unknown_field(name) for name in unknown])
        self._refuse(list(self._agreement.field_problems(given)))
        batch, problems = as_batch(given, self._dtype)
        problems = problems or list(self._agreement.problems(batch))
        if problems:
            raise InvalidInputError(gathered([self._placed(p, given) for p in problems]))
        if batch.count:
            self._append(batch)

    def _append(self, batch: Batch) -> None:
        try:
            self._sink.append(batch)
        except BaseException as error:
            self._state = "failed"  # part of the batch may be there: the file is lost
            if isinstance(error, OSError):
                raise self._replacement.failure(error) from error
            raise
        self._agreement.accept(batch)
        self.count += batch.count

    def _open_sink(self, path: str) -> Sink:
        options = {"compress": self._compress, "samples": self._mixed_sizes}
        if self.path.suffix == ".npz":
            from anomeval.predictions.npz_writing import NpzSink

            return NpzSink(path, self._attributes, **options)
        from anomeval.predictions.hdf5_writing import Hdf5Sink

        return Hdf5Sink(path, self._attributes, **options)

    def _complete(self) -> None:
        if self.count == 0:
            self._refuse([Problem("no image was added", remedy="call add for every batch")])
        self._sink.finish()
        self._replacement.commit()

    def _refuse(self, problems: list[Problem]) -> None:
        if problems:
            raise UsageError([replace(problem, file=str(self.path)) for problem in problems])

    def _placed(self, problem: Problem, given: Mapping[str, Any]) -> Problem:
        """The problem with file and position in it, in place of the position in the batch."""
        if problem.index is None:
            return replace(problem, file=str(self.path))
        paths = given.get("image_path")
        image = paths if isinstance(paths, str) else None
        if isinstance(paths, list | tuple) and problem.index < len(paths):
            image = str(paths[problem.index])
        index = self.count + problem.index
        return replace(problem, file=str(self.path), index=index, image=image)


def _option_problems(path: Path, dtype: object, compression: object) -> Iterator[Problem]:
    if path.suffix not in SUFFIXES:
        yield Problem("has no known suffix", remedy=f"call it {path.stem}.h5 or {path.stem}.npz")
    if dtype not in _MAP_TYPES:
        yield Problem(f"unknown dtype {dtype!r}", remedy="choose 'float16', 'float32' or None")
    if compression not in _COMPRESSIONS:
        yield Problem(f"unknown compression {compression!r}", remedy="choose 'gzip' or None")


def _ignored_problems(ignored: tuple[int, ...]) -> Iterator[Problem]:
    for value in ignored:
        if not 0 <= value <= _HIGHEST:
            remedy = f"write such pixels as {_HIGHEST}: np.where(mask == {value}, {_HIGHEST}, mask)"
            yield Problem(
                f"masks hold whole numbers from 0 to {_HIGHEST}, not {value}", remedy=remedy
            )


def _attribute_problems(attributes: Mapping[str, object]) -> Iterator[Problem]:
    for name, value in attributes.items():
        if name in (*FIELDS, *DECISION_FIELDS, SCHEMA_ATTRIBUTE) or "/" in name or not name:
            yield Problem(f"an attribute cannot be called {name!r}", remedy="choose another name")
        if not isinstance(value, str | bool | int | float):
            what = f"attribute {name!r} is {type(value).__name__}, must be text or a number"
            yield Problem(what, remedy="store other things as JSON text")
