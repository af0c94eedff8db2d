"""What is drawn: curves, histograms and sweeps as data, for the page and for plots in files."""
