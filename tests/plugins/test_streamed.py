"""Metrics with evidence of their own give the same for any threads, files and groups."""

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.evaluator import Evaluator
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import Findings
from anomeval.metrics import Doc, Level, Outcome
from anomeval.metrics.streamed import StreamedMetric
from anomeval.workflows.merging import refuse_streamed
from tests.evaluator.loops import IMAGES, arrays, batches, written
from tests.plugins.offers import DOC
from tests.support import overall


@dataclass
class Sums:
    """Whole numbers, which add up the same in any order."""

    seen: Counter[str] = field(default_factory=Counter)
    pixels: int = 0

    def update(self, image):
        self.seen[image.entry.identity] += 1
        self.pixels += int((image.anomaly_map > 2).sum())

    def merge(self, other):
        self.seen += other.seen
        self.pixels += other.pixels

    def compute(self, judge):
        assert set(self.seen.values()) <= {1}
        return Outcome(self.pixels / 1000, support={"images": len(self.seen)})


@dataclass(frozen=True)
class HighPixels(StreamedMetric):
    """Thousands of pixels above 2."""

    name: ClassVar[str] = "high_pixels"
    levels: ClassVar[tuple[Level, ...]] = ("pixel",)
    doc: ClassVar[Doc] = DOC
    level: Level = "pixel"

    def start(self):
        return Sums()


class Failing(HighPixels):
    """Fails on every image."""

    name: ClassVar[str] = "failing"

    def start(self):
        class Broken(Sums):
            def update(self, image):
                raise RuntimeError("no GPU")

        return Broken()


def expected(whole):
    return int((whole["anomaly_map"] > 2).sum()) / 1000


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_image_is_seen_once_by_any_number_of_threads(tmp_path, jobs):
    whole = arrays()
    evaluation = anomeval.score(
        [written(tmp_path / "t.h5", whole)], metrics=[HighPixels()], jobs=jobs
    )
    (row,) = evaluation.result.rows
    assert row.support == {"images": IMAGES // 2 * 2}
    per_category = [
        expected({"anomaly_map": whole["anomaly_map"][np.array(whole["category"]) == name]})
        for name in ("brick", "grass")
    ]
    assert row.value == sum(per_category) / 2


def test_files_are_one_data_set(tmp_path):
    parts = [arrays(seed) for seed in (1, 2)]
    files = [written(tmp_path / f"{n}.npz", part) for n, part in enumerate(parts)]
    row = overall(anomeval.score(files, metrics=[HighPixels()], pool=True))["pixel_high_pixels"]
    assert row.value == sum(int((p["anomaly_map"] > 2).sum()) for p in parts) / 1000


def test_groups_are_kept_apart(tmp_path):
    whole = arrays() | {"defect_type": ["good", "crack"] * (IMAGES // 2)}
    path = written(tmp_path / "t.h5", whole)
    result = anomeval.score([path], metrics=[HighPixels()], by="defect_type", pool=True).result
    by_group = {str(row.group): row.value for row in result.rows}
    assert by_group["{'defect_type': 'crack'}"] == by_group["None"] == expected(whole)


def test_a_loop_gives_the_same(tmp_path):
    whole = arrays()
    path = written(tmp_path / "t.h5", whole)
    loops = [Evaluator([HighPixels(), "auroc"]) for _ in range(2)]
    for number, batch in enumerate(batches(whole, 3)):
        loops[number % 2].update(batch)
    loops[0].merge(loops[1])
    saved = anomeval.score([path], metrics=[HighPixels(), "auroc"]).result
    assert loops[0].values() == {row.metric: row.value for row in saved.rows}


def test_data_without_pixels_does_not_support_it(tmp_path):
    path = written(tmp_path / "t.h5", {"pred_score": [1.0, 2.0], "gt_label": [0, 1]})
    with pytest.raises(UsageError, match="pixel_high_pixels: the data has no anomaly_map"):
        anomeval.score([path], metrics=[HighPixels()])
    evaluator = Evaluator([HighPixels(), "image_auroc"])
    evaluator.update({"pred_score": [1.0, 2.0], "gt_label": [0, 1]})
    with pytest.raises(UsageError, match="pixel_high_pixels: the data has no anomaly_map"):
        evaluator.compute()


def test_a_failure_names_metric_and_image(tmp_path):
    path = written(tmp_path / "t.h5", arrays())
    with pytest.raises(UsageError, match=r"t\.h5, image .*pixel_failing failed .*: no GPU"):
        anomeval.score([path], metrics=[Failing()], jobs=1)


def test_it_has_no_state_that_travels():
    with pytest.raises(UsageError, match="pixel_high_pixels looks at every image itself"):
        refuse_streamed([HighPixels()])


def test_evidence_that_was_collected_without_it_is_not_enough():
    with pytest.raises(UsageError, match="pixel_high_pixels: its evidence was not collected"):
        HighPixels().compute(Findings(Evidence()), None)
