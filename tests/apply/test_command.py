"""anomeval apply, as typed."""

import json

import pytest

import anomeval
from anomeval.reporting.fit_file import fit_to_json
from tests.support import Picture, fit_at, run_here, write_h5


@pytest.fixture
def folder(tmp_path):
    """A directory with a fit and a test file."""
    (tmp_path / "val.fit.json").write_text(fit_to_json(fit_at(0.5, 0.25)))
    images = [Picture(s, label, [[s, 0.0]], [[label, 0]]) for s, label in ((0.2, 0), (0.9, 1))]
    write_h5(tmp_path / "test.h5", images)
    return tmp_path


def apply(folder, *arguments, output="out.h5"):
    """Run the command in a directory with the files above."""
    paths = (folder / "val.fit.json", folder / "test.h5", "-o", folder / output)
    return run_here("apply", *paths, *arguments)


def test_a_file_is_written_and_its_counts_are_shown(folder):
    """The table on standard output, what was written on standard error."""
    run = apply(folder)
    assert run.status == 0
    assert "pixel" in run.stdout
    assert "anomalous" in run.stdout
    assert f"wrote {folder / 'out.h5'}" in run.stderr
    values = {row.metric: row.value for row in anomeval.score([folder / "out.h5"]).result.rows}
    assert values["image_auroc"] == 1.0


def test_json_on_standard_output_stands_alone(folder):
    """One document, with all counts."""
    run = apply(folder, "--json", "-", "--map-dtype", "float64", "--compression", "none")
    document = json.loads(run.stdout)
    assert document["schema"] == "anomeval.applied/1"
    assert document["images"] == 2
    assert document["image"]["anomalous"] == 1
    assert document["pixel"] == {
        "values": 4,
        "anomalous": 1,
        "clamped_low": 0,
        "clamped_high": 1,
        "distinct": 3,
        "distinct_stored": 3,
    }
    assert document["cautions"] == []


def test_quiet_is_quiet(folder):
    """Nothing but the file."""
    run = apply(folder, "-q", output="out.npz")
    assert (run.status, run.stdout, run.stderr) == (0, "", "")
    assert (folder / "out.npz").exists()


def test_mebin_and_matching_can_be_asked_for(folder):
    """By their names."""
    assert apply(folder, "--mebin", "--match-thresholds").status == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ({"output": "none/out.h5"}, 2, "--output: cannot write"),
        ({"output": "out.txt"}, 2, "has no known suffix"),
        ({"output": "test.h5"}, 2, "it is read by this command"),
    ],
)
def test_outputs_that_cannot_be_are_refused(folder, arguments, status, message):
    """As wrong usage, without a trace."""
    run = apply(folder, **arguments)
    assert run.status == status
    assert message in run.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["test.h5", "val.fit.json"]


def test_a_file_that_is_no_fit_is_refused(folder):
    """As invalid input."""
    run = run_here("apply", folder / "test.h5", folder / "test.h5", "-o", folder / "out.h5")
    assert run.status == 3
    assert "test.h5" in run.stderr
