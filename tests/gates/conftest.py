"""Result files of three models of the same images: a baseline, one as good, one that lost some."""

from pathlib import Path

import pytest

from anomeval.reporting.as_json import result_to_json
from tests.gates.samples import pictures, scored

MODELS = {"base": (1, 0.0), "same": (2, 0.0), "worse": (3, 2.0)}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The texts of the result files by name."""
    folder = tmp_path_factory.mktemp("models")
    metrics = ["image_auroc", "image_f1", "aupro", "pixel_f1"]
    return {
        name: result_to_json(scored(folder / "test.h5", pictures(*model), metrics=metrics))
        for name, model in MODELS.items()
    }


@pytest.fixture
def here(files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with base.json, same.json and worse.json."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    for name, text in files.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path
