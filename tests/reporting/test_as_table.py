"""The table in the terminal."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.reporting.as_table import result_table
from tests.reporting.samples import (
    HOSTILE,
    LEAK,
    METRICS,
    grouped,
    printed,
    result,
    row,
    whole,
    widest,
)

names = st.lists(st.text(max_size=70), min_size=1, max_size=5, unique=True)
EN_DASH = "\N{EN DASH}"
QUIET_LINES = """\
test.h5 · 12 images (5 normal, 7 anomalous)
49,152 pixels, 0.64 % anomalous in 9 regions
no fit · anomeval 0.1.0
"""


def test_groups_stand_in_rows_and_metrics_in_columns_by_level():
    shown = grouped(["brick", "grass"], undefined=[("grass", METRICS[2])], cautions=[LEAK])
    assert printed(result_table(shown)) == (
        """\
           ──────── image ────────   ───────────────── pixel ─────────────────
category    AUROC      AP  F1max*     AUROC      AP  F1max*  AUPRO@0.3  AUPIMO
──────────────────────────────────────────────────────────────────────────────
brick      0.8750  0.9000  0.8000    0.9688  0.1724  0.2956     0.9062  0.0700
grass      0.8740  0.8990       —¹   0.9677  0.1714  0.2946     0.9052  0.0690
──────────────────────────────────────────────────────────────────────────────
mean of 2  0.8750  0.9000  0.8000²   0.9688  0.1724  0.2956     0.9062  0.0700

¹ no anomalous images
² mean over the 1 of 2 groups where it is defined
* threshold chosen on these very images: what an oracle would reach

"""
        + QUIET_LINES
    )


def test_without_groups_metrics_stand_below_each_other():
    rows = [
        row("image_auroc", 0.875),
        row("image_f1max", 0.8),
        row("image_f1", 0.75, cut=0.5),
        row("pixel_ap", None),
        row("pixel_pro(threshold=fit)", 0.25, cut=float("-inf")),
    ]
    assert printed(result_table(result(rows, fit="sha256:0123456789abcdef"))) == (
        """\
                value  threshold
image  AUROC   0.8750             Area under the ROC curve; ties count half
       F1max*  0.8000    1.53889  Best F1 over all thresholds
       F1      0.7500    0.50000  F1 at the fitted cut
pixel  AP           —             no anomalous images
       PRO     0.2500       -inf  Mean per-region overlap at the fitted cut, or
                                  at a given raw threshold

* threshold chosen on these very images: what an oracle would reach

"""
        + QUIET_LINES.replace("no fit", "fit 0123456789ab")
    )


def test_narrow_terminals_get_the_levels_below_each_other():
    shown = printed(result_table(grouped(["brick", "grass"], METRICS[:5])), width=40)
    assert shown.startswith("""\
           ─────── image ────────
category    AUROC      AP  F1max*
─────────────────────────────────
brick      0.8750  0.9000  0.8000
grass      0.8740  0.8990  0.7990
─────────────────────────────────
mean of 2  0.8750  0.9000  0.8000

           ─── pixel ────
category    AUROC      AP
─────────────────────────
brick      0.9688  0.1724
""")


def test_intervals_stand_beside_values_where_there_is_room_else_below():
    shown = grouped(["brick"], METRICS[:1], interval=True)
    assert "brick      0.8750 0.845~0.895\n".replace("~", EN_DASH) in printed(
        result_table(shown), width=40
    )
    narrow = printed(result_table(shown), width=22)
    assert "brick           0.8750\n           0.845~0.895\n".replace("~", EN_DASH) in narrow
    assert "ranges are 95 %" in narrow


def test_percent_and_places():
    shown = grouped(["brick"], METRICS[:1])
    assert "brick      87.50\n" in printed(result_table(shown, percent=True))
    assert "image, %" in printed(result_table(shown, percent=True))
    assert "brick       87.5\n" in printed(result_table(shown, percent=True, places=1))
    assert "brick       0.88\n" in printed(result_table(shown, places=2))


def test_the_whole_of_one_curve_is_named_differently_from_a_mean():
    rows = [row("image_auroc", 0.5), row("image_auroc", 0.25, {"category": "brick"})]
    assert "\nall images  0.5000\n" in printed(result_table(result(rows)))


def test_a_single_group_keeps_its_name():
    assert "\nbrick     0.2500\n" in printed(
        result_table(result([row("image_auroc", 0.25, {"category": "brick"})]))
    )


def test_means_alone_are_named():
    rows = [
        row("image_ap", 0.5, mean_over="category", groups=2),
        row("image_ap", 0.25, {"mean": "defect_type"}),
    ]
    shown = printed(result_table(result(rows)))
    assert "\nmean over 2 categories  0.5000\nmean over defect type   0.2500\n" in shown


def test_a_list_of_means_says_so():
    shown = printed(result_table(result([row("image_ap", 0.5, mean_over="category", groups=3)])))
    assert "values are the unweighted mean over 3 categories\n" in shown


def test_a_mean_stands_under_what_it_is_a_mean_over():
    group = {"category": "brick", "defect_type": "crack"}
    mean = row("image_ap", 0.5, {"mean": "defect_type"}, mean_over="defect_type", groups=1)
    overall = row("image_ap", 0.5, mean_over="category", groups=4)
    shown = printed(result_table(result([overall, row("image_ap", 0.5, group), mean])))
    assert "category   defect type" in shown
    assert "\nbrick      crack        0.5000\n" in shown
    assert "\nmean of 4               0.5000\n           mean of 1    0.5000\n" in shown


def test_an_oracle_is_marked_in_means_too():
    shown = printed(result_table(result([row("image_f1max", 0.5, mean_over="category", groups=3)])))
    assert "F1max*" in shown
    assert "\n* threshold chosen on these very images" in shown


def test_lower_is_better_and_hidden_parameters_are_explained():
    rows = [
        row("image_fpr_at_tpr(tpr=0.95)", 0.5),
        row("pixel_aupimo(fpr_low=1e-06,fpr_high=0.0001)", 0.5),
    ]
    shown = printed(result_table(result(rows)))
    assert "FPR@TPR=0.95 ↓" in shown
    assert "\n↓ lower is better\n" in shown
    assert "\nAUPIMO@1e-06 stands for aupimo(fpr_low=1e-06,fpr_high=0.0001)\n" in shown


def test_metrics_that_would_look_alike_are_told_apart():
    texts = [f"pixel_aupimo(fpr_low=1e-06,fpr_high={high})" for high in ("0.001", "0.01")]
    shown = printed(result_table(result([row(text, 0.5) for text in texts])))
    assert all(text.removeprefix("pixel_") in shown for text in texts)


def test_a_metric_from_elsewhere_goes_by_its_text():
    assert "image  gloss(a=2)  0.5000\n" in printed(
        result_table(result([row("image_gloss(a=2)", 0.5)]))
    )


def test_thirty_categories_fit_eighty_columns():
    shown = printed(result_table(grouped([f"category_{i:02}" for i in range(30)])))
    assert widest(shown) <= 80
    assert shown.count("\ncategory_") == 30  # side by side, not in blocks


def test_long_names_lose_their_middle_and_columns_stay_whole():
    shown = printed(result_table(grouped(["a" * 30 + "z" * 30, "b"])))
    assert widest(shown) <= 80
    assert f"\n{'a' * 18}…{'z' * 18}  0.9688" in shown


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_hostile_names_stay_in_their_cells(width):
    shown = printed(result_table(grouped(HOSTILE)), width=width)
    assert widest(shown) <= width
    assert "\x1b" not in shown
    assert shown.count("0.8750\n") + shown.count("0.8750 ") == 2  # the first row and the mean
    assert r"\x1b[31mred" in shown
    assert r"two\nlines" in shown
    assert "[bold]x[/bold]" in shown
    assert r"\u202egpj.exe" in shown


@given(names, st.integers(60, 130), st.booleans())
def test_no_line_is_longer_than_the_terminal(names, width, interval):
    shown = grouped(names, interval=interval, undefined=[(names[0], METRICS[3])])
    assert widest(printed(result_table(shown), width=width)) <= width


@pytest.mark.parametrize("width", [1, 5, 20])
def test_a_terminal_too_small_for_anything_is_no_error(width):
    assert printed(result_table(grouped(HOSTILE, interval=True)), width=width)
    assert printed(result_table(whole(interval=True, cautions=[LEAK])), width=width)


def test_the_width_can_be_set():
    assert widest(printed(result_table(whole(), width=50), width=200)) <= 50


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "shift_jis"])
def test_any_encoding_of_the_output_can_carry_it(encoding):
    shown = grouped(["brick", "日本"], undefined=[("brick", METRICS[0])], interval=True)
    text = printed(result_table(shown), width=200, encoding=encoding)
    plain = printed(result_table(shown), width=200)
    assert [widest(f"{line}.") for line in text.splitlines()] == [
        widest(f"{line}.") for line in plain.splitlines()
    ]


def test_ascii_has_dashes_and_letters_for_rules_and_marks():
    shown = grouped(["brick", "日本"], METRICS[:1], undefined=[("brick", METRICS[0])])
    assert printed(result_table(shown), encoding="ascii").startswith("""\
            image
category    AUROC
------------------
brick           -a
????       0.8740
------------------
mean of 2  0.8750b

a no anomalous images
b mean over the 1 of 2 groups where it is defined
""")


def test_there_is_no_colour_in_a_pipe_and_some_in_a_terminal():
    from rich.console import Console

    assert "\x1b" not in printed(result_table(whole()))
    file = io.StringIO()
    Console(file=file, force_terminal=True, color_system="standard", width=80).print(
        result_table(whole())
    )
    assert "\x1b[1m" in file.getvalue()


def test_nothing_at_all_is_no_error():
    empty = replace(result([]), data=replace(result([]).data, files=(), images=0, pixels=0))
    assert "0 images" in printed(result_table(empty))


def test_text_without_a_console():
    assert result_table(whole()).text(80) == printed(result_table(whole()))
