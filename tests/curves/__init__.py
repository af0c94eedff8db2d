"""Curves as data: straight lines through them have the areas that the metrics report."""
