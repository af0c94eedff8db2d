"""The documentation does what it says."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from anomeval.metrics import METRICS

ROOT = Path(__file__).resolve().parent.parent
SNIPPETS = re.findall(
    r"<!-- test: snippet -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
)


def test_the_snippet_for_a_pytorch_loop_writes_a_file_that_can_be_scored(tmp_path, monkeypatch):
    """The README's Writer snippet runs on real tensors, and its file evaluates."""
    torch = pytest.importorskip("torch")
    import anomeval

    monkeypatch.chdir(tmp_path)
    maps = torch.rand(4, 1, 8, 8)
    masks = torch.zeros(4, 8, 8, dtype=torch.uint8)
    masks[2:, :2, :2] = 1
    batch = {
        "image": maps,
        "mask": masks,
        "label": torch.tensor([0, 0, 1, 1]),
        "path": [f"{i}.png" for i in range(4)],
    }
    output = SimpleNamespace(anomaly_map=maps, pred_score=maps.amax(dim=(1, 2, 3)))
    (snippet,) = [text for text in SNIPPETS if "Writer" in text]
    exec(snippet, {"test_loader": [batch], "model": lambda _: output})
    result = anomeval.score(["test.h5"]).result
    assert result.data.images == 4
    assert result.data.anomalous_pixels == 8


def test_the_snippet_from_python_prints_values(monkeypatch, capsys):
    """The README's evaluation snippet runs on the sample data."""
    monkeypatch.chdir(ROOT)
    (snippet,) = [text for text in SNIPPETS if "anomeval.fit(" in text]
    exec(snippet, {})
    printed = capsys.readouterr().out
    assert "image_auroc 0." in printed
    assert "pixel_aupro(fpr_limit=0.05) 0." in printed


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_heads_a_section(name):
    """docs/metrics.md has a section for each metric there is."""
    assert f"\n## `{name}`\n" in (ROOT / "docs" / "metrics.md").read_text()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page):
    """Relative links in docs/ and README.md point at files that exist."""
    for source in (page, ROOT / "README.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", source.read_text()):
            assert (source.parent / target).exists(), f"{source.name} links to {target}"
