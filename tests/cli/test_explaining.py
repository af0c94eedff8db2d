"""`metrics`, `inspect`, `--version` and `--help`."""

import json
from pathlib import Path

import pytest

from anomeval.metrics import METRICS
from anomeval.version import __version__
from tests.support import Picture, run_here, write_h5


def test_the_list_names_every_metric() -> None:
    """A metric that is there can be found."""
    done = run_here("metrics")
    assert done.status == 0
    words = set(done.stdout.split())
    assert set(METRICS) <= words


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_explained(name: str) -> None:
    """Its title, and the text that stands for it in results."""
    done = run_here("metrics", name)
    assert done.status == 0
    shown = " ".join(done.stdout.split())
    assert METRICS[name].doc.title.split(";")[0] in shown
    assert f"{METRICS[name].levels[0]}_{name}" in shown


def test_a_metric_is_explained_with_its_parameters() -> None:
    """`aupro@0.05` is told apart from the default."""
    assert "pixel_aupro(fpr_limit=0.05)" in run_here("metrics", "aupro@0.05").stdout


@pytest.mark.usefixtures("here")
def test_inspect_tells_what_is_there() -> None:
    """Fields, counts and possible levels, with status 0."""
    done = run_here("inspect", "test.h5")
    assert done.status == 0
    assert all(word in done.stdout for word in ("anomaly_map", "gt_mask", "nut", "pill"))


@pytest.mark.usefixtures("here")
def test_inspect_tells_what_is_wrong() -> None:
    """What score would refuse is an error with status 3; the report is shown all the same."""
    write_h5(Path("nan.h5"), [Picture(1, 1, [[float("nan"), 1]], [[1, 0]])])
    done = run_here("inspect", "nan.h5")
    assert done.status == 3
    assert "NaN" in done.stdout
    report = run_here("inspect", "nan.h5", "--json", "-")
    assert report.status == 3
    assert "error" in {finding["severity"] for finding in json.loads(report.stdout)["findings"]}


@pytest.mark.usefixtures("here")
def test_inspect_looks_at_broken_files_beside_sound_ones() -> None:
    """A file that cannot be opened is a finding, not the end."""
    Path("broken.h5").write_bytes(Path("test.h5").read_bytes()[:300])
    done = run_here("inspect", "test.h5", "broken.h5")
    assert done.status == 3
    assert "broken.h5" in done.stdout
    assert "anomaly_map" in done.stdout


def test_version_names_the_core_that_counts() -> None:
    """Which package and which counting core are at work."""
    done = run_here("--version")
    assert done.status == 0
    assert done.stdout.startswith(f"anomeval {__version__} (counting core: ")


@pytest.mark.parametrize("words", [[], ["fit"], ["score"], ["inspect"], ["metrics"]])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_is_one_word_away(words: list[str], flag: str) -> None:
    """Every command explains itself on standard output, with status 0."""
    done = run_here(*words, flag)
    assert (done.status, done.stderr) == (0, "")
    assert "Usage" in done.stdout
