"""These tests need torch; those of the callback Lightning, those of ONNX its tools."""

import pytest

pytest.importorskip("torch")
