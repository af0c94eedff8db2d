"""The table that `fit` prints."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from anomeval.judging.post_processor import FittedLevel, OneClassPostProcessor
from anomeval.judging.scale import Scale
from anomeval.reporting.fit_table import fit_table
from tests.reporting.samples import printed, widest
from tests.reporting.strategies import fits
from tests.reporting.test_fit_file import FIT

LEVEL = FittedLevel(Scale(1.25, 0.125, 9.5), "quantile@0.995", 26, 0)


def test_thresholds_range_rule_and_counts():
    fit = replace(FIT, shared=OneClassPostProcessor(LEVEL, replace(LEVEL, normal_count=425984)))
    assert (
        printed(fit_table(fit))
        == """\
       ─────── raw scores ────────   ────────── chosen from ───────────
       threshold   cut    min  max   rule             normal  anomalous
───────────────────────────────────────────────────────────────────────
image       1.25  1.25  0.125  9.5   quantile@0.995       26          0
pixel       1.25  1.25  0.125  9.5   quantile@0.995  425,984          0

anomalous means: raw score at or above the cut

fitted on val.h5 · 5 images
"""
    )


def test_a_level_that_was_not_fitted_is_a_dash_and_a_sensitivity_is_shown():
    shown = printed(fit_table(FIT))
    assert "threshold   cut  min  max  sensitivity " in shown
    assert "image        0.8  0.56  0.1  0.9          0.8 " in shown
    assert "\n— this split has no scores of that level to fit on\n" in shown


def test_categories_follow_what_they_share():
    several = replace(FIT, categories={"b": FIT.shared, "a\x1b": FIT.shared})
    lines = printed(fit_table(several), width=120).splitlines()
    assert [line.split()[:2] for line in lines[3:9]] == [
        *(["image", "all"], ["image", r"a\x1b"], ["image", "b"]),
        *(["pixel", "all"], ["pixel", r"a\x1b"], ["pixel", "b"]),
    ]


def test_points_of_a_column_are_aligned():
    other = replace(LEVEL, scale=replace(LEVEL.scale, threshold=2 / 3))
    shown = printed(fit_table(replace(FIT, shared=OneClassPostProcessor(LEVEL, other))))
    assert "image   1.250000  1.250000  0.125  9.5" in shown
    assert "pixel   0.666667  0.666667  0.125  9.5" in shown


@given(fits, st.integers(60, 120))
def test_no_line_is_longer_than_the_terminal(fit, width):
    assert widest(printed(fit_table(fit), width=width)) <= width
