"""Results as data, and their written forms. Every form is a pure function of the data."""
