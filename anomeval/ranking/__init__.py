"""Array mathematics of rankings: counts in, numbers out. Knows no images, files or metrics."""
