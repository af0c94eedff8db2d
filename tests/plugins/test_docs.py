"""What docs/plugins.md teaches works as it stands there."""

import re
from pathlib import Path

import pytest

from tests.evaluator.loops import arrays, written
from tests.plugins.offers import MINIMAL, write_zarr
from tests.support import run_cli

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
EXAMPLE = re.compile(
    r"<!-- test: file (?P<name>\w+\.py) -->\n```python\n(?P<code>.*?)```\n(<!-- .*? -->)?\n+"
    r"<!-- test: command -->\n```console\n(?P<commands>.*?)```",
    re.DOTALL,
)
EXAMPLES = list(EXAMPLE.finditer(PAGE.read_text("utf-8")))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_runs_with_its_commands(example, tmp_path, monkeypatch):
    for library in ("torchmetrics", "zarr"):
        if f"import {library}" in example["code"] or f"from {library}" in example["code"]:
            pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    whole = arrays()
    written(tmp_path / "test.h5", whole)
    unit = {name: (whole[name] + 10) / 20 for name in ("anomaly_map", "pred_score")}
    written(tmp_path / "unit.h5", whole | unit)
    if "import zarr" in example["code"]:
        write_zarr(tmp_path / "test.zarr", whole)
    (tmp_path / example["name"]).write_text(example["code"], "utf-8")
    for command in re.findall(r"^\$ anomeval (.*)$", example["commands"], re.MULTILINE):
        run = run_cli(*command.split())
        assert run.status == 0, run.stderr
        assert "—" not in run.stdout, "every value is defined"


def test_fields_that_are_needed_are_named_as_the_page_says(tmp_path):
    (line,) = re.findall(r"^    needed_fields: .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    source = MINIMAL.format(name="groups").replace("1.0)", "len(seen.group_sample.positives))")
    source = source.replace("import ClassVar\n", f"import ClassVar\n\nclass Needs:\n{line}\n")
    source = source.replace("Constant(Metric)", "Groups(Needs, Metric)")
    plugin = tmp_path / "groups.py"
    plugin.write_text(f"{source}\nMETRICS = {{'groups': Groups}}\n", "utf-8")
    whole = arrays()
    command = ("score", "--plugin", plugin, "-m", "groups,image_auroc")
    assert run_cli(*command, written(tmp_path / "with.h5", whole)).status == 0
    del whole["group_id"]
    refused = run_cli(*command, written(tmp_path / "without.h5", whole))
    assert refused.status == 2
    assert "image_groups: the data has no group_id" in refused.stderr


def test_the_page_has_an_example_of_every_kind():
    assert [example["name"] for example in EXAMPLES] == [
        "recall.py",
        "contrast.py",
        "mcc.py",
        "rules.py",
        "anomeval_zarr.py",
    ]
