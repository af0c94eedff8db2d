"""Which counting core serves: the native one where it was built, else the NumPy one.

`ANOMEVAL_CORE=numpy` (or `native`) chooses by hand; both give the same integers.
"""

import os
from types import ModuleType

from anomeval.counting import numpy_core
from anomeval.errors import UsageError


def _choose() -> ModuleType:
    wish = os.environ.get("ANOMEVAL_CORE", "")
    if wish not in ("", "numpy", "native"):
        raise UsageError(f"ANOMEVAL_CORE is {wish!r}; it can be 'native' or 'numpy'")
    if wish == "numpy":
        return numpy_core
    try:
        from anomeval.counting import native_core
    except ImportError:
        if wish == "native":
            raise UsageError(
                "ANOMEVAL_CORE=native, but the native core was not built on this machine"
            ) from None
        return numpy_core
    return native_core


_core = _choose()

CORE_NAME: str = _core.NAME
Float32Counts = _core.Float32Counts
survey = _core.survey
label_regions = _core.label_regions
