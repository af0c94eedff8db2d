"""Damaged inputs that once did harm, and a few new ones: none ends in anything but words."""

from pathlib import Path
from random import Random

import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import child, open_predictions
from anomeval.predictions.layouts import isolation
from fuzz.formats import TARGETS
from fuzz.run import HANGING, tried

CORPUS = Path(__file__).parent / "corpus"
NEVER_ENDING = sorted(CORPUS.glob("h5/endless_*"))
KNOWN = sorted(set(CORPUS.glob("*/*")) - set(NEVER_ENDING))
NEW = 8


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library in an endless loop is given up before the sandbox gives up the whole command."""
    monkeypatch.setattr(child, "SECONDS", HANGING)


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_what_was_found(tmp_path: Path, case: Path) -> None:
    """`<format>/<what it is>-<name of the file that it damages>`."""
    target = TARGETS[case.parent.name]
    files = {file.name: file for file in target.write(tmp_path)}
    outcome = tried(target, tmp_path, files[case.name.rpartition("-")[2]], case.read_bytes())
    assert not outcome.is_defect, outcome


@pytest.mark.skipif(not isolation.AVAILABLE, reason="needs a safe fork")
@pytest.mark.parametrize("case", NEVER_ENDING, ids=lambda case: case.name)
def test_a_library_that_does_not_end_is_stopped(case: Path) -> None:
    """HDF5 goes round in circles in a heap object of size 0."""
    with pytest.raises(InvalidInputError, match="crashes or does not end"):
        open_predictions(case, isolated=True)


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "pt"])
def test_a_few_mutations_of_each_format(tmp_path: Path, name: str) -> None:
    """`python -m fuzz.run` tries thousands."""
    target, random = TARGETS[name], Random(f"corpus {name}")
    files = target.write(tmp_path)
    target.run(tmp_path, files[0])
    for _ in range(NEW):
        file = random.choice(files)
        outcome = tried(target, tmp_path, file, target.damaged(file.read_bytes(), random))
        assert not outcome.is_defect, outcome
