"""anomeval compare, as a user meets it."""

import json
from pathlib import Path

import pytest

from tests.support import run_cli, run_here

pytestmark = pytest.mark.usefixtures("here")


def compare(*words, **environment):
    return run_here("compare", *words, **environment)


def test_status_0_results_side_by_side():
    done = compare("base.json", "same.json", "worse.json")
    assert (done.status, done.stderr) == (0, "")
    assert "worse against base" in done.stdout
    assert "newly missed regions" in done.stdout


def test_a_process_does_the_same():
    done = run_cli("compare", "base.json", "worse.json", "--json", "-")
    assert (done.status, done.stderr) == (0, "")
    assert json.loads(done.stdout)["results"] == ["base", "worse"]


def test_every_form_is_written():
    forms = ["--json", "c.json", "--markdown", "c.md", "--latex", "c.tex"]
    done = compare("base.json", "same.json", *forms)
    assert (done.status, done.stderr) == (0, "wrote c.json, c.md, c.tex\n")
    assert json.loads(Path("c.json").read_text())["schema"] == "anomeval.comparison/1"
    assert Path("c.md").read_text().startswith("| metric | images | base | same | same against")
    assert r"\toprule" in Path("c.tex").read_text()


def test_the_same_bytes_for_the_same_results():
    texts = [compare("base.json", "worse.json", "--json", "-").stdout for _ in range(2)]
    assert texts[0] == texts[1]


def test_status_2_one_result():
    done = compare("base.json")
    assert done.status == 2
    assert "at least two results" in done.stderr


def test_status_2_a_result_is_not_written_over():
    done = compare("base.json", "same.json", "--json", "same.json")
    assert done.status == 2
    assert "it is read by this command" in done.stderr


def test_status_3_no_result():
    Path("broken.json").write_text("[]")
    assert compare("base.json", "broken.json").status == 3
    assert compare("base.json", "no.json").status == 3


def test_status_4_other_images():
    document = json.loads(Path("base.json").read_text())
    document["images"][0][0] = "another.png"
    document["data"]["ground_truth"] = "sha256:other"
    Path("other.json").write_text(json.dumps(document))
    done = compare("base.json", "other.json", "--json", "c.json")
    assert (done.status, done.stdout) == (4, "")
    assert "only other has 1 image (another.png)" in done.stderr
    assert not Path("c.json").exists()
