"""Slow, obvious reference implementations, written from the definitions alone.

Every rational quantity is an exact `Fraction`; a float appears only behind a logarithm or a
square root.  Undefined is `None`.  Nothing here imports the package: it is the witness against
which the package is held.
"""
