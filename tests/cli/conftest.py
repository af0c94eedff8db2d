"""A directory of its own for each test, with a validation and a test split in it."""

from pathlib import Path

import pytest

from tests.cli.samples import TEST, VAL
from tests.support import run_here, write_h5


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with val.h5 and test.h5."""
    monkeypatch.chdir(tmp_path)
    write_h5(tmp_path / "val.h5", VAL)
    write_h5(tmp_path / "test.h5", TEST)
    return tmp_path


@pytest.fixture
def fitted(here: Path) -> Path:
    """The working directory, with val.fit.json as well."""
    assert run_here("fit", "val.h5", "--quiet").status == 0
    return here
