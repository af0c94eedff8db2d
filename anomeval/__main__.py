"""`python -m anomeval`."""

from anomeval.cli import main

main()
