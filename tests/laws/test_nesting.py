"""Several --by nest: each row is the one that asking for it alone gives."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from anomeval.errors import UsageError
from anomeval.reporting.as_json import result_from_json, result_to_json
from anomeval.reporting.result import Row
from anomeval.workflows.options import By
from tests.support import Picture, evaluation_of, run_here, write_h5

METRICS = ("auroc", "ap", "aupro")
LEVELS = tuple(f"{level}_auroc" for level in ("image", "pixel", "sample"))


def views() -> list[Picture]:
    """Two categories of twelve samples with three views each; some samples show two defects."""
    random, images = np.random.default_rng(3), []
    for category in ("bolt", "nut"):
        for sample in range(12):
            for view in range(3):
                bad = bool(sample % 2 and (view != 1 or sample % 4 == 1))
                kind = ("scratch" if view else "bend") if bad else "good"
                mask = np.zeros((6, 6), int)
                mask[1:3, 2:4] = bad
                images.append(
                    Picture(
                        score=random.random() + 0.5 * bad,
                        label=int(bad),
                        map=(random.random((6, 6)) + mask).tolist(),
                        mask=mask.tolist(),
                        path=f"{category}/test/{kind}/{sample:02}_{view}.png",
                        category=category,
                        defect_type=kind,
                        group=f"S{sample}",
                    )
                )
    return images


def rows(by: By | Sequence[By] | None, *metrics: str) -> Sequence[Row]:
    return evaluation_of(views(), *(metrics or METRICS), by=by).result.rows


def told(some: Sequence[Row]) -> dict[tuple[object, ...], Row]:
    found = {(row.metric, *sorted((row.group or {}).items())): row for row in some}
    assert len(found) == len(some)  # no row twice
    return found


@pytest.mark.parametrize("by", [*permutations(("category", "defect_type", "group_id"), 2)])
def test_two_nest_whatever_their_order(by: tuple[By, By]) -> None:
    """All rows of either, none of them changed."""
    both = told(rows(by))
    assert both.items() >= (told(rows(by[0])) | told(rows(by[1]))).items()
    assert both == told(rows(by[::-1]))


def test_the_sample_level_of_each_category_is_that_of_its_samples() -> None:
    """The highest score of each sample, by hand, and the share of pairs in the right order."""
    found = told(rows(("category", "group_id"), "auroc"))
    for category in ("bolt", "nut"):
        samples: dict[str, list[Picture]] = {}
        for image in views():
            if image.category == category:
                samples.setdefault(str(image.group), []).append(image)
        best = [(max(v.score for v in s), any(v.label for v in s)) for s in samples.values()]
        pairs = [(a > n) + (a == n) / 2 for a, bad in best if bad for n, well in best if not well]
        assert len(pairs) == 36
        row = found["sample_auroc", ("category", category)]
        assert row.value == sum(pairs) / len(pairs)
        assert row.support == {"normal_samples": 6, "anomalous_samples": 6}
    values = [found["sample_auroc", ("category", name)].value for name in ("bolt", "nut")]
    assert found["sample_auroc",].value == np.mean([value for value in values if value is not None])


def test_all_three() -> None:
    """Categories hold their defect types; a sample may show several, so it belongs to none."""
    found = rows(("group_id", "defect_type", "category"), "auroc")
    groups = list(dict.fromkeys(tuple((row.group or {}).values()) for row in found))
    inner = [(name, kind) for name in ("bolt", "nut") for kind in ("bend", "scratch")]
    assert groups == [(), ("bolt",), *inner[:2], ("nut",), *inner[2:], ("defect_type",)]
    for row in found:
        if row.metric == "sample_auroc":
            assert set(row.group or {}) <= {"category"}
    assert {row.metric for row in found if row.group == {"category": "nut"}} == set(LEVELS)


def test_what_was_asked_for_twice_is_asked_for_once() -> None:
    """And one alone is told as ever."""
    assert rows(["category", "category"]) == rows("category")
    assert evaluation_of(views(), by=["category"]).result.settings["by"] == "category"
    assert evaluation_of(views(), by=[]).result.settings["by"] is None


def test_the_result_comes_back() -> None:
    """Its settings list what it is split by."""
    result = evaluation_of(views(), by=["group_id", "category"]).result
    assert result.settings["by"] == ["category", "group_id"]
    text = result_to_json(result)
    assert result_to_json(result_from_json(text, "r.json")) == text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": ["category", "colour"]}, "cannot split by 'colour'"),
        ({"by": ["group_id", "category"], "pool": True}, "does not go with --pool"),
        ({"by": "category", "pool": True}, "does not go with --pool"),
    ],
)
def test_what_cannot_nest_is_refused(options: dict[str, object], message: str) -> None:
    """Nothing is dropped in silence."""
    with pytest.raises(UsageError, match=message):
        evaluation_of(views(), **options)


def test_the_command_writes_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a gate and a comparison find the nested values; parts merge to the same bytes."""
    monkeypatch.chdir(tmp_path)
    write_h5(tmp_path / "t.h5", views())
    split = ["--by", "group_id", "--by", "defect_type", "--by", "category"]
    forms = ["--json", "r.json", "--csv", "r.csv", "--markdown", "r.md", "--latex", "r.tex"]
    done = run_here("score", "t.h5", *split, *forms, "-m", "auroc", "--save-state", "t.state")
    assert done.status == 0
    for line in ("bolt,,", "bolt,bend,", "nut,scratch,"):
        assert line in (tmp_path / "r.csv").read_text()
    for name in ("r.md", "r.tex"):
        assert (tmp_path / name).read_text().count("scratch") == 2
    bounds = ["--min", "category:nut:sample_auroc=0", "--min", "defect:bend:pixel_auroc=0"]
    assert run_here("gate", "r.json", "--baseline", "r.json", *bounds).status == 0
    assert "bolt/bend" in run_here("compare", "r.json", "r.json").stdout
    assert run_here("merge", "t.state", "--json", "m.json", "-m", "auroc", "-q").status == 0
    assert (tmp_path / "m.json").read_bytes() == (tmp_path / "r.json").read_bytes()
    assert run_here("score", "t.h5", "--by", "colour").status == 2
    assert run_here("score", "t.h5", "--by", "category", "--pool").status == 2
    field = ["--field", "anomaly_map=a", "--field", "anomaly_map=b"]
    assert "not both" in run_here("score", "t.h5", *field).stderr
