"""Other public definitions of the same metrics, re-stated from their description.

They exist for `anomeval explain` alone, which sets them beside ours; no result is made with them.
"""
