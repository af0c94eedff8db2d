"""Image scores and labels: rankings and operating points."""

from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import InvalidInputError
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.findings import Findings
from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metric
from tests.facts.image_level import OPERATING_POINTS, RANKING, ImageCase
from tests.hand_checked.expecting import by_id, exactly, expected
from tests.support import evaluation_of, pictures_of, score_of, values_of, write_h5

WITH_IMAGES = [case for case in RANKING + OPERATING_POINTS if case.scores]


@pytest.mark.parametrize("case", WITH_IMAGES, ids=by_id)
def test_every_image_metric_has_its_hand_checked_value(case: ImageCase) -> None:
    """Scores and labels in a file give the value derived by hand, or none where none exists."""
    rows = score_of(pictures_of(case.scores, case.labels), *case.expected)
    assert values_of(rows) == expected(case.expected)


@pytest.mark.parametrize("case", WITH_IMAGES, ids=by_id)
def test_undefined_is_told_with_a_reason(case: ImageCase) -> None:
    """A row has a reason if, and only if, it has no value."""
    rows = score_of(pictures_of(case.scores, case.labels), *case.expected)
    assert {name for name, row in rows.items() if row.reason} == {
        name for name, value in case.expected.items() if value is None
    }


@pytest.mark.parametrize("case", [c for c in RANKING if c.f1_cuts], ids=by_id)
def test_best_f1_names_its_cuts(case: ImageCase) -> None:
    """The lowest and the highest score with exactly the best F1 are told."""
    assert case.f1_cuts is not None
    row = score_of(pictures_of(case.scores, case.labels), "image_f1max")["image_f1max"]
    lowest, highest = case.f1_cuts
    assert row.extra == exactly({"threshold": lowest, "highest_tied_threshold": highest})


@pytest.mark.parametrize("case", [c for c in RANKING if len(c.batch_sizes) > 1], ids=by_id)
def test_batches_in_files_of_their_own_change_nothing(case: ImageCase, tmp_path: Path) -> None:
    """Images that arrive in several files are ranked as if they were in one."""
    pictures = pictures_of(case.scores, case.labels)
    starts = np.cumsum((0, *case.batch_sizes))
    files = [
        write_h5(tmp_path / f"{start}.h5", pictures[start : start + size])
        for start, size in zip(starts, case.batch_sizes, strict=False)
    ]
    result = anomeval.score(files, metrics=list(case.expected)).result
    assert {row.metric: row.value for row in result.rows} == expected(case.expected)


@pytest.mark.parametrize("case", [c for c in RANKING if not c.scores], ids=by_id)
def test_nothing_seen_is_undefined(case: ImageCase) -> None:
    """Without a single image no metric has a value."""
    nothing = Findings(Evidence())
    metrics = [parse_metric(text, METRICS) for text in case.expected]
    assert {str(metric): metric.compute(nothing, None).value for metric in metrics} == case.expected


def test_a_file_without_images_is_refused(tmp_path: Path) -> None:
    """An empty file is a mistake to be told, not a data set without values."""
    path = tmp_path / "empty.npz"
    np.savez(path, pred_score=np.empty(0), gt_label=np.empty(0, np.uint8))
    with pytest.raises(InvalidInputError, match="holds no images"):
        anomeval.score([path])


def test_the_ranking_reads_raw_scores() -> None:
    """Scores far outside [0, 1] neither saturate nor clamp."""
    rows = score_of(pictures_of([-2, -0.5, 40, 80, 1e30, 2e30], [0, 0, 0, 1, 1, 1]), "image_auroc")
    assert rows["image_auroc"].value == 1.0


def test_a_ranking_upside_down_is_cautioned() -> None:
    """Below one half the sign of the scores is in doubt, and the reader hears so."""
    evaluation = evaluation_of(pictures_of([0.9, 0.8, 0.2], [0, 0, 1]), "image_auroc")
    (caution,) = (c for c in evaluation.result.cautions if c.code == "inverted_scores")
    assert "image_auroc is below 0.5" in caution.message
