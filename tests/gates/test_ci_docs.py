"""docs/ci.md: its workflows, jobs and lines are run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

from anomeval.errors import ExitStatus
from anomeval.gates.settings import read_settings
from tests.gates.samples import pictures
from tests.support import clean_environment, write_h5

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ci.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"<!-- test: (\w+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
ELSEWHERE = ("pip ", "python ")
"""Commands that bring anomeval and the user's own model; everything else is run."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the page is written for a POSIX shell")


def run(script, **environment):
    """What a runner does with a script: a shell that stops at the first failure."""
    commands = Path(sys.executable).parent
    known = clean_environment(PATH=f"{commands}{os.pathsep}{os.environ['PATH']}", **environment)
    known.pop("SOURCE_DATE_EPOCH", None)
    return subprocess.run(
        ["bash", "-e", "-c", script], capture_output=True, text=True, env=known, check=False
    )


def predict(seed, loss=0.0):
    """The user's own step."""
    write_h5(Path("predictions/test.h5"), pictures(seed, loss))


@pytest.fixture(scope="module")
def adopted(tmp_path_factory):
    """A repository with predictions and a baseline, made by the commands of the page."""
    folder = tmp_path_factory.mktemp("repository")
    before = Path.cwd()
    os.chdir(folder)
    try:
        Path("predictions").mkdir()
        validation = [p for p in pictures(7) if p.label == 0]
        write_h5(Path("predictions/val.h5"), [_renamed(picture) for picture in validation])
        predict(1)
        git = "git -c user.name=a -c user.email=a@b"
        done = run(f"git init -q; {git} commit -q --allow-empty -m first; {BLOCKS['baseline']}")
        assert done.returncode == 0, done.stderr
        staged = run("git diff --cached --name-only").stdout
    finally:
        os.chdir(before)
    assert staged == "baseline.json\n"
    return folder


def _renamed(picture):
    return replace(picture, path=f"val/{picture.path}")


@pytest.fixture
def repository(adopted, monkeypatch):
    """The working directory of a runner that has checked out the repository."""
    monkeypatch.chdir(adopted)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return adopted


def github_script():
    (job,) = yaml.safe_load(BLOCKS["github"])["jobs"].values()
    return _ours([step["run"] for step in job["steps"] if "run" in step])


def gitlab_script():
    (job,) = yaml.safe_load(BLOCKS["gitlab"]).values()
    return _ours(job["script"])


def _ours(commands):
    return "\n".join(command for command in commands if not command.startswith(ELSEWHERE))


SCRIPTS = pytest.mark.parametrize(
    "script", [github_script(), gitlab_script(), BLOCKS["shell"]], ids=["github", "gitlab", "shell"]
)


@SCRIPTS
def test_an_equal_model_passes(repository, script):
    predict(2)
    done = run(script)
    assert done.returncode == ExitStatus.DONE, done.stdout + done.stderr
    assert "gate passed against baseline.json" in done.stdout


@SCRIPTS
def test_a_worse_model_fails_and_leaves_its_reports(repository, script, tmp_path):
    predict(3, loss=2.0)
    summary = tmp_path / "summary.md"
    done = run(script, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == ExitStatus.GATE_FAILED, done.stdout + done.stderr
    assert "missed: region 1 of " in done.stdout
    assert summary.read_text("utf-8").startswith("### ❌ gate failed")
    if "--junit gate.xml" in script:
        assert JUnitXml.fromfile("gate.xml").failures > 0
    if "--github" in script:
        assert "\n::error title=" in done.stdout
    if "--openmetrics metrics.txt" in script:
        assert Path("metrics.txt").read_text().endswith("# EOF\n")


def test_typed_rules_are_judged(repository):
    shutil.copy("baseline.json", "result.json")
    done = run(BLOCKS["typed"])
    assert done.returncode == ExitStatus.DONE, done.stdout + done.stderr
    done = run(BLOCKS["counts"])
    shown = re.search(r"false alarms.* (\d+) of 20 ", done.stdout)
    assert done.returncode == (int(shown[1]) > 1), done.stdout + done.stderr


def test_rules_of_a_file_are_judged(repository, tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text(BLOCKS["rules"])
    assert len(read_settings(path).rules) == 4
    done = run(f"anomeval gate baseline.json --baseline baseline.json --rules {path}")
    assert done.returncode == ExitStatus.DONE, done.stdout + done.stderr


def test_every_exit_status_is_documented():
    documented = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert documented == {int(status) for status in ExitStatus}


def test_every_block_of_commands_is_run():
    assert set(BLOCKS) == {"baseline", "rules", "typed", "counts", "github", "gitlab", "shell"}
