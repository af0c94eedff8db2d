"""The result files that gates are tried on, too."""

from tests.gates.conftest import files as files
from tests.gates.conftest import here as here
