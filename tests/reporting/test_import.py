"""Importing the written forms costs next to nothing."""

import subprocess
import sys


def test_the_package_imports_nothing_heavy():
    code = (
        "import sys, anomeval.reporting, anomeval.reporting.result\n"
        "print({'numpy', 'rich', 'jsonschema', 'h5py', 'scipy'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


def test_rich_and_jsonschema_wait_until_they_are_used():
    modules = "as_csv as_json as_latex as_markdown as_table fit_file fit_table per_image"
    imports = ", ".join(f"anomeval.reporting.{name}" for name in modules.split())
    code = f"import sys, {imports}\nprint({{'rich', 'jsonschema'}} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"
