"""Intervals and replicates as `score` gives them."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.evidence.findings import Findings
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics import AUROC, Doc, Metric, Outcome
from anomeval.reporting.as_json import result_from_json, result_to_json
from anomeval.reporting.result import Row
from anomeval.uncertainty.paired import why_unpaired
from anomeval.uncertainty.resampling import Quantities, Resampling
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.options import Options
from tests.support import Picture, evaluation_of, fit_at, write_h5, write_npz
from tests.uncertainty.scenes import Shot, evidence_of, photos

DEFAULTS = ("auroc", "ap", "f1max", "aupro", "aupimo(fpr_low=0.001,fpr_high=0.01)")


def pictures(shots: list[Shot]) -> list[Picture]:
    """The same images as they are written to files."""
    return [
        Picture(
            score=shot.score,
            label=int(shot.anomalous),
            map=shot.map,
            mask=shot.mask,
            path=shot.name,
            category=shot.category,
            group=shot.group,
        )
        for shot in shots
    ]


def evaluation(images: list[Picture], *metrics: str, **options: Any) -> Evaluation:
    """What `score` makes of a file with these images, with intervals as it has them by default."""
    return evaluation_of(images, *metrics, dtype="float32", **{"confidence": 0.95, **options})


def scored(shots: list[Shot], *metrics: str, **options: Any) -> dict[str, Row]:
    """The overall row of each metric, by its name without parameters."""
    rows = evaluation(pictures(shots), *(metrics or DEFAULTS), **options).result.rows
    return {row.metric.partition("(")[0]: row for row in rows if row.group is None}


def score_rows(shots: list[Shot], **options: Any) -> list[Row]:
    """All rows of image AUROC."""
    return list(evaluation(pictures(shots), "image_auroc", **options).result.rows)


def bytes_of(*files: Path) -> str:
    """The result file, but for the names of the files."""
    result = anomeval.score(files, metrics=DEFAULTS, fit=fit_at(0.7, 1.5)).result
    return result_to_json(replace(result, data=replace(result.data, files=())))


def test_how_images_are_stored_does_not_matter(tmp_path: Path) -> None:
    """Shuffled, divided into files, in another format: byte-identical results, replicates too."""
    images = pictures(photos(7, 8, 0, side=12))
    shuffled = [images[i] for i in np.random.default_rng(0).permutation(len(images))]
    whole = bytes_of(write_h5(tmp_path / "whole.h5", images, dtype="float32"))
    assert '"codes": "' in whole
    assert bytes_of(write_h5(tmp_path / "shuffled.h5", shuffled, dtype="float32")) == whole
    assert bytes_of(write_npz(tmp_path / "whole.npz", images, dtype="float32")) == whole
    parts = [
        write_h5(tmp_path / "part0.h5", shuffled[:4], dtype="float32"),
        write_npz(tmp_path / "part1.npz", shuffled[4:5], dtype="float32"),
        write_h5(tmp_path / "part2.h5", shuffled[5:], dtype="float32"),
    ]
    assert bytes_of(*reversed(parts)) == whole


def test_every_default_metric_has_an_interval() -> None:
    """Around the value, inside [0, 1], and neither a point nor everything."""
    for row in scored(photos(20, 20, 1)).values():
        assert row.confidence is not None, row.confidence_reason
        assert row.value is not None
        assert row.confidence.level == 0.95
        assert 0 <= row.confidence.low <= row.value <= row.confidence.high <= 1
        assert 0.01 < row.confidence.high - row.confidence.low < 0.6
        assert row.confidence_reason is None


def test_replicates_lie_around_the_value() -> None:
    """Put right by the exact value, however coarse the bins are."""
    for row in scored(photos(20, 20, 1)).values():
        assert row.replicates is not None
        values = row.replicates.values()
        assert len(values) == 500
        assert abs(values.mean() - row.value) < values.std()
        assert (row.replicates.normal, row.replicates.anomalous) == (20, 20)


def test_more_images_are_more_certain() -> None:
    """Nine times the images make a third of the interval, about."""
    few, many = (scored(photos(n, n, 2, side=12), "auroc", "aupro") for n in (12, 108))
    for name, row in few.items():
        wide, narrow = row.confidence, many[name].confidence
        assert wide is not None
        assert narrow is not None
        assert 1.8 < (wide.high - wide.low) / (narrow.high - narrow.low) < 5


def test_intervals_are_optional() -> None:
    """Without them there are no replicates either, and the values are the same."""
    images = photos(6, 6, 3, side=12)
    with_them, without = scored(images), scored(images, confidence=None)
    for name, row in without.items():
        assert (row.confidence, row.confidence_reason, row.replicates) == (None, None, None)
        assert row.value == with_them[name].value


def test_the_level_and_the_number_of_resamples() -> None:
    """Both can be chosen; fewer resamples are the first of more."""
    images = photos(12, 12, 4, side=12)
    wide, narrow = scored(images, confidence=0.99), scored(images, confidence=0.5, replicates=60)
    for name, row in narrow.items():
        assert row.confidence is not None
        assert row.replicates is not None
        other = wide[name]
        assert other.confidence is not None
        assert other.replicates is not None
        assert other.confidence.low < row.confidence.low <= row.confidence.high
        assert row.confidence.high < other.confidence.high
        span = other.replicates.high - other.replicates.low
        first = other.replicates.values()[:60]
        assert row.replicates.values() == pytest.approx(first, abs=2e-5 * span)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"confidence": 0.0}, "between 0 and 1"),
        ({"replicates": 1}, "at least 2"),
    ],
)
def test_refused_options(options: dict[str, Any], message: str) -> None:
    """Before anything is computed."""
    with pytest.raises(UsageError, match=message):
        Options(**options)


@pytest.mark.parametrize(
    ("normal", "anomalous", "reason"),
    [
        (20, 4, "4 anomalous images: an interval needs at least 5"),
        (1, 20, "1 normal image: an interval needs at least 5"),
    ],
)
def test_few_images(normal: int, anomalous: int, reason: str) -> None:
    """No interval rather than a fantasy."""
    for row in scored(photos(normal, anomalous, 5, side=12)).values():
        assert row.value is not None
        assert row.confidence is None
        assert row.replicates is None
        assert row.confidence_reason == reason


def test_metrics_of_one_class_need_only_that() -> None:
    """Recall rests on anomalous images, specificity on normal ones."""
    fit = fit_at(0.7, 1.5)
    rows = scored(photos(20, 4, 5, side=12), "image_recall", "image_specificity", fit=fit)
    assert rows["image_recall"].confidence is None
    assert rows["image_specificity"].confidence is not None


def test_pixels_need_no_normal_images() -> None:
    """Anomalous images have normal pixels; AUPIMO needs normal images all the same."""
    rows = scored(photos(0, 20, 6, side=12), "pixel_auroc", "aupro", "aupimo")
    assert rows["pixel_auroc"].confidence is not None
    assert rows["pixel_aupro"].confidence is not None
    assert rows["pixel_aupimo"].value is None
    assert rows["pixel_aupimo"].confidence_reason is None


@pytest.mark.parametrize(("masks", "given"), [(20, True), (4, False)])
def test_specificity_of_pixels_in_anomalous_images(masks: int, given: bool) -> None:
    """Without normal images, those outside masks are all there is."""
    images = photos(0, 20, 6, side=12)
    bare = [
        replace(shot, mask=np.zeros_like(shot.mask)) if index >= masks else shot
        for index, shot in enumerate(images)
        if shot.mask is not None
    ]
    row = scored(bare, "pixel_specificity", fit=fit_at(0.7, 1.5))["pixel_specificity"]
    assert row.value is not None
    assert (row.confidence is not None) == given
    assert given or row.confidence_reason == "0 normal images: an interval needs at least 5"


def test_without_any_mask_pixels_of_anomalous_images_tell_nothing() -> None:
    """Nobody knows which of them are normal: no value, and no interval around none."""
    bare = [replace(shot, mask=np.zeros((12, 12))) for shot in photos(0, 20, 6, side=12)]
    row = scored(bare, "pixel_specificity", fit=fit_at(0.7, 1.5))["pixel_specificity"]
    assert (row.value, row.reason, row.confidence) == (None, "no pixels", None)


def test_masks_count_where_pixels_do() -> None:
    """Twenty anomalous images of which three have a mask are three."""
    images = photos(20, 20, 7, side=12)
    bare = [
        replace(shot, mask=np.zeros_like(shot.mask)) if index >= 23 else shot
        for index, shot in enumerate(images)
        if shot.mask is not None
    ]
    rows = scored(bare, "auroc", "aupro")
    assert rows["image_auroc"].confidence is not None
    assert "3 anomalous images" in str(rows["pixel_auroc"].confidence_reason)
    assert "3 anomalous images" in str(rows["pixel_aupro"].confidence_reason)


def test_an_undefined_value_has_no_interval_and_one_reason() -> None:
    """Why there is no value also says why there is no interval."""
    row = scored(photos(8, 0, 8, side=12), "image_auroc")["image_auroc"]
    assert row.value is None
    assert row.reason is not None
    assert (row.confidence, row.confidence_reason) == (None, None)


def test_often_undefined_in_resamples() -> None:
    """Precision with one image flagged: a third of the resamples flag none."""
    images = [Shot(f"{i}", i >= 10, 0.1 * i) for i in range(20)]
    row = scored(images, "image_precision", fit=fit_at(1.85))["image_precision"]
    assert row.value == 1.0
    assert "undefined in" in str(row.confidence_reason)
    assert "of 500 resamples" in str(row.confidence_reason)


def test_a_perfect_detector_is_not_certain() -> None:
    """Twenty images of each class, all told apart: the interval says what that is worth."""
    images = [Shot(f"{i}", i >= 20, float(i)) for i in range(40)]
    for row in scored(images, "image_auroc", "image_ap").values():
        assert row.value == 1.0
        assert row.confidence is not None
        assert 0.8 < row.confidence.low < 0.9
        assert row.confidence.high == 1.0


def test_scores_too_close_for_the_bins() -> None:
    """Where all scores lie in a page or two, bins can tell nothing, and that is said."""
    images = photos(20, 20, 9)
    close = [
        replace(shot, map=(1000 + shot.map / 100).astype(np.float32))
        for shot in images
        if shot.map is not None
    ]
    wide, narrow = scored(images), scored(close)
    for name in ("pixel_auroc", "pixel_ap", "pixel_aupro", "pixel_aupimo"):
        assert wide[name].confidence is not None
        assert narrow[name].confidence is None
        assert "too close together" in str(narrow[name].confidence_reason)
    assert narrow["image_auroc"].confidence is not None


def test_views_of_one_thing_are_drawn_together() -> None:
    """Duplicates add images but no knowledge: by group the interval is as wide as without them."""
    images = photos(12, 12, 10, side=12)
    double = [replace(shot, name=f"{shot.name}/{view}") for shot in images for view in "ab"]
    grouped = [replace(shot, group=shot.name.partition("/")[0]) for shot in double]

    def width(shots: list[Shot]) -> dict[str, float]:
        ends = {name: row.confidence for name, row in scored(shots, "auroc", "aupro").items()}
        return {name: end.high - end.low for name, end in ends.items() if end}

    single, naive, honest = width(images), width(double), width(grouped)
    for name, alone in single.items():
        assert naive[name] < 0.85 * alone
        assert honest[name] == pytest.approx(alone, rel=0.15)


def test_the_mean_over_categories() -> None:
    """It has an interval of its own, narrower than those of its parts."""
    images = [
        replace(shot, name=f"{category}/{shot.name}", category=category)
        for number, category in enumerate(("nut", "bolt", "screw", "wire"))
        for shot in photos(10, 10, 11 + number, side=12)
    ]
    rows = score_rows(images, by="category")
    whole, *parts = (row for row in rows if row.metric == "image_auroc")
    assert whole.group is None
    widths = [row.confidence.high - row.confidence.low for row in parts if row.confidence]
    assert len(widths) == 4
    assert whole.confidence is not None
    width = whole.confidence.high - whole.confidence.low
    assert width == pytest.approx(np.mean(widths) / 2, rel=0.3)
    assert whole.replicates is not None
    means = np.mean([row.replicates.values() for row in parts if row.replicates], axis=0)
    assert whole.replicates.values() == pytest.approx(means, abs=1e-4)


def test_a_mean_with_a_part_that_has_no_interval() -> None:
    """It has none either, and says which part is to blame."""
    images = [
        replace(shot, name=f"{category}/{shot.name}", category=category)
        for category, count in (("nut", 10), ("bolt", 3))
        for shot in photos(10, count, 20, side=12)
    ]
    whole = score_rows(images)[0]
    assert whole.confidence is None
    expected = "1 of 2 have no interval; bolt: 3 anomalous images: an interval needs at least 5"
    assert whole.confidence_reason == expected


def test_defect_types_share_their_normal_images() -> None:
    """Each type has an interval, and so has their mean."""
    labelled = [
        Picture(
            score=shot.score,
            label=int(shot.anomalous),
            path=shot.name,
            defect_type=("scratch", "hole")[index % 2] if shot.anomalous else "good",
        )
        for index, shot in enumerate(photos(10, 14, 30, side=12))
    ]
    result = evaluation(labelled, "image_auroc", by="defect_type").result
    groups = [row.group for row in result.rows]
    assert groups[1:] == [
        {"defect_type": "hole"},
        {"defect_type": "scratch"},
        {"mean": "defect_type"},
    ]
    assert all(row.confidence is not None for row in result.rows)


def test_two_models_pair_without_their_files() -> None:
    """Results of the same images pair as they are written; of others they do not."""
    images = photos(10, 10, 40, side=12)
    other = [replace(shot, score=shot.score + 0.1 * i) for i, shot in enumerate(images)]
    first, second, third = (
        scored(shots, "image_auroc")["image_auroc"].replicates
        for shots in (images, other, images[:-1])
    )
    assert first is not None
    assert second is not None
    assert third is not None
    assert why_unpaired(first, second) is None
    assert "different images" in str(why_unpaired(first, third))


def test_result_files_hold_replicates() -> None:
    """A result comes back from JSON as it was, and obeys the schema on the way."""
    result = evaluation(pictures(photos(6, 4, 50, side=12)), *DEFAULTS).result
    text = result_to_json(result)
    again = result_from_json(text, "test")
    assert [row.replicates for row in again.rows] == [row.replicates for row in result.rows]
    assert [row.confidence_reason for row in again.rows] == [
        row.confidence_reason for row in result.rows
    ]
    assert result_to_json(again) == text


class Plain(Metric):
    """A metric of somebody else, who knows nothing of resamples."""

    name: ClassVar[str] = "plain"
    levels: ClassVar[tuple[Any, ...]] = ("image",)
    doc: ClassVar[Doc] = Doc(title="", formula="", undefined="", source="")

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None) -> Outcome:
        """A constant."""
        return Outcome(0.5)


def test_metrics_that_cannot_be_resampled() -> None:
    """They work without an interval."""
    resampling = Resampling(evidence_of(photos(6, 6, 60, side=12)), has_pixels=True, replicates=20)
    (known,) = resampling.estimate(Quantities.of(Plain("image"), None), [0.5])
    assert known.interval(0.95) is None
    assert known.reason == "this metric does not say how it is resampled"


def test_intervals_cover() -> None:
    """A small part of benchmarks/coverage.py: image AUROC at 30 images, 150 data sets."""
    rng, covered, plain = np.random.default_rng(0), 0, 0
    labels = np.arange(30) >= 15
    true = 0.8982  # Φ(1.8 / √2)
    for number in range(150):
        scores = rng.standard_normal(30) + 1.8 * labels
        shots = [
            Shot(f"{number}/{i}", bool(label), float(score))
            for i, (label, score) in enumerate(zip(labels, scores, strict=True))
        ]
        evidence = evidence_of(shots)
        value = AUROC("image").compute(Findings(evidence, has_pixels=False)).value
        resampling = Resampling(evidence, has_pixels=False, replicates=200)
        assert value is not None
        (known,) = resampling.estimate(Quantities.of(AUROC("image"), None), [value])
        low, high = known.interval(0.95) or (1.0, 0.0)
        covered += low <= true <= high
        assert known.replicates is not None
        low, high = np.quantile(known.replicates.values(), [0.025, 0.975])
        plain += low <= true <= high
    assert 0.92 < covered / 150 < 1
    assert plain < covered
