"""Results of different images, each reduced to the images that all of them have.

A result keeps the score, label and groups of every image, so whatever is made of image scores is
computed anew, to the same bits as from a file with these images only. Pixels it does not keep:
values at pixel level stay where all images they rest on are common, and are left out elsewhere.
"""

from collections.abc import Collection as Some
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from anomeval.errors import UsageError
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import mean
from anomeval.evidence.images import ImageRow
from anomeval.gates.naming import Named, aligned
from anomeval.gates.table import GroupKey, key_of
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.metrics import METRICS, Metric
from anomeval.metrics.grammar import parse_metric
from anomeval.metrics.streamed import StreamedMetric
from anomeval.names import clean_name
from anomeval.predictions.record import ImageEntry
from anomeval.reporting.numerals import counted
from anomeval.reporting.result import ImageRecord, Result, Row
from anomeval.uncertainty.replicates import Replicates
from anomeval.uncertainty.resampling import is_bounded, mean_replicates
from anomeval.workflows.collection import Collection
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.options import UNNAMED, Options, Splitting

Key = tuple[str, GroupKey]
"""A metric and the group it is about."""

_NO_INTERVAL = "the interval of a mean cannot be made of those of its parts"


@dataclass(frozen=True)
class Reduced:
    """Results on the images that all have, called as in the first; notes tell what was left out."""

    results: Sequence[Result]
    notes: Sequence[str] = ()


def on_common_images(named: Sequence[Named]) -> Reduced:
    """Reduce results to the images that all have; unchanged where there are none."""
    known = [(name, aligned(named[0], (name, result))[0]) for name, result in named]
    paths = [{image.image_path for image in result.images} for _, result in known]
    common = set.intersection(*paths)
    if not common or all(path == common for path in paths):
        return Reduced([result for _, result in named])
    found = [_Reduction(result, common) for _, result in known]
    lost = {key for one in found for key in one.lost}
    notes = [f"only the {counted(len(common), 'image')} that all results have are looked at"]
    for (name, _), path in zip(known, paths, strict=True):
        if left_out := len(path - common):
            count = f"{left_out} of {counted(len(path), 'image')}"
            notes.append(f"{count} of {clean_name(name)} are left out")
    if lost:
        metrics = ", ".join(dict.fromkeys(metric for metric, _ in sorted(lost)))
        notes.append(
            f"without a value on these images alone: {metrics}; results keep scores of images, not "
            "of pixels (score a file with these images only)"
        )
    return Reduced([one.result(without=lost) for one in found], notes)


class _Reduction:
    """One result on some of its images. lost: what it has no value for any more."""

    def __init__(self, result: Result, common: Some[str]) -> None:
        self._result = result
        self._common = common
        self._images = [image for image in result.images if image.image_path in common]
        self.lost: set[Key] = set()
        self._anew = self._evaluated()
        self._computed = {(row.metric, key_of(row.group)): row for row in self._anew.values}
        self._rows, self._parts = (
            [row for row in map(self._reduced, rows) if row is not None]
            for rows in (result.rows, result.parts)
        )

    def result(self, without: Some[Key]) -> Result:
        """The result on these images, without the values of some metrics and groups."""
        data = self._anew.data
        return replace(
            self._result,
            data=replace(data, skipped_images=self._result.data.skipped_images),
            rows=_others(self._rows, without),
            parts=_others(self._parts, without) if self._anew.parts else (),
            images=tuple(self._images),
            drift=(),
        )

    def _reduced(self, row: Row) -> Row | None:
        """A value on these images; None where there is none, or no such group any more."""
        key = row.metric, key_of(row.group)
        members = [image for image in self._result.images if _is_about(row, image)]
        if all(image.image_path in self._common for image in members):
            return row
        if not self._is_there(row):
            return None
        over = (row.group or {}).get("mean") or row.extra.get("mean_over")
        parts = self._parts_of(row, str(over)) if over else []
        if row.group and over and len(parts) < 2:
            return None
        found = self._computed.get(key) or self._mean(row, parts)
        if found is None:
            self.lost.add(key)
        return found

    def _parts_of(self, row: Row, over: str) -> list[Row | None]:
        """The values on these images that a mean is over; None where one is not known."""
        return [
            self._reduced(part)
            for part in self._result.values
            if part.metric == row.metric and _innermost(part) == over and self._is_there(part)
        ]

    def _is_there(self, row: Row) -> bool:
        """Whether any image is left of what sets a group apart."""
        group = dict(row.group or {})
        if "mean" in group or not group:
            return True
        kind = group.get("defect_type")
        some = [image for image in self._images if _is_about(row, image)]
        return any(image.anomalous for image in some) if kind is not None else bool(some)

    def _mean(self, row: Row, parts: Sequence[Row | None]) -> Row | None:
        """The mean over parts, as `Evaluation` makes it; None where one is not known."""
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or not known:
            return None
        if len(known) == 1:
            return replace(known[0], group=None)
        defined = [part.value for part in known if part.value is not None]
        packed = [part.replicates for part in known if part.replicates is not None]
        means = _replicates(row.metric, packed) if len(packed) == len(defined) and packed else None
        support: dict[str, int] = {}
        for part in known:
            for name, count in part.support.items():
                support[name] = support.get(name, 0) + count
        groups = {"groups": len(known), "undefined": len(known) - len(defined)}
        return Row(
            metric=row.metric,
            group=row.group,
            value=mean(defined) if defined else None,
            reason=None if defined else "undefined in every group",
            support=support,
            extra={"mean_over": _innermost(known[0]), **groups},
            confidence_reason=_NO_INTERVAL if row.confidence else row.confidence_reason,
            replicates=means,
        )

    def _evaluated(self) -> Result:
        """Everything that is made of image scores, on these images."""
        settings = self._result.settings
        by, pool = settings.get("by"), bool(settings.get("pool"))
        splitting = Splitting.of(by if isinstance(by, str | list) else None, pool)
        collection = Collection(False, splitting)
        for row in map(_row, self._images):
            collection.cells.setdefault(splitting.cell(row), Evidence()).images.append(row)
        level, replicates = _intervals(self._result.rows)
        options = Options(splitting, confidence=level, replicates=replicates)
        fit = _fit(self._result)
        metrics = list(_recomputable(self._result.rows, has_fit=fit is not None))
        return Evaluation(collection, metrics, fit, options, self._result.data.files).result


def _others(rows: Iterable[Row], without: Some[Key]) -> tuple[Row, ...]:
    return tuple(row for row in rows if (row.metric, key_of(row.group)) not in without)


def _innermost(row: Row) -> str | None:
    """What tells a group apart from its neighbours; None for all images and for means."""
    group = row.group or {}
    return None if "mean" in group or not group else list(group)[-1]


def _is_about(row: Row, image: ImageRecord) -> bool:
    """Whether a value rests on an image."""
    group = dict(row.group or {})
    if "mean" in group:
        return True
    if (image.category or "") != group.get("category", image.category or ""):
        return False
    kind = group.get("defect_type")
    return kind is None or not image.anomalous or (image.defect_type or UNNAMED) == kind


def _replicates(metric: str, packed: Sequence[Replicates]) -> Replicates | None:
    found = mean_replicates(packed, bounded=is_bounded(parse_metric(metric, METRICS)))
    return None if isinstance(found, str) else found


def _recomputable(rows: Iterable[Row], *, has_fit: bool) -> Iterable[Metric]:
    """The metrics among these that are made of image scores alone."""
    for text in dict.fromkeys(row.metric for row in rows):
        try:
            metric = parse_metric(text, METRICS)
        except UsageError:
            continue  # of a plugin that is not there
        has_all = has_fit or not metric.needs_fit
        if metric.level != "pixel" and not isinstance(metric, StreamedMetric) and has_all:
            yield metric


def _intervals(rows: Sequence[Row]) -> tuple[float | None, int]:
    """Level of the intervals, and number of resamples, that a result was made with."""
    levels = [row.confidence.level for row in rows if row.confidence]
    counts = [len(row.replicates) for row in rows if row.replicates is not None]
    return (levels[0], counts[0]) if levels and counts else (None, 2)


def _fit(result: Result) -> Fit | None:
    """The cuts of image scores that a result was judged at, which are all that metrics ask of."""
    cuts = {one.category: one.cut for one in result.drift if one.level == "image"}
    if not cuts:
        return None
    judges = {
        name: OneClassPostProcessor(FittedLevel(Scale(cut, cut, cut), "", 0, 0), None)
        for name, cut in cuts.items()
    }
    shared = judges.get(None, OneClassPostProcessor(None, None))
    named = {name: judge for name, judge in judges.items() if name is not None}
    return Fit(shared, Source((), "", 0), named)


def _row(image: ImageRecord) -> ImageRow:
    entry = ImageEntry(
        file="",
        index=0,
        identity=image.image_path,
        named=True,
        score=image.score,
        label=image.anomalous,
        category=image.category,
        defect_type=image.defect_type,
        group_id=image.group_id,
    )
    return ImageRow(entry, image.anomalous, image.score, 0, 0, None, image.mask)
