"""Which counting core serves: the native one where it was built, else the NumPy one.

`ANOMEVAL_CORE=numpy` (or `native`) chooses by hand; both give the same integers.
"""

import os
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from anomeval.counting import numpy_core
from anomeval.errors import UsageError


def _choose() -> ModuleType:
    wish = os.environ.get("ANOMEVAL_CORE", "")
    if wish not in ("", "numpy", "native"):
        raise UsageError(f"ANOMEVAL_CORE is {wish!r}; it can be 'native' or 'numpy'")
    if wish == "numpy":
        return numpy_core
    try:
        return import_module("anomeval.counting.native_core")
    except ImportError:
        if wish == "native":
            raise UsageError(
                "ANOMEVAL_CORE=native, but the native core was not built on this machine"
            ) from None
        return numpy_core


CORE_NAME: str
"""The core that serves: "native" or "numpy"."""

if TYPE_CHECKING:  # the two cores offer the same names and types
    from anomeval.counting.numpy_core import Float32Counts as Float32Counts
    from anomeval.counting.numpy_core import descending as descending
    from anomeval.counting.numpy_core import distinct as distinct
    from anomeval.counting.numpy_core import label_regions as label_regions
    from anomeval.counting.numpy_core import survey as survey
    from anomeval.counting.numpy_core import survey_mask as survey_mask
else:
    _core = _choose()
    CORE_NAME = _core.NAME
    Float32Counts = _core.Float32Counts
    descending = _core.descending
    distinct = _core.distinct
    label_regions = _core.label_regions
    survey = _core.survey
    survey_mask = _core.survey_mask
