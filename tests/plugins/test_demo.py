"""The example package is really installed, and used through the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anomeval.reporting.documents import read
from tests.evaluator.loops import arrays, written
from tests.plugins.offers import local_file
from tests.support import run_cli

DEMO = Path(__file__).parents[2] / "examples" / "anomeval-plugin-demo"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip has installed the package."""
    source, target = tmp_path_factory.mktemp("source") / "demo", tmp_path_factory.mktemp("site")
    shutil.copytree(DEMO, source)  # building leaves files behind
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *options, "--target", target, source]
    subprocess.run(command, check=True)
    return target


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return written(tmp_path_factory.mktemp("data") / "test.h5", arrays())


@pytest.fixture
def run(site, monkeypatch):
    """Runs a command where the package is installed."""
    import os

    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    return lambda *arguments, **more: run_cli(*arguments, PYTHONPATH=path, **more)


def test_its_metrics_and_its_rule_are_used_by_name(run, data, tmp_path):
    fit = tmp_path / "fit.json"
    assert run("fit", data, "--threshold", "robust@2", "-o", fit).status == 0
    fitted = read(fit.read_text(), "fit.json", "anomeval.fit/1")
    assert fitted["image"]["rule"] == "robust@2"
    assert fitted["plugins"] == {"robust": "anomeval-plugin-demo 1.0"}
    scored = run("score", data, "-m", "regions_found@0.01,false_blobs@1.5,auroc", "--json", "-")
    values = {row["name"]: row["value"] for row in json.loads(scored.stdout)["metrics"]}
    assert 0 < values["pixel_regions_found(fpr=0.01)"] <= 1
    assert values["pixel_false_blobs(threshold=1.5)"] > 0


def test_a_fit_tells_where_its_rules_come_from(run, data, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from anomeval.judging.rules import RULES\nTHRESHOLDS = {'lowest': RULES['manual']}\n"
    )
    rules = ("--threshold", "max", "--pixel-threshold", "lowest@1", "--plugin", mine)
    fitted = run("fit", data, *rules, "-o", "-")
    assert json.loads(fitted.stdout)["plugins"] == {"lowest": str(mine)}, "none that is not used"
    built_in = run("fit", data, "--threshold", "max", "--plugin", mine, "-o", "-")
    assert "plugins" not in json.loads(built_in.stdout)


def test_the_list_tells_where_they_come_from(run):
    listed = " ".join(run("metrics").stdout.split())
    assert listed.count("(from anomeval-plugin-demo 1.0)") == 3, "two metrics and a rule"
    assert "robust@3" in listed
    card = run("metrics", "false_blobs").stdout
    assert "lower is better" in card
    assert "comes with    anomeval-plugin-demo 1.0" in card


def test_results_tell_where_their_metrics_come_from(run, data, tmp_path):
    mine = local_file(tmp_path)
    asked = ("-m", "auroc,false_blobs@1.5,constant", "--plugin", mine, "--json", "-")
    document = read(run("score", data, *asked).stdout, "standard output", "anomeval.result/1")
    origins = {"constant": str(mine), "false_blobs": "anomeval-plugin-demo 1.0"}
    assert document["settings"]["plugins"] == origins
    without = json.loads(run("score", data, "-m", "auroc", "--json", "-").stdout)
    assert "plugins" not in without["settings"]


def test_the_environment_turns_it_off(run, data):
    assert "false_blobs" not in run("metrics", ANOMEVAL_PLUGINS="").stdout
    refused = run("score", data, "-m", "false_blobs", ANOMEVAL_PLUGINS="")
    assert refused.status == 2
    assert "unknown metric 'false_blobs'" in refused.stderr


def test_a_local_file_that_takes_its_name_is_an_error(run, tmp_path):
    refused = run("metrics", "--plugin", local_file(tmp_path, "false_blobs"))
    assert refused.status == 2
    assert "comes from anomeval-plugin-demo 1.0 and from" in refused.stderr
