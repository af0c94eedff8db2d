"""Rules, verdicts and their written forms."""
