"""Words typed in a terminal. Each command reads options, calls one function, and prints.

Heavy packages are imported inside the commands, so that `anomeval --help` answers at once.
"""

from anomeval.cli.main import app, main

__all__ = ["app", "main"]
