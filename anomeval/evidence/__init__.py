"""What is remembered of the images seen: exact, mergeable, and enough for every metric."""
