"""Rules that a result has to keep, and what they make of it."""
