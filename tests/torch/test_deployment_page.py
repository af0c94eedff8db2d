"""What docs/deployment.md shows runs as it stands there, from top to bottom."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import anomeval
from tests.support import run_here

pytest.importorskip("lightning.pytorch")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

PAGE = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text("utf-8")
PART = re.compile(r"<!-- test: (snippet|command) -->\n```\w+\n(.*?)```", re.DOTALL)

pytestmark = pytest.mark.filterwarnings("ignore")  # of Lightning and the exporters


def run_page() -> dict[str, object]:
    """Every part in turn; the names that snippets have defined."""
    from tests.torch.test_callback import AutoEncoder, data

    model = torch.nn.Conv2d(1, 1, 3, padding=1)
    names: dict[str, object] = {
        "model": model,
        "images": torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(0)),
        "model_output": lambda batch: {"anomaly_map": (model(batch["image"]) - 1) ** 2},
        "loader": data("test"),
        "val_loader": [batch | {"image": 1.1 * batch["image"]} for batch in data("val")],
        "lightning_model": AutoEncoder(),
    }
    for kind, text in PART.findall(PAGE):
        if kind == "snippet":
            exec(text, names)
            continue
        for command in re.findall(r"^\$ anomeval (.*)$", text, re.MULTILINE):
            done = run_here(*command.split())
            assert done.status == 0, done.stderr
    return names


def test_the_page_runs(tmp_path, monkeypatch):
    from tests.evaluator.loops import arrays, written

    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    written(tmp_path / "val.h5", arrays(1))
    written(tmp_path / "test.h5", arrays(2))
    names = run_page()

    assert json.loads((tmp_path / "judged.json").read_text())["schema"] == "anomeval.applied/1"
    evaluator = names["evaluator"]
    assert isinstance(evaluator, anomeval.Evaluator)
    again = anomeval.score(
        ["plain.h5"],
        fit=evaluator.fitted,
        metrics=["auroc", "aupro@0.05", "f1"],
        confidence=None,
    )
    values = {row.metric: row.value for row in again.result.rows}
    assert evaluator.values() == values, "the file that the page writes gives what the loop gives"
    deployed, images = names["deployed"], names["images"]
    judge = anomeval.read_fit("val.fit.json").for_category("brick")
    raw = deployed.model(images).detach().squeeze(1).numpy()
    assert np.array_equal(names["masks"].squeeze(1).numpy(), raw >= judge.pixel_cut)
    with anomeval.open_predictions("test.h5") as predictions:
        assert len(predictions) == 14, "Lightning has written over the test split"
