"""From complete evidence to a result: every metric on every group that was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from anomeval.counting import CORE_NAME
from anomeval.evidence.curves import curves
from anomeval.evidence.findings import Findings, mean
from anomeval.judging.post_processor import Fit, OneClassPostProcessor
from anomeval.metrics import AUPIMO, Metric, Outcome
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.result import Caution, DataSummary, Group, ImageResult, Result, Row
from anomeval.version import __version__
from anomeval.workflows.cautions import (
    fit_cautions,
    identity_cautions,
    observed_cautions,
    value_cautions,
)
from anomeval.workflows.collection import Collection, Splitting, content_digest
from anomeval.workflows.image_results import image_results
from anomeval.workflows.leaks import overlap_cautions


@dataclass(frozen=True)
class Options:
    """Everything besides the data and the metrics that values depend on."""

    splitting: Splitting = field(default_factory=Splitting)
    rules: PreparationRules = field(default_factory=PreparationRules)
    allow_overlap: bool = False


@dataclass(frozen=True)
class _Part:
    """A group of images that metrics are computed on."""

    group: Group | None
    category: str | None
    findings: Findings


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
        self._outcomes: dict[tuple[str | None, Metric], Outcome] = {}
        before = list(cautions)
        if fit is not None:
            allow = options.allow_overlap
            before += overlap_cautions(self._images, fit.source, allow_overlap=allow)
        before += observed_cautions(collection.observations()) + identity_cautions(self._images)
        rows = self._rows()
        self.result = Result(
            anomeval_version=__version__,
            settings=self._settings(),
            data=self._data(files),
            rows=rows,
            cautions=before + fit_cautions(self.categories, fit) + value_cautions(rows),
        )

    @cached_property
    def categories(self) -> dict[str | None, Findings]:
        """The findings of each category; a single None where there are no categories."""
        collection = self._collection
        return {
            name: Findings(collection.of_category(name), has_pixels=collection.has_pixels)
            for name in collection.categories
        }

    def judge(self, category: str | None) -> OneClassPostProcessor | None:
        """What was fitted for a category; None without a fit."""
        return self._fit.for_category(category) if self._fit else None

    def images(self) -> list[ImageResult]:
        """Every image with its decision, its AUPIMO and the recall of its regions."""
        found: list[ImageResult] = []
        for category, findings in self.categories.items():
            found += image_results(findings, self.judge(category), self._areas(category))
        return sorted(found, key=lambda image: image.image_path)

    def curves(self) -> dict[str, NDArray[Any]]:
        """ROC, PR, PRO and PIMO curves; names begin with `category/` where there are several."""
        if len(self.categories) == 1:
            return curves(*self.categories.values())
        return {
            f"{category or ''}/{name}": array
            for category, findings in self.categories.items()
            for name, array in curves(findings).items()
        }

    def _areas(self, category: str | None) -> Mapping[str, float]:
        findings = self.categories[category]
        if findings.pixels is None:
            return {}
        asked = [metric for metric in self._metrics if isinstance(metric, AUPIMO)]
        return self._outcome(category, asked[0] if asked else AUPIMO()).per_image

    def _outcome(self, category: str | None, metric: Metric) -> Outcome:
        key = (category, metric)
        if key not in self._outcomes:
            judge = self.judge(category)
            self._outcomes[key] = metric.compute(self.categories[category], judge)
        return self._outcomes[key]

    def _rows(self) -> list[Row]:
        rows = [self._overall(metric) for metric in self._metrics]
        if self._options.splitting.by == "category":
            for category in self.categories:
                group = {"category": category or ""}
                rows += [_row(m, group, self._outcome(category, m)) for m in self._metrics]
        if self._options.splitting.by == "defect_type":
            rows += self._defect_type_rows()
        return rows

    def _overall(self, metric: Metric) -> Row:
        outcomes = [self._outcome(category, metric) for category in self.categories]
        if len(outcomes) == 1:
            return _row(metric, None, outcomes[0])
        return _mean_row(metric, None, outcomes, "category")

    def _defect_type_rows(self) -> list[Row]:
        parts = list(self._defect_types())
        rows: list[Row] = []
        by_metric: dict[Metric, list[Outcome]] = {metric: [] for metric in self._metrics}
        for part in parts:
            judge = self.judge(part.category)
            for metric in self._metrics:
                outcome = metric.compute(part.findings, judge)
                by_metric[metric].append(outcome)
                rows.append(_row(metric, part.group, outcome))
        mean_group = {"mean": "defect_type"}
        if len(parts) > 1:
            for metric, outcomes in by_metric.items():
                rows.append(_mean_row(metric, mean_group, outcomes, "defect_type"))
        return rows

    def _defect_types(self) -> list[_Part]:
        collection = self._collection
        parts = []
        for category in collection.categories:
            for name in collection.parts(category):
                evidence = collection.of_part(category, name)
                findings = Findings(evidence, has_pixels=collection.has_pixels)
                group = {"category": category} if category else {}
                parts.append(_Part({**group, "defect_type": name}, category, findings))
        return parts

    def _settings(self) -> dict[str, object]:
        options, rules = self._options, self._options.rules
        return {
            "fit": self._fit.digest if self._fit else None,
            "by": options.splitting.by,
            "pool": options.splitting.pool,
            "resize": rules.resize,
            "mask_above": rules.mask_above,
            "nan": rules.nan,
            "connectivity": 8,
            "core": CORE_NAME,
        }

    def _data(self, files: Sequence[str]) -> DataSummary:
        images = self._images
        anomalous = sum(image.anomalous for image in images)
        pixels = [findings.pixels for findings in self.categories.values() if findings.pixels]
        return DataSummary(
            files=tuple(files),
            digest=content_digest(images),
            images=len(images),
            normal_images=len(images) - anomalous,
            anomalous_images=anomalous,
            pixels=sum(image.pixels for image in images),
            anomalous_pixels=sum(image.anomalous_pixels for image in images),
            regions=sum(found.region_total for found in pixels),
        )


def _row(metric: Metric, group: Group | None, outcome: Outcome) -> Row:
    return Row(
        metric=str(metric),
        group=group,
        value=outcome.value,
        reason=outcome.reason,
        support=outcome.support,
        extra=outcome.extra,
    )


def _mean_row(metric: Metric, group: Group | None, outcomes: Sequence[Outcome], over: str) -> Row:
    """Unweighted mean over the groups in which the metric is defined."""
    defined = [outcome.value for outcome in outcomes if outcome.value is not None]
    support: dict[str, int] = {}
    for outcome in outcomes:
        for name, count in outcome.support.items():
            support[name] = support.get(name, 0) + count
    return Row(
        metric=str(metric),
        group=group,
        value=mean(defined) if defined else None,
        reason=None if defined else "undefined in every group",
        support=support,
        extra={
            "mean_over": over,
            "groups": len(outcomes),
            "undefined": len(outcomes) - len(defined),
        },
    )
