import os
from types import ModuleType

import pytest

from anomeval.counting import numpy_core

try:
    from anomeval.counting import native_core
except ImportError:
    if os.environ.get("ANOMEVAL_REQUIRE_NATIVE"):
        raise
    native_core = None

needs_native = pytest.mark.skipif(native_core is None, reason="the native core was not built")


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(numpy_core, id="numpy"),
        pytest.param(native_core, id="native", marks=needs_native),
    ],
)
def core(request: pytest.FixtureRequest) -> ModuleType:
    """Either counting core."""
    return request.param


@pytest.fixture(scope="session")
def native() -> ModuleType:
    """The native core."""
    if native_core is None:
        pytest.skip("the native core was not built")
    return native_core
