"""From complete evidence to a result: every metric on every group that was asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from numpy.typing import NDArray

from anomeval.counting import CORE_NAME
from anomeval.evidence.curves import curves
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import Findings, mean
from anomeval.evidence.images import portable_names
from anomeval.judging.post_processor import Fit, OneClassPostProcessor
from anomeval.metrics import AUPIMO, Metric, Outcome
from anomeval.metrics.selection import plugin_origins
from anomeval.parallel import meanwhile
from anomeval.reporting.drift import Drift
from anomeval.reporting.figures.traces import Bands
from anomeval.reporting.result import (
    Caution,
    Confidence,
    DataSummary,
    Group,
    ImageRecord,
    ImageResult,
    Result,
    Row,
)
from anomeval.uncertainty.resampling import (
    Columns,
    Quantities,
    Resampling,
    Uncertainty,
    mean_uncertainty,
)
from anomeval.version import __version__
from anomeval.workflows.banding import curve_bands
from anomeval.workflows.cautions import collected_cautions, value_cautions
from anomeval.workflows.collection import Collection, content_digest
from anomeval.workflows.distributions import drifts
from anomeval.workflows.image_records import (
    ground_truth_digest,
    identities_digest,
    image_records,
)
from anomeval.workflows.image_results import image_results
from anomeval.workflows.leaks import overlap_cautions
from anomeval.workflows.options import Options
from anomeval.workflows.without_normals import normals_cautions


@dataclass(frozen=True)
class _Part:
    """A group of images that metrics are computed on."""

    group: Group
    category: str | None
    evidence: Evidence
    findings: Findings


@dataclass(frozen=True)
class _Answer:
    """What a metric found on a group of images, and how sure it is."""

    outcome: Outcome
    uncertainty: Uncertainty


def _told(
    resampling: Resampling, columns: Callable[[], Columns | str], value: float | None
) -> Uncertainty:
    """What is known about a value; without one, nothing is to be known."""
    return Uncertainty() if value is None else resampling.told(columns(), [value])[0]


class Evaluation:
    """Complete evidence, and the answers to everything that was asked of it.

    result: the values with all that is needed to read them.
    """

    def __init__(
        self,
        collection: Collection,
        metrics: Sequence[Metric],
        fit: Fit | None,
        options: Options,
        files: Sequence[str],
        cautions: Sequence[Caution] = (),
    ) -> None:
        self._collection = collection
        self._metrics = metrics
        self._fit = fit
        self._options = options
        self._images = collection.rows()
        self._rules = options.rules.ignoring(collection.ignored)
        before = list(cautions)
        if fit is not None:
            allow = options.allow_overlap
            before += overlap_cautions(self._images, fit.source, allow_overlap=allow)
        before += collected_cautions(collection, self._images, self._rules, fit)
        rows = self._rows()
        hidden = self._hidden(rows)
        before += value_cautions(rows) + normals_cautions([*rows, *hidden], metrics)
        self.result = Result(
            anomeval_version=__version__,
            settings=self._settings(),
            data=self._data(files),
            rows=rows,
            cautions=before,
            images=self._records(),
            drift=self._drift(),
            parts=hidden,
        )

    @cached_property
    def categories(self) -> dict[str | None, Findings]:
        """The findings of each category; a single None where there are no categories."""
        return {part.category: part.findings for part in self._parts}

    def judge(self, category: str | None) -> OneClassPostProcessor | None:
        """What was fitted for a category; None without a fit."""
        return self._fit.for_category(category) if self._fit else None

    def images(self) -> list[ImageResult]:
        """Every image with its decision, its AUPIMO and the recall of its regions."""
        found: list[ImageResult] = []
        for category, findings in self.categories.items():
            found += image_results(findings, self.judge(category), self._areas(category))
        return sorted(found, key=lambda image: image.image_path)

    def _records(self) -> tuple[ImageRecord, ...]:
        """What the result keeps of every image."""
        found: list[ImageResult] = []
        for category, findings in self.categories.items():
            found += image_results(findings, self.judge(category), {})
        return image_records(found, self._images)

    def curves(self, points: int | None = None) -> dict[str, NDArray[Any]]:
        """ROC, PR, PRO and PIMO curves; names begin with `category/` where there are several.

        They are complete: straight lines through them have the areas that the metrics report, see
        `anomeval.evidence.curves.curves`. PIMO curves are so where the AUPIMO that was asked for
        looks, by default from 1e-5 to 1e-4.

        Args:
            points: of each curve at most so many, to be looked at; None = all.
        """
        asked = [metric for metric in self._metrics if isinstance(metric, AUPIMO)] or [AUPIMO()]
        windows = [metric.window for metric in asked]
        found = {
            category: curves(findings, windows, points=points)
            for category, findings in self.categories.items()
        }
        if len(found) == 1:
            return dict(*found.values())
        return {
            f"{category or ''}/{name}": array
            for category, arrays in found.items()
            for name, array in arrays.items()
        }

    def bands(self, arrays: Mapping[str, NDArray[Any]]) -> Bands:
        """Pointwise bands around curves, at the level of the intervals; none without these.

        Args:
            arrays: the curves, as `curves` gives them.
        """
        if self._options.confidence is None:
            return {}
        alone = len(self._parts) == 1
        evidence = {"" if alone else p.category or "": p.evidence for p in self._parts}
        has_pixels = self._collection.has_pixels
        return curve_bands(evidence, arrays, self._options.confidence, has_pixels=has_pixels)

    def _drift(self) -> Sequence[Drift]:
        """Whether ranking or threshold has failed, at the levels that were asked about."""
        levels = {metric.level for metric in self._metrics}
        return () if self._fit is None else drifts(self.categories, self._fit, levels=levels)

    def _areas(self, category: str | None) -> Mapping[str, float]:
        findings = self.categories[category]
        if findings.pixels is None:
            return {}
        for metric in self._metrics:
            if isinstance(metric, AUPIMO):
                return self._answers[category][metric].outcome.per_image
        return AUPIMO().compute(findings).per_image

    @cached_property
    def _called(self) -> Mapping[str, str]:
        """What images are drawn by, so that resamples pair wherever the data set lies."""
        return portable_names(self._images)

    @cached_property
    def _parts(self) -> list[_Part]:
        """The categories."""
        collection = self._collection
        parts = []
        for name in collection.categories:
            evidence = collection.of_category(name)
            findings = Findings(evidence, has_pixels=collection.has_pixels)
            parts.append(_Part({"category": name or ""}, name, evidence, findings))
        return parts

    @cached_property
    def _answers(self) -> dict[str | None, dict[Metric, _Answer]]:
        """What every metric found on every category."""
        return {part.category: self._answered(part, self._metrics) for part in self._parts}

    def _answered(self, part: _Part, metrics: Sequence[Metric]) -> dict[Metric, _Answer]:
        judge = self.judge(part.category)
        if self._options.confidence is None:
            outcomes = {metric: metric.compute(part.findings, judge) for metric in metrics}
            return {metric: _Answer(outcome, Uncertainty()) for metric, outcome in outcomes.items()}
        resampling = Resampling(
            part.evidence,
            has_pixels=self._collection.has_pixels,
            replicates=self._options.replicates,
            called=self._called,
        )
        with meanwhile() as hand_over:  # neither values nor resamples wait for the other
            columns = {
                metric: hand_over(partial(resampling.columns, Quantities.of(metric, judge)))
                for metric in metrics
            }
            outcomes = {metric: metric.compute(part.findings, judge) for metric in metrics}
            return {
                metric: _Answer(outcome, _told(resampling, columns[metric], outcome.value))
                for metric, outcome in outcomes.items()
            }

    def _rows(self) -> list[Row]:
        rows = [self._overall(metric) for metric in self._metrics]
        by = self._options.splitting.by
        defect_types: dict[str, dict[Metric, _Answer]] = {}
        for part in self._parts:
            if "category" in by:
                rows += self._rows_of(part.group, self._answers[part.category])
            if "defect_type" in by:
                for inner in self._defect_types(part.category):
                    name = "/".join(inner.group.values())
                    defect_types[name] = self._answered(inner, self._without_samples)
                    rows += self._rows_of(inner.group, defect_types[name])
        return rows + self._defect_type_means(defect_types)

    def _rows_of(self, group: Group, answers: Mapping[Metric, _Answer]) -> list[Row]:
        return [self._row(metric, group, answer) for metric, answer in answers.items()]

    def _hidden(self, rows: Sequence[Row]) -> list[Row]:
        """The values of categories, where these rows hold no more than means over them."""
        told = [row.group for row in rows]
        if len(self._parts) == 1 or all(part.group in told for part in self._parts):
            return []
        return [
            row
            for part in self._parts
            for row in self._rows_of(part.group, self._answers[part.category])
        ]

    def _overall(self, metric: Metric) -> Row:
        answers = {name or "(none)": found[metric] for name, found in self._answers.items()}
        if len(answers) == 1:
            return self._row(metric, None, *answers.values())
        return self._mean_row(metric, None, answers, "category")

    def _defect_type_means(self, answers: Mapping[str, Mapping[Metric, _Answer]]) -> list[Row]:
        """The means over all defect types, where there are several."""
        if len(answers) < 2:
            return []
        return [
            self._mean_row(
                metric,
                {"mean": "defect_type"},
                {name: found[metric] for name, found in answers.items()},
                "defect_type",
            )
            for metric in self._without_samples
        ]

    @cached_property
    def _without_samples(self) -> list[Metric]:
        """The metrics of a defect type; a sample may show several, so it belongs to none."""
        return [metric for metric in self._metrics if metric.level != "sample"]

    def _defect_types(self, category: str | None) -> Iterator[_Part]:
        collection = self._collection
        for name in collection.parts(category):
            evidence = collection.of_part(category, name)
            findings = Findings(evidence, has_pixels=collection.has_pixels)
            group = {"category": category} if category else {}
            yield _Part({**group, "defect_type": name}, category, evidence, findings)

    def _row(self, metric: Metric, group: Group | None, answer: _Answer) -> Row:
        outcome = answer.outcome
        return Row(
            metric=str(metric),
            group=group,
            value=outcome.value,
            reason=outcome.reason,
            confidence=self._confidence(answer.uncertainty),
            confidence_reason=answer.uncertainty.reason,
            support=outcome.support,
            extra=outcome.extra,
            replicates=answer.uncertainty.replicates,
        )

    def _mean_row(
        self, metric: Metric, group: Group | None, answers: Mapping[str, _Answer], over: str
    ) -> Row:
        """Unweighted mean over the groups in which the metric is defined."""
        outcomes = [answer.outcome for answer in answers.values()]
        defined = [outcome.value for outcome in outcomes if outcome.value is not None]
        support: dict[str, int] = {}
        for outcome in outcomes:
            for name, count in outcome.support.items():
                support[name] = support.get(name, 0) + count
        uncertainty = mean_uncertainty({name: a.uncertainty for name, a in answers.items()})
        return Row(
            metric=str(metric),
            group=group,
            value=mean(defined) if defined else None,
            reason=None if defined else "undefined in every group",
            confidence=self._confidence(uncertainty),
            confidence_reason=uncertainty.reason,
            support=support,
            extra={
                "mean_over": over,
                "groups": len(outcomes),
                "undefined": len(outcomes) - len(defined),
            },
            replicates=uncertainty.replicates,
        )

    def _confidence(self, uncertainty: Uncertainty) -> Confidence | None:
        level = self._options.confidence
        ends = None if level is None else uncertainty.interval(level)
        return None if level is None or ends is None else Confidence(level, *ends)

    def _settings(self) -> dict[str, object]:
        options, rules = self._options, self._rules
        plugins = plugin_origins(self._metrics)
        return {
            "fit": self._fit.digest if self._fit else None,
            "by": options.splitting.told,
            "pool": options.splitting.pool,
            "resize": rules.resize,
            "mask_above": rules.mask_above,
            "nan": rules.nan,
            "ignore_value": list(rules.ignore_value),
            "empty_masks": rules.empty_masks,
            "connectivity": 8,
            "core": CORE_NAME,
            **({"plugins": plugins} if plugins else {}),
        }

    def _data(self, files: Sequence[str]) -> DataSummary:
        images = self._images
        anomalous = sum(image.anomalous for image in images)
        pixels = [findings.pixels for findings in self.categories.values() if findings.pixels]
        return DataSummary(
            files=tuple(files),
            digest=content_digest(images),
            images=len(images),
            skipped_images=self._collection.skipped_images,
            ignored_pixels=sum(image.ignored_pixels for image in images),
            normal_images=len(images) - anomalous,
            anomalous_images=anomalous,
            pixels=sum(image.pixels for image in images),
            anomalous_pixels=sum(image.anomalous_pixels for image in images),
            regions=sum(found.region_total for found in pixels),
            identities=identities_digest(images),
            ground_truth=ground_truth_digest(images),
        )
