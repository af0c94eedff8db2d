"""From raw scores to decisions: threshold rules, scales, and what a split has fitted."""
