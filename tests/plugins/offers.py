"""Metrics and rules that tests offer as plugins do, and ways to offer them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from anomeval import plugins
from anomeval.judging.rules import RULES
from anomeval.metrics import METRICS, Doc, Level, Metric, Outcome
from anomeval.predictions.formats import READERS

DOC = Doc(title="a test", formula="1", undefined="never", source="here")

MINIMAL = """
from dataclasses import dataclass
from typing import ClassVar
from anomeval.metrics import Doc, Metric, Outcome

@dataclass(frozen=True)
class Constant(Metric):
    name: ClassVar = "{name}"
    levels: ClassVar = ("image",)
    doc: ClassVar = Doc(title="always one", formula="1", undefined="never", source="here")

    def compute(self, seen, judge):
        return Outcome(1.0)
"""
"""The source of a metric; `{name}` is its name."""


@dataclass(frozen=True)
class Constant(Metric):
    """Always one."""

    name: ClassVar[str] = "constant"
    levels: ClassVar[tuple[Level, ...]] = ("image",)
    doc: ClassVar[Doc] = DOC

    def compute(self, seen, judge) -> Outcome:
        return Outcome(1.0)


def local_file(folder: Path, name: str = "constant", *, key: str | None = None) -> Path:
    """A plugin file that offers a constant metric."""
    path = folder / f"{name}_file.py"
    path.write_text(MINIMAL.format(name=name) + f'\nMETRICS = {{"{key or name}": Constant}}\n')
    return path


def installed(folder: Path, name: str = "constant", package: str = "some-plugin") -> Path:
    """A folder with an installed distribution that offers a constant metric."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(MINIMAL.format(name=name))
    metadata = folder / f"{module}-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text(f"[anomeval.metrics]\n{name} = {module}:Constant\n")
    return folder


def write_zarr(folder: Path, columns: Mapping[str, object]) -> Path:
    """A Zarr group with an array for each column, images in chunks of their own."""
    import zarr

    group = zarr.open_group(folder, mode="w")
    for name, values in columns.items():
        array = np.array(values)
        if array.dtype.kind == "U":
            array = array.astype(np.dtypes.StringDType())
        group.create_array(name, data=array, chunks=(1, *array.shape[1:]))
    return folder


@contextmanager
def offered(monkeypatch: pytest.MonkeyPatch, *, path: Path | None = None) -> Iterator[None]:
    """Within the block no plugin file takes part yet, and a folder of distributions does."""
    with monkeypatch.context() as patch:
        for registry in (METRICS, RULES, READERS):  # what they know is of outside, and stays there
            patch.setattr(registry, "_offers", {})
            patch.setattr(registry, "_seen", None)
        patch.setattr(plugins, "_files", [])
        patch.delenv(plugins.PLUGINS_VARIABLE, raising=False)
        if path is not None:
            patch.syspath_prepend(path)
        yield
