"""What the measurements were made on and with, for readers."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from measure import run

_OWN = ("anomeval", "numpy", "h5py", "isal", "scipy")
_RIVALS = ("ADEval", "scikit-learn", "torchmetrics", "torch", "numpy", "anomalib")
_LIST = """
import importlib.metadata as metadata, json, sys
known = {}
for name in sys.argv[1:]:
    try:
        known[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(known))
"""


def occasion() -> str:
    """Date, and whether anybody else is at work."""
    return f"{datetime.now(UTC):%Y-%m-%d}, load before {os.getloadavg()[0]:.1f}"


def describe(rival_pythons: Mapping[str, Path]) -> dict[str, str]:
    """Label → text; the interpreters of other tools come with labels of their own."""
    return {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores usable",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "anomeval": f"{_versions(Path(sys.executable), _OWN)}; {_core()}; source {_source()}",
        **{label: _versions(python, _RIVALS) for label, python in rival_pythons.items()},
    }


def _source() -> str:
    """Digest of the code of anomeval, so that nobody joins measurements of two states of it."""
    package = find_spec("anomeval")
    assert package
    assert package.origin
    digest = hashlib.sha256()
    folder = Path(package.origin).parent
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".c", ".h"):
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _versions(python: Path, packages: tuple[str, ...]) -> str:
    command = [str(python), "-c", _LIST, *packages]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _core() -> str:
    usage = run([sys.executable, "-c", "from anomeval.counting import CORE_NAME as c; print(c)"])
    return f"{usage.output} core"
