"""How long anomeval takes before it does anything, and which imports that is."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from contenders import anomeval_command
from measure import run

SAMPLE = Path(__file__).parent.parent / "sample_data" / "knn" / "test.h5"

_IMPORT = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")


def commands() -> dict[str, list[str | Path]]:
    """Title → command. The first tells what no Python program can avoid."""
    anomeval = anomeval_command()
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "anomeval --help": [*anomeval, "--help"],
        "anomeval score, sample data": [*anomeval, "score", SAMPLE],
    }


def measure() -> dict[str, float]:
    """Seconds of each command, once."""
    walls = {}
    for title, command in commands().items():
        usage = run(command)
        if usage.error:
            raise RuntimeError(f"{title}: {usage.error}")
        walls[title] = usage.wall
    return walls


def imports() -> dict[str, float]:
    """Seconds that `anomeval score` spends importing each package, heaviest first.

    Told by the interpreter itself, which makes importing a little slower.
    """
    command = [sys.executable, "-X", "importtime", "-m", "anomeval", "score", str(SAMPLE)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    microseconds: Counter[str] = Counter()
    for spent, module in _IMPORT.findall(told):
        package = module.split(".")[0]
        standard = package in sys.stdlib_module_names
        microseconds["standard library" if standard else package] += int(spent)
    return {package: spent / 1e6 for package, spent in microseconds.most_common()}
