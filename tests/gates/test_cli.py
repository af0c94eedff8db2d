"""anomeval gate, as a user meets it: words, files, messages and every exit status."""

import json
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from junitparser import JUnitXml

from anomeval.reporting.as_json import read_result
from tests.support import run_cli, run_here

pytestmark = pytest.mark.usefixtures("here")


def gate(*words, **environment):
    return run_here("gate", *words, **environment)


def test_status_0_a_gate_that_passes():
    done = gate("same.json", "--baseline", "base.json")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.endswith("gate passed against base.json: 12 checks passed\n")
    assert "drops are judged by test regression" in done.stdout


def test_status_1_a_gate_that_fails_names_what_was_lost():
    done = gate("worse.json", "--baseline", "base.json")
    assert (done.status, done.stderr) == (1, "")
    assert "gate failed against base.json" in done.stdout
    assert "missed: region 1 of nut/bend/" in done.stdout
    assert "newly missed images" in done.stdout


def test_a_process_tells_the_status_too():
    assert run_cli("gate", "worse.json", "--min", "image_auroc=0.999", "-q").status == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["same.json"], "there is nothing to hold the result against"),
        (["same.json", "--min", "auroc"], "--min 'auroc': write METRIC=VALUE"),
        (["same.json", "--min", "nonsense=1"], "unknown metric 'nonsense'"),
        (["same.json", "--max-drop", "image_auroc=1%"], "needs something to drop from"),
        (["same.json", "--max-drop", "all:image_auroc=1%"], "cannot read 'all' as a scope"),
        (["same.json", "--update"], "--update: say with --baseline which file to write"),
        (["same.json", "--update", "--baseline", "no/base.json"], "'no' does not exist"),
        (
            ["same.json", "--update", "--baseline", "b.json", "--date", "yesterday"],
            "--date 'yesterday': write YYYY-MM-DD",
        ),
        (["same.json", "--min", "image_auroc=0", "--json", "-", "--junit", "-"], "only one output"),
        (["same.json", "--baseline", "base.json", "--json", "base.json"], "it is read by this"),
        (["same.json", "--update", "--baseline", "same.json"], "it is read by this command"),
    ],
)
def test_status_2_wrong_usage(words, message):
    done = gate(*words)
    assert (done.status, done.stdout) == (2, "")
    assert message in done.stderr


def test_status_2_an_unknown_test():
    assert gate("same.json", "--baseline", "base.json", "--test", "t").status == 2


def test_status_2_a_wrong_epoch():
    done = gate("same.json", "--update", "--baseline", "b.json", SOURCE_DATE_EPOCH="soon")
    assert done.status == 2
    assert "SOURCE_DATE_EPOCH 'soon' is no number of seconds" in done.stderr


def test_status_3_input_that_cannot_be_read():
    Path("broken.json").write_text("{")
    for words in (["no.json"], ["broken.json"]):
        assert gate(*words, "--min", "image_auroc=0").status == 3
        assert gate("same.json", "--baseline", *words).status == 3


def test_status_3_another_schema_version():
    newer = Path("base.json").read_text().replace("anomeval.result/1", "anomeval.result/2")
    Path("newer.json").write_text(newer)
    done = gate("same.json", "--baseline", "newer.json")
    assert done.status == 3
    assert "is 'anomeval.result/2', expected 'anomeval.result/1' — use a newer" in done.stderr


def test_status_3_unsound_settings():
    Path("anomeval.toml").write_text("[[gate]]\nmetric = 'ap'\nmin = nan\n")
    done = gate("same.json")
    assert done.status == 3
    assert "a bound is a finite number" in done.stderr


def edited(name, change, of="base.json"):
    document = json.loads(Path(of).read_text())
    change(document)
    Path(name).write_text(json.dumps(document))
    return name


def undefined(document):
    document["metrics"][0] |= {"value": None, "reason": "no anomalous images"}


def without_first_metric(document):
    document["metrics"] = [m for m in document["metrics"] if m["name"] != "image_auroc"]


def with_other_definition(document):
    for metric in document["metrics"]:
        metric["name"] = metric["name"].replace("fpr_limit=0.3", "fpr_limit=0.05")


def with_other_settings(document):
    document["settings"]["resize"] = "mask"


def with_another_image(document):
    document["images"][0][0] = "another.png"
    document["data"]["ground_truth"] = "sha256:other"


def with_another_mask(document):
    document["images"][1][4] = "ffffffff"
    document["data"]["ground_truth"] = "sha256:other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (undefined, "image AUROC: cannot be judged: undefined in the result: no anomalous images"),
        (without_first_metric, "image AUROC: cannot be judged: the result has no image_auroc"),
        (with_other_definition, "the result has no pixel_aupro(fpr_limit=0.3), but pixel_aupro("),
        (with_other_settings, "setting 'resize' differs: 'mask' in now.json, None in base.json"),
        (with_another_image, "only now.json has 1 image (another.png)"),
        (with_another_mask, "the mask of 1 image (nut/bend/003.png) is not the same"),
    ],
)
def test_status_4_what_cannot_be_judged(change, message):
    done = gate(edited("now.json", change), "--baseline", "base.json", "--junit", "gate.xml")
    assert done.status == 4
    assert message in done.stderr
    assert "gate cannot judge" in done.stdout
    assert JUnitXml.fromfile("gate.xml").errors > 0


def test_status_4_a_test_without_replicates():
    def plain(document):
        for metric in document["metrics"]:
            metric["replicates"] = None

    words = [edited("now.json", plain), "--baseline", "base.json"]
    assert gate(*words, "--test", "regression").status == 4
    assert gate(*words).status == 0  # nothing is worse
    words[0] = edited("now.json", plain, of="worse.json")
    done = gate(*words)
    assert done.status == 4
    assert "nothing tells a change from chance" in done.stderr
    assert gate(*words, "--test", "point").status == 1


def test_rules_of_the_project_come_before_those_typed():
    Path("pyproject.toml").write_text(
        "[[tool.anomeval.gate]]\nmetric = 'image_auroc'\nscope = 'worst'\nmin = 0.999\n"
    )
    done = gate("same.json", "--min", "pixel_f1=0", "--json", "-")
    bounds = [check["bound"] for check in json.loads(done.stdout)["checks"]]
    assert (done.status, bounds) == (1, [{"min": 0.999}, {"min": 0.0}])
    Path("other.toml").write_text("[[gate]]\nmetric = 'image_auroc'\nmin = 0.1\n")
    assert gate("same.json", "--rules", "other.toml").status == 0


def test_every_form_is_written_at_once(here):
    forms = {"--json": "v.json", "--markdown": "v.md", "--junit": "v.xml", "--openmetrics": "v.txt"}
    words = [word for pair in forms.items() for word in pair]
    done = gate("worse.json", "--baseline", "base.json", "--github", *words)
    assert done.status == 1
    assert json.loads(Path("v.json").read_text())["schema"] == "anomeval.verdict/1"
    assert Path("v.md").read_text().startswith("### ❌ gate failed against base.json")
    assert JUnitXml.fromfile("v.xml").failures > 0
    assert Path("v.txt").read_text().endswith("# EOF\n")
    assert "\n::error title=" in done.stdout
    assert "gate failed" in done.stdout


def test_standard_output_holds_one_document():
    done = gate("worse.json", "--baseline", "base.json", "--github", "--json", "-")
    assert json.loads(done.stdout)["verdict"] == "failed"
    assert done.stderr.startswith("::error title=")


def test_quiet_says_nothing():
    assert gate("worse.json", "--baseline", "base.json", "-q") == (1, "", "")


def test_the_summary_of_a_job_is_added_to():
    Path("summary.md").write_text("before\n")
    gate("worse.json", "--baseline", "base.json", "-q", GITHUB_STEP_SUMMARY="summary.md")
    assert Path("summary.md").read_text().startswith("before\n### ❌ gate failed")


def test_a_summary_that_cannot_be_written_does_not_cost_the_verdict():
    done = gate("worse.json", "--baseline", "base.json", GITHUB_STEP_SUMMARY="no/summary.md")
    assert done.status == 1
    assert "cannot write to GITHUB_STEP_SUMMARY no/summary.md" in done.stderr


def test_update_writes_a_baseline_that_says_where_it_is_from(here):
    done = gate("same.json", "--update", "--baseline", "new.json", "--date", "2026-02-03")
    assert done.status == 0
    assert done.stderr.startswith("wrote new.json: 12 values of 40 images")
    adopted = read_result("new.json").adopted
    assert adopted.digest == f"sha256:{sha256(Path('same.json').read_bytes()).hexdigest()}"
    assert (adopted.commit, adopted.date) == (None, "2026-02-03")
    assert gate("same.json", "--baseline", "new.json", "-q").status == 0
    again = gate(
        "same.json", "--update", "--baseline", "again.json", "-q", ANOMEVAL_DATE="2026-02-03"
    )
    assert again == (0, "", "")
    assert Path("again.json").read_bytes() == Path("new.json").read_bytes()


def columns(text):
    """The cells of each line of a table, which are two spaces or more apart."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]


def test_an_update_shows_every_value_before_and_now():
    Path("b.json").write_text(Path("base.json").read_text())
    before, now = read_result("base.json").rows, read_result("worse.json").rows
    done = gate("worse.json", "--update", "--baseline", "b.json")
    header, _, *rows = columns(done.stdout)
    assert header == ["images", "before", "now", "better by"]
    assert [row[2:] for row in rows] == [
        [f"{then.value:.4f}", f"{one.value:.4f}", f"{one.value - then.value:+z.4f}"]
        for then, one in zip(before, now, strict=True)
    ]
    assert rows[0][:2] == ["image AUROC", "all"]
    assert read_result("b.json").rows == now


def test_an_update_shows_what_comes_and_goes():
    def without_last(document):
        del document["metrics"][-1]

    edited("less.json", without_last)
    more = gate("base.json", "--update", "--baseline", "less.json").stdout
    assert columns(more)[-1][2:] == ["—", f"{read_result('base.json').rows[-1].value:.4f}", "—"]
    edited("less.json", without_last)
    Path("b.json").write_text(Path("base.json").read_text())
    less = gate("less.json", "--update", "--baseline", "b.json").stdout
    assert columns(less)[-1][2:] == [f"{read_result('base.json').rows[-1].value:.4f}", "—", "—"]


def test_a_first_baseline_has_no_past():
    done = gate("same.json", "--update", "--baseline", "b.json")
    assert columns(done.stdout)[0] == ["images", "now"]


def test_an_update_tells_that_it_is_about_other_images():
    edited("b.json", with_another_image)
    done = gate("same.json", "--update", "--baseline", "b.json")
    assert (done.status, "only b.json has 1 image (another.png)" in done.stdout) == (0, True)


def test_an_update_replaces_baselines_only():
    Path("notes.md").write_text("precious")
    assert gate("same.json", "--update", "--baseline", "notes.md", "-q").status == 3
    assert Path("notes.md").read_text() == "precious"


def test_a_baseline_is_dated_by_the_epoch_or_not_at_all():
    gate("same.json", "--update", "--baseline", "b.json", SOURCE_DATE_EPOCH="86400")
    assert read_result("b.json").adopted.date == "1970-01-02"
    gate("same.json", "--update", "--baseline", "b.json")
    assert read_result("b.json").adopted.date is None


def test_a_baseline_knows_its_commit(here):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(here)]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    gate("same.json", "--update", "--baseline", "b.json")
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert read_result("b.json").adopted.commit == head.stdout.strip()


def test_without_git_a_baseline_has_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    gate("same.json", "--update", "--baseline", "b.json")
    assert read_result("b.json").adopted.commit is None


def test_an_update_takes_a_sound_result_only():
    Path("broken.json").write_text("{}")
    assert gate("broken.json", "--update", "--baseline", "b.json").status == 3
    assert not Path("b.json").exists()
