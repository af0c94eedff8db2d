"""The least versions that pyproject.toml admits, as constraints for pip.

`make test-floors` makes an environment of them. PyTorch and what needs it are left out: their least
versions cannot be had everywhere without several gigabytes.
"""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("dask", "plots", "remote", "hdf5plugin", "imagecodecs")
"""The extras whose least versions are tried."""

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,]+\])?>=(?P<least>[\w.]+)")


def floors() -> dict[str, str]:
    """The least version of each required package, and of those of the extras."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]
    found = [_REQUIREMENT.match(requirement) for requirement in wanted]
    return {match["name"]: match["least"] for match in found if match}


if __name__ == "__main__":
    print("\n".join(f"{name}=={least}" for name, least in floors().items()))
