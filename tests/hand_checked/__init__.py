"""Every hand-checked case of `tests.facts`, run through real files and the public functions."""
