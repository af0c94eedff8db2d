"""What the measurements were made on and with, for readers."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
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


def describe(rival_pythons: list[Path]) -> dict[str, str]:
    """Label → text."""
    load = os.getloadavg()[0]
    found = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores usable",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "load before": f"{load:.1f} runnable processes (average of a minute)",
        "Python": platform.python_version(),
        "anomeval": _versions(Path(sys.executable), _OWN) + f"; {_core()}",
    }
    for number, python in enumerate(rival_pythons):
        label = "others" if number == 0 else "others, second environment"
        found[label] = _versions(python, _RIVALS)
    return found


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
