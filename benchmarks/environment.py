"""Environments for the other tools, made once beside this file."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_CPU_BUILDS = "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu"


def rivals_python() -> Path:
    return _python(HERE / ".venv", HERE / "requirements.txt")


def anomalib_python() -> Path:
    return _python(HERE / ".venv-anomalib", HERE / "requirements-anomalib.txt")


def _python(folder: Path, requirements: Path) -> Path:
    """The interpreter of an environment that holds the requirements; made if need be."""
    python = folder / "bin" / "python"
    mark = folder / "requirements.sha256"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return python
    print(f"installing {requirements.name} into {folder.name}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--quiet"]
    _refuse_cuda(pip, requirements)
    subprocess.run([*pip, "--requirement", requirements], check=True)
    mark.write_text(digest)
    return python


def _refuse_cuda(pip: list[str], requirements: Path) -> None:
    """Ask pip what it would install; packages for graphics cards are gigabytes for nothing."""
    command = [*pip, "--dry-run", "--report", "-", "--requirement", str(requirements)]
    planned = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    names = [package["metadata"]["name"].lower() for package in planned["install"]]
    unwanted = [name for name in names if name.startswith(("nvidia", "cuda", "triton"))]
    if unwanted:
        sys.exit(f"pip would install {', '.join(unwanted)}; set {_CPU_BUILDS} and start again")
