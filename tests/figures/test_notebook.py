"""Results in notebooks: valid HTML, safe names, and frames."""

import sys

import pytest

from anomeval.errors import UsageError
from anomeval.reporting.notebook import records, result_to_html, to_pandas, to_polars
from tests.reporting.samples import HOSTILE, grouped, whole


def parsed(html):
    html5lib = pytest.importorskip("html5lib")
    return html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(html)


def test_a_table_has_a_row_for_each_group():
    """And one for their mean; numbers as everywhere else."""
    tree = parsed(result_to_html(grouped(["nut", "pill"], interval=True)))
    rows = [[" ".join(cell.itertext()) for cell in row] for row in tree.iter("tr")]
    assert [row[0] for row in rows] == ["category", "nut", "pill", "mean of 2"]
    assert rows[0][1] == "image AUROC"
    assert rows[1][1].startswith("0.8750")


def test_without_groups_there_is_a_row_for_each_metric():
    """Metric and value."""
    tree = parsed(result_to_html(whole()))
    rows = [["".join(cell.itertext()) for cell in row] for row in tree.iter("tr")]
    assert rows[:2] == [["metric", "value"], ["image AUROC", "0.8750"]]


def test_names_make_no_markup():
    """Whatever a category is called."""
    tree = parsed(result_to_html(grouped([*HOSTILE, "<script>alert(1)</script>"])))
    tags = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
    assert tags <= {"table", "thead", "tbody", "tr", "th", "td", "div", "br", "span", "sup"} | {
        "DOCUMENT_FRAGMENT"
    }


def test_undefined_values_have_their_reason():
    """A dash with a number, and the note below."""
    html = result_to_html(whole(("image_auroc",), (None,)))
    assert "\N{EM DASH}<sup>1</sup>" in html
    assert "1: no anomalous images" in html


def test_records_have_everything():
    """Group, metric, value, interval, extras."""
    first = records(grouped(["nut"], ("image_f1max",), interval=True))[1]
    assert first["category"] == "nut"
    assert first["metric"] == "image_f1max"
    assert first["value"] == 0.875
    assert (first["confidence"], first["low"], first["high"]) == (0.95, 0.845, 0.895)
    assert "threshold" in first


@pytest.mark.parametrize(("package", "convert"), [("pandas", to_pandas), ("polars", to_polars)])
def test_frames_have_a_row_for_each_value(package, convert):
    """Undefined values stay undefined."""
    pytest.importorskip(package)
    result = grouped(["nut", "pill"], undefined={("pill", "image_ap")})
    frame = convert(result)
    assert frame.shape[0] == len(result.rows)
    assert list(frame["metric"]) == [row.metric for row in result.rows]
    assert {"category", "value", "threshold"} <= set(frame.columns)


@pytest.mark.parametrize(("package", "convert"), [("pandas", to_pandas), ("polars", to_polars)])
def test_who_has_no_frames_is_told(package, convert, monkeypatch):
    """By name."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"pip install {package}"):
        convert(whole())
