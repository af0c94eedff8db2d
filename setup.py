"""Builds the optional native counting core; everything else is declared in pyproject.toml.

The extension uses the limited API of Python 3.11, so one binary serves that version and all later
ones. Where it cannot be compiled the installation succeeds without it, and an exact NumPy core
takes its place. ANOMEVAL_SANITIZE=1 builds it with address and undefined-behaviour checks.
"""

import os
import sys
import sysconfig
from glob import glob

from setuptools import Extension, setup

ABI3_SINCE = "0x030B0000"
SOURCES = "anomeval/counting/_native"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


def compile_flags() -> list[str]:
    """Flags for the C compiler of this platform; no instruction beyond its baseline."""
    if sys.platform == "win32":
        return ["/O2", "/std:c11"]
    flags = ["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wpedantic"]
    if sanitize():
        return [*flags, "-O1", "-g", "-fno-omit-frame-pointer", *SANITIZERS]
    return [*flags, "-O3"]


def sanitize() -> bool:
    """Whether the build is one for the sanitizers."""
    return os.environ.get("ANOMEVAL_SANITIZE") == "1"


setup(
    ext_modules=[
        Extension(
            "anomeval.counting._native",
            sources=sorted(glob(f"{SOURCES}/*.c")),
            depends=sorted(glob(f"{SOURCES}/*.h")),
            define_macros=[("Py_LIMITED_API", ABI3_SINCE)],
            py_limited_api=True,
            extra_compile_args=compile_flags(),
            extra_link_args=SANITIZERS if sanitize() else [],
            optional=True,
        )
    ],
    # A free-threaded Python has no limited API yet, so there it is the NumPy core.
    options={}
    if sysconfig.get_config_var("Py_GIL_DISABLED")
    else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
