"""Whole tasks as Python functions; the command line calls these in the same words."""
