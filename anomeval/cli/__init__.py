"""Words typed in a terminal. Each command reads options, calls one function, and prints.

Heavy packages are imported inside the commands, so that `anomeval --help` answers at once.
"""

import sys

try:
    from anomeval.cli.main import app, main
except KeyboardInterrupt:  # Ctrl-C before there is anything to interrupt
    sys.exit(130)

__all__ = ["app", "main"]
