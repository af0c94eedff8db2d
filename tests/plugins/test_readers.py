"""Readers of others come in by the same door as those of HDF5 and NPZ."""

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import InvalidInputError, UsageError
from anomeval.plugins import BUILT_IN, load_file
from anomeval.predictions import open_predictions
from anomeval.predictions.formats import HDF5, NPZ, READERS, Format, reader_fault
from anomeval.predictions.paths import expand
from tests.evaluator.loops import arrays, written
from tests.plugins.offers import offered, write_zarr
from tests.support import run_cli

PACKAGE = Path(__file__).parents[2] / "examples" / "anomeval-zarr"

SCORES = '''
import numpy as np
from anomeval.predictions.column import Column, Survey
from anomeval.predictions.formats import Format

NAMES = ("pred_score", "label")

class Scores:
    """Lines of score and label."""
    def __init__(self, path):
        self.table = np.loadtxt(path, skiprows=1)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        pass
    def survey(self):
        shape = (len(self.table),)
        return Survey({name: Column(name, shape, np.dtype("f8")) for name in NAMES})
    def values(self, column):
        return self.table[:, NAMES.index(column.name)]

def begins(path):
    with open(path, "rb") as file:
        return file.read(8) == b"# scores"

READERS = {"Scores": Format("Scores", begins, Scores, (".scores",))}
'''


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "scores_reader.py"
    path.write_text(SCORES)
    return path


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "run" / "test.scores"
    path.parent.mkdir()
    path.write_text("# scores\n0.25 0\n0.5 1\n0.125 0\n0.75 1\n")
    return path


def test_built_in_readers_are_checked_like_others():
    assert [reader_fault(name, READERS[name]) for name in READERS] == [None] * len(READERS)
    assert {name: READERS.origin(name) for name in ("HDF5", "NPZ")} == dict.fromkeys(
        ("HDF5", "NPZ"), BUILT_IN
    )
    assert list(READERS)[:2] == ["HDF5", "NPZ"]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("HDF5", HDF5, None),
        ("other", HDF5, "registered as 'other', but its name is 'HDF5'"),
        ("Text", str, "no anomeval.predictions.formats.Format"),
        ("Text", Format("Text", str, str, ("txt",)), "must begin with a dot"),
    ],
)
def test_what_makes_a_reader(name, value, fault):
    found = reader_fault(name, value)
    assert found is None if fault is None else fault in found


def test_formats_travel_by_name():
    assert pickle.loads(pickle.dumps([HDF5, NPZ])) == [HDF5, NPZ]
    assert b"Hdf5Store" not in pickle.dumps(HDF5)


def test_a_local_file_reads_what_nobody_else_does(plugin, table, monkeypatch):
    with offered(monkeypatch):
        with pytest.raises(InvalidInputError, match="neither HDF5 nor NPZ"):
            open_predictions(table)
        load_file(plugin)
        opened = open_predictions(table)
        assert [(one.score, one.label) for one in opened.entries] == [
            (0.25, False),
            (0.5, True),
            (0.125, False),
            (0.75, True),
        ]
        assert expand(table.parent) == [str(table)], "a directory is searched for its suffix"


def test_it_serves_every_command_that_reads(plugin, table):
    for command in (
        ("inspect", table),
        ("score", table, "-m", "image_auroc"),
        ("fit", table, "-o", table.parent / "fit.json"),
        ("apply", table.parent / "fit.json", table, "-o", table.parent / "out.h5"),
        ("explain", table),
    ):
        run = run_cli(*command, "--plugin", plugin)
        assert run.status == 0, run.stderr
    refused = run_cli("score", table)
    assert refused.status == 3
    assert "neither HDF5 nor NPZ" in refused.stderr


def test_no_reader_takes_files_away_from_the_built_in_ones(tmp_path, monkeypatch):
    """Others are not even imported where a built-in reader knows the file."""
    path = tmp_path / "greedy.py"
    path.write_text(SCORES.replace("return file.read(8) == b", "return True or b"))
    broken = tmp_path / "broken.py"
    broken.write_text("READERS = {'Broken': 7}")
    native = written(tmp_path / "test.h5", arrays())
    with offered(monkeypatch):
        load_file(broken)
        load_file(path)
        assert open_predictions(native).files[0].examination.format is HDF5
        (tmp_path / "x.bin").write_bytes(b"what?")
        with pytest.raises(UsageError, match=r"reader 'Broken' of .*broken\.py cannot be used"):
            open_predictions(tmp_path / "x.bin")


@pytest.mark.parametrize(
    ("sound", "failing"),
    [
        ("return file.read(8)", "return file.nothing"),
        ("self.table = np.loadtxt", "self.table = np.nothing"),
        ("shape = (len(self.table),)", "import nothing_of_this_name"),
        ("return self.table[:,", "return np.nothing[:,"),
    ],
)
def test_a_mistake_of_a_reader_is_told_as_its_own(plugin, table, sound, failing, monkeypatch):
    """On the command line that is wrong usage, not a defect of anomeval or of the file."""
    plugin.write_text(SCORES.replace(sound, failing))
    with offered(monkeypatch):
        load_file(plugin)
        with pytest.raises(UsageError, match=r"reader 'Scores' of .*scores_reader\.py has failed"):
            open_predictions(table)


def test_a_damaged_file_is_told_as_such(plugin, table, monkeypatch):
    table.write_text("# scores\n0.25 0\n0.5\n")
    with offered(monkeypatch):
        load_file(plugin)
        with pytest.raises(InvalidInputError, match="cannot be read, it is damaged"):
            open_predictions(table)


def test_a_built_in_name_is_taken(tmp_path, monkeypatch):
    path = tmp_path / "mine.py"
    path.write_text(SCORES.replace("'Scores'", "'NPZ'").replace('"Scores"', '"NPZ"'))
    with offered(monkeypatch):
        load_file(path)
        with pytest.raises(UsageError, match="reader 'NPZ' comes from anomeval and from"):
            expand(tmp_path)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip has installed the package that reads Zarr."""
    pytest.importorskip("zarr")
    source, target = tmp_path_factory.mktemp("source") / "demo", tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE, source)  # building leaves files behind
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *options, "--target", target, source]
    subprocess.run(command, check=True)
    return target


def test_zarr_groups_are_worth_their_native_file(site, tmp_path):
    """Through an entry point: the same bytes but for the name of the file."""
    columns = arrays()
    native = written(tmp_path / "test.h5", columns)
    group = write_zarr(tmp_path / "run" / "test.zarr", columns)
    expected = run_cli("score", native, "--by", "category", "--json", "-").stdout
    for given in (group, group.parent):
        run = run_cli("score", given, "--by", "category", "--json", "-", PYTHONPATH=str(site))
        assert run.status == 0, run.stderr
        assert run.stdout.replace(str(group), str(native)) == expected
    assert "Zarr" in run_cli("inspect", group, PYTHONPATH=str(site)).stdout
    assert (
        "Zarr     .zarr (from anomeval-zarr 1.0)" in run_cli("metrics", PYTHONPATH=str(site)).stdout
    )
    refused = run_cli("score", group, PYTHONPATH=str(site), ANOMEVAL_PLUGINS="")
    assert refused.status == 3, "turned off"


def test_zarr_values_are_those_that_were_written(site, tmp_path, monkeypatch):
    columns = arrays(dtype="float16")
    group = write_zarr(tmp_path / "test.zarr", columns)
    with offered(monkeypatch, path=site):
        images = list(open_predictions(group))
        evaluation = anomeval.score([group], metrics=["pixel_auroc"], confidence=None)
    assert [image.entry.identity for image in images] == columns["image_path"]
    maps = np.stack([image.anomaly_map for image in images])
    assert maps.dtype == np.float16
    np.testing.assert_array_equal(maps, columns["anomaly_map"])
    assert evaluation.result.rows[0].value is not None
