"""CSV: exact numbers, one line for each value, nothing that a spreadsheet would run."""

import csv
import io

import numpy as np
from hypothesis import given

from anomeval.reporting.as_csv import csv_text, result_to_csv
from tests.reporting.samples import HOSTILE, grouped, result, row
from tests.reporting.strategies import results


def read(text):
    return list(csv.reader(io.StringIO(text)))


def test_one_line_for_each_value():
    rows = [
        row("image_ap", 0.5, mean_over="category", groups=2),
        row("image_ap", 0.1 + 0.2, {"category": "brick"}, interval=True),
        row("image_ap", None, {"category": "grass"}),
        row("pixel_pro(threshold=fit)", 1.0, {"category": "grass"}, cut=float("-inf")),
    ]
    assert result_to_csv(result(rows)) == (
        "category,metric,value,reason,confidence,low,high,mean_over,groups,cut\n"
        ",image_ap,0.5,,,,,category,2,\n"
        "brick,image_ap,0.30000000000000004,,0.95,0.27,0.32000000000000006,,,\n"
        "grass,image_ap,,no anomalous images,,,,,,\n"
        "grass,pixel_pro(threshold=fit),1.0,,,,,,,-inf\n"
    )


def test_texts_that_look_like_formulas_are_disarmed_and_numbers_are_not():
    fields = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "1=1", -1.5, np.float64(0.1), 3]
    assert read(csv_text(["a"] * 10, [fields]))[1] == [
        *("'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\\t=1", "\\n=1", "1=1"),
        *("-1.5", "0.1", "3"),
    ]


def test_hostile_names_stay_on_their_line():
    text = result_to_csv(grouped(HOSTILE))
    assert len(text.splitlines()) == len(read(text)) == 1 + 8 * (1 + len(HOSTILE))
    assert "\x1b" not in text
    assert text.encode()


@given(results)
def test_every_line_has_every_column(anything):
    lines = read(result_to_csv(anything))
    assert len(lines) == 1 + len(anything.rows)
    assert {len(line) for line in lines} == {len(lines[0])}
