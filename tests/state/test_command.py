"""`anomeval merge` and `--save-state`, as typed in a terminal."""

from pathlib import Path

import numpy as np
import pytest

from tests.support import run_cli, run_here

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The two halves of a data set, each scored alone, with the files they are of."""
    folder = tmp_path_factory.mktemp("parts")
    files = [SAMPLE / "knn" / "val.h5", SAMPLE / "knn" / "test.h5"]
    states = [folder / "val.state", folder / "test.state"]
    for file, state in zip(files, states, strict=True):
        run = run_here("score", file, "--by", "category", "--save-state", state, "-q")
        assert (run.status, run.stdout, run.stderr) == (0, "", "")
    return folder, files, states


def test_the_outputs_are_those_of_score_on_all_files(parts):
    """Every form: JSON, CSV, Markdown, LaTeX, per image, curves, and the table itself."""
    folder, files, states = parts
    scored = run_here("score", *files, "--by", "category", *outputs(folder, "score"))
    merged = run_here("merge", *reversed(states), *outputs(folder, "merge"))
    assert (scored.status, merged.status) == (0, 0), merged.stderr
    assert merged.stdout == scored.stdout
    for name in ("json", "csv", "md", "tex", "jsonl", "state"):
        assert (folder / f"merge.{name}").read_bytes() == (folder / f"score.{name}").read_bytes()
    with np.load(folder / "merge.npz") as merge, np.load(folder / "score.npz") as score:
        assert set(merge.files) == set(score.files)
        assert all(np.array_equal(merge[name], score[name]) for name in score.files)


def test_a_fit_and_metrics_can_be_chosen_when_merging(parts, tmp_path):
    """They need not be known when the parts are scored."""
    _, files, states = parts
    fitted = tmp_path / "fit.json"
    assert run_here("fit", SAMPLE / "knn" / "val_normal.h5", "-o", fitted, "-q").status == 0
    chosen = ["--fit", fitted, "-m", "f1,aupro@0.05", "--allow-overlap", "--json", "-"]
    scored = run_here("score", *files, "--by", "category", *chosen)
    merged = run_here("merge", *states, *chosen)
    assert (merged.status, merged.stdout) == (0, scored.stdout)


def test_merges_can_be_merged(parts, tmp_path):
    """A merged state is a part like any other."""
    _, files, states = parts
    extra = tmp_path / "extra.state"
    third = SAMPLE / "pca" / "test.h5"
    assert run_here("score", third, "--by", "category", "--save-state", extra, "-q").status == 0
    run = run_here("merge", extra, states[1], "-q")
    assert run.status == 3
    assert "the same image is in" in run.stderr
    both = tmp_path / "both.state"
    assert run_here("merge", *states, "--save-state", both, "-q").status == 0
    again = run_here("merge", both, "--json", "-")
    assert again.stdout == run_here("score", *files, "--by", "category", "--json", "-").stdout


def test_unlike_settings_cannot_be_judged(parts, tmp_path):
    """Status 4, the option and both values."""
    _, files, states = parts
    other = tmp_path / "other.state"
    run_here("score", files[0], "--nan", "min", "--pool", "--save-state", other, "-q")
    run = run_here("merge", states[1], other)
    assert run.status == 4
    assert "--nan min" in run.stderr
    assert "--nan error" in run.stderr
    assert "with --pool, but" in run.stderr
    assert "without --by" in run.stderr


@pytest.mark.parametrize("command", ["score", "merge"])
def test_a_state_cannot_go_to_standard_output(parts, command):
    """It is not text; a usage error before the long work."""
    _, files, states = parts
    run = run_here(command, (files if command == "score" else states)[0], "--save-state", "-")
    assert run.status == 2
    assert run.stdout == ""


def test_in_a_process_of_its_own(parts, tmp_path):
    """Damage is told in one line, with the status of invalid input."""
    _, _, states = parts
    cut = tmp_path / "cut.state"
    cut.write_bytes(states[0].read_bytes()[:1000])
    run = run_cli("merge", cut, states[1])
    assert (run.status, run.stdout) == (3, "")
    assert run.stderr == f"Error: {cut}: is truncated — write or copy the file again\n"


def outputs(folder: Path, stem: str) -> list[str]:
    """An output of every form."""
    suffixes = {
        "--json": "json",
        "--csv": "csv",
        "--markdown": "md",
        "--latex": "tex",
        "--per-image": "jsonl",
        "--curves": "npz",
        "--save-state": "state",
    }
    return [
        word
        for option, suffix in suffixes.items()
        for word in (option, str(folder / f"{stem}.{suffix}"))
    ]
