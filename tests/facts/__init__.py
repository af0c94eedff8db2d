"""Tiny inputs with their exact expected outputs, as data.

Every expectation was derived by hand with fractions.  Metrics are keyed by their canonical text;
`None` is undefined; a float stands only where a logarithm makes the value irrational.  A score is
flagged at a cut when `score >= cut`; regions are 8-connected unless a field says otherwise; the
background is every normal pixel of every image; the limits in a metric text are the decimal
numbers they are written as.
"""
