"""Every dependency says which version is the least, so that `make test-floors` can try it."""

import tomllib

from tests.floors import EXTRAS, PYPROJECT, floors

PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


def test_every_requirement_has_a_least_version() -> None:
    """None is left out of the constraints by the way it is written."""
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]
    assert len(floors()) == len(wanted)


def test_torch_loads_weights_only() -> None:
    """`weights_only=True` runs code before 2.6 and corrupts memory before 2.10."""
    extras = PROJECT["optional-dependencies"]
    for name in ("torch", "lightning"):
        (requirement,) = [one for one in extras[name] if one.startswith("torch")]
        least = tuple(map(int, requirement.removeprefix("torch>=").split(".")))
        assert least >= (2, 10)
