"""fit: a validation split becomes thresholds and normalization."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import inf, isfinite
from numbers import Real
from pathlib import Path
from typing import NamedTuple

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.evidence.evidence import Evidence, merged
from anomeval.evidence.findings import Findings
from anomeval.judging.honesty import FalsePositives
from anomeval.judging.normals import NormalScores
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.rules import NotFittableError, ThresholdRule, parse_rule, rule_origins
from anomeval.judging.scale import Scale
from anomeval.parallel import at_most
from anomeval.predictions.ignoring import IgnoreValue, asked_values
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.opening import opened
from anomeval.predictions.preparation import (
    EmptyMasks,
    NanPolicy,
    PreparationRules,
    ResizeRule,
)
from anomeval.predictions.progress import Progress
from anomeval.ranking.sample import Sample
from anomeval.reporting.result import Caution
from anomeval.workflows.cautions import (
    counted,
    identity_cautions,
    map_cautions,
    normalized_cautions,
    observed_cautions,
    skipped_cautions,
)
from anomeval.workflows.collecting import collect, pixel_problems
from anomeval.workflows.collection import (
    Collection,
    content_digest,
    map_digests,
)
from anomeval.workflows.fit_cautions import threshold_cautions
from anomeval.workflows.leaks import name_digests
from anomeval.workflows.mixtures import mixture_cautions


class LevelRequest(NamedTuple):
    """What is asked of one level."""

    level: str
    rule: ThresholdRule
    sensitivity: float


Requests = tuple[LevelRequest, LevelRequest]
"""What is asked of images, and of pixels."""


def fit(
    files: Sequence[str | Path],
    *,
    threshold: str = "f1",
    pixel_threshold: str | None = None,
    image_sensitivity: float | None = None,
    pixel_sensitivity: float | None = None,
    pool: bool = False,
    field: Mapping[str, str] | None = None,
    truth: str | Path | None = None,
    layout: str | None = None,
    max_image_pixels: int = LARGEST_IMAGE,
    isolated: bool = False,
    skip_bad: bool = False,
    resize: ResizeRule | None = None,
    mask_above: float | None = None,
    ignore_value: IgnoreValue = None,
    empty_masks: EmptyMasks = "leave-out",
    nan: NanPolicy = "error",
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit thresholds and normalization on a validation split.

    Args:
        files: prediction files, directories or globs; together they are the split.
        threshold, pixel_threshold: rules such as "f1" or "quantile@0.995"; the pixel level takes
            the image level's rule unless it is given its own.
        image_sensitivity, pixel_sensitivity: in [0, 1]; above 0.5 more is flagged. None = 0.5.
        pool: only one fit for all categories. Otherwise each category is fitted on its own, too.
        truth, layout, max_image_pixels, isolated: how they are opened, see `open_predictions`.
        skip_bad: leave out images that cannot be evaluated; the fit names them.
        field, resize, mask_above, ignore_value, empty_masks, nan: how files are read, see
            `PreparationRules`. NaN can be
            refused or dropped here; an infinite score has no place in a range.
        jobs: threads that read and count; the fit is the same for any number.
        progress: told after each image.

    Returns:
        The fit; its image or pixel level is None where the data has no such level.

    Raises:
        UsageError: a rule or option that cannot be, or a rule this split cannot support.
        InvalidInputError: unreadable or unsound files.
    """
    sensitivities = image_sensitivity, pixel_sensitivity
    requests = level_requests(threshold, pixel_threshold, *sensitivities)
    if nan in ("min", "max"):
        raise UsageError("fit takes --nan error or --nan drop: an infinite score has no range")
    reading = Reading(
        field or {}, truth, layout, max_image_pixels, isolated=isolated, skip_bad=skip_bad
    )
    rules = PreparationRules(resize, mask_above, nan, asked_values(ignore_value), empty_masks)
    further = partial(pixel_problems, rules=rules)
    with at_most(jobs), opened(files, reading, further=further) as predictions:
        collection = collect(predictions, rules, skip_bad=skip_bad, progress=progress)
        names = tuple(file.path for file in predictions.files)
        skipped = skipped_cautions(collection.skipped, collection.skipped_images)
        cautions = [*normalized_cautions(predictions), *skipped]
        return fit_collection(
            collection, requests, rules, pool=pool, files=names, cautions=cautions
        )


def level_requests(
    threshold: str = "f1",
    pixel_threshold: str | None = None,
    image_sensitivity: float | None = None,
    pixel_sensitivity: float | None = None,
) -> Requests:
    """What is asked of both levels; see `fit`.

    Raises:
        UsageError: a rule or sensitivity that cannot be.
    """
    pixel_rule = parse_rule(threshold if pixel_threshold is None else pixel_threshold)
    return (
        LevelRequest("image", parse_rule(threshold), _checked(image_sensitivity)),
        LevelRequest("pixel", pixel_rule, _checked(pixel_sensitivity)),
    )


def fit_collection(
    collection: Collection,
    requests: Requests,
    rules: PreparationRules,
    *,
    pool: bool = False,
    files: tuple[str, ...] = (),
    cautions: Sequence[Caution] = (),
) -> Fit:
    """Fit on evidence that was collected.

    Args:
        collection: evidence of the split.
        requests: what is asked of both levels.
        rules: how stored values became evidence.
        pool: only one fit for all categories.
        files: where the images came from.
        cautions: what is known before.

    Raises:
        UsageError: a rule that this split cannot support.
        InvalidInputError: infinite scores, which have no range.
    """
    effective = rules.ignoring(collection.ignored)
    return _Fitting(requests, collection, pool, list(cautions)).result(files, effective)


class _Fitting:
    """The steps of `fit` after reading, with the cautions they give rise to."""

    def __init__(
        self, requests: Requests, collection: Collection, pool: bool, cautions: list[Caution]
    ) -> None:
        self.requests = requests
        self.collection = collection
        self.pool = pool
        self.apart = len(collection.categories) > 1 and not pool
        self.cautions = cautions
        self.chosen: set[str] = set()  # the rules that gave thresholds

    def result(self, files: tuple[str, ...], rules: PreparationRules) -> Fit:
        collection, rows = self.collection, self.collection.rows()
        self.cautions += observed_cautions(collection.observations())
        self.cautions += identity_cautions(rows) + map_cautions(rows)
        self.cautions += mixture_cautions(collection, rows, pool=self.pool)
        apart = {c: collection.of_category(c) for c in collection.categories}
        shared = self._post_processor(merged(apart.values()), None)
        categories = self._categories(apart) if self.apart else {}
        source = Source(
            files,
            content_digest(rows),
            len(rows),
            name_digests(rows),
            map_digests(rows),
            ignored_pixels=sum(row.ignored_pixels for row in rows),
        )
        cautions = tuple((caution.code, caution.message) for caution in self.cautions)
        return Fit(shared, source, categories, cautions, rules, rule_origins(self.chosen))

    def _categories(self, apart: Mapping[str | None, Evidence]) -> dict[str, OneClassPostProcessor]:
        """A fit of each category; images without one have none of their own."""
        if nameless := apart.get(None):
            message = "without category: the threshold fitted on all together serves for them"
            count = counted(len(nameless.images), "image")
            self._caution("category_not_fitted", f"{count} {message}")
        return {
            name: self._post_processor(evidence, name)
            for name, evidence in apart.items()
            if name is not None
        }

    def _post_processor(self, evidence: Evidence, category: str | None) -> OneClassPostProcessor:
        findings = Findings(evidence, has_pixels=self.collection.has_pixels)
        image, pixel = self.requests
        samples = [(image, findings.image_sample)]
        if findings.pixels is not None:
            samples.append((pixel, findings.pixels.sample))
        fitted = [self._level(request, sample, category, findings) for request, sample in samples]
        return OneClassPostProcessor(fitted[0], fitted[1] if len(fitted) > 1 else None)

    def _level(
        self, request: LevelRequest, sample: Sample, category: str | None, findings: Findings
    ) -> FittedLevel | None:
        place = f"{request.level} level" + (f" of {category}" if category else "")
        if not sample.positive_total and not sample.negative_total:
            self._caution("nothing_to_fit", f"{place}: no score to fit on")
            return None
        low, high = sample.range()
        if not (isfinite(low) and isfinite(high)):
            raise InvalidInputError(_infinite(request.level, place, findings))
        try:
            choice = request.rule.choose(sample)
        except NotFittableError as error:
            remedy = "choose a rule that the split supports, such as max or quantile@0.995"
            raise UsageError(
                Problem(f"{place}: rule {request.rule} cannot be fitted: {error}", remedy=remedy)
            ) from None
        self.chosen.add(choice.rule)
        if choice.fallback:
            self._caution("threshold_fallback", f"{place}: {choice.fallback} ({choice.rule})")
        if low == high:
            self._caution("constant_scores", f"{place}: all scores are {low!r}")
        scale = Scale(choice.threshold, low, high, request.sensitivity)
        normals, anomalous = sample.negative_total, sample.positive_total
        with_normals = sum(row.pixels > row.anomalous_pixels for row in findings.images)
        units = normals if request.level == "image" else with_normals
        flagged = FalsePositives(sample.confusion(scale.cut).false_positives, normals, units)
        table = NormalScores.of(sample.negatives)
        fitted = FittedLevel(scale, choice.rule, normals, anomalous, flagged, table)
        if category or not self.apart:
            self.cautions += threshold_cautions(request.level, place, sample, fitted)
        return fitted

    def _caution(self, code: str, message: str) -> None:
        self.cautions.append(Caution(code, message))


def _infinite(level: str, place: str, findings: Findings) -> list[Problem]:
    """What keeps a level from having a range, image by image."""
    if level == "image":
        field = "pred_score"
        names = [row.entry.identity for row in findings.images if row.score in (inf, -inf)]
    else:
        assert findings.pixels is not None
        field, names = "anomaly_map", findings.pixels.images_with_infinities()
    what = f"{place}: infinite scores have no range to normalize by"
    remedy = "make them finite, or leave the image out of the validation split"
    images: list[str | None] = [*names] or [None]
    return [Problem(what, field=field, image=image, remedy=remedy) for image in images]


def _checked(sensitivity: float | None) -> float:
    if sensitivity is None:
        return 0.5
    if not isinstance(sensitivity, Real) or not 0 <= sensitivity <= 1:
        raise UsageError(f"a sensitivity lies in [0, 1], got {sensitivity!r}")
    return float(sensitivity)
