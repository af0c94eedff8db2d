"""Laws that every metric obeys, stated once and tried on whatever Hypothesis thinks of.

They are parametrised over the registry itself, so a new metric cannot dodge them.
"""
