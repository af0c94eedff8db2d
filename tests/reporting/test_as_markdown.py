"""Markdown: read back with a parser of the same dialect."""

import re
from html import unescape

import pytest

from anomeval.names import clean_name
from anomeval.reporting.as_markdown import result_to_markdown
from tests.reporting.samples import HOSTILE, LEAK, METRICS, grouped, result, row

ORIGIN = (
    "<sub>test.h5 · 12 images (5 normal, 7 anomalous) · 49,152 pixels, 0.64 % anomalous in "
    "9 regions · no fit · anomeval 0.1.0</sub>\n"
)


def table_of(text):
    """The cells as a reader sees them."""
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(text)
    rows = re.findall("<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", one)]
        for one in rows
    ]


def test_groups_by_metrics():
    metrics = (METRICS[0], METRICS[2], METRICS[6])
    shown = grouped(["brick", "grass"], metrics, undefined=[("grass", METRICS[6])], cautions=[LEAK])
    assert result_to_markdown(shown, places=3) == (
        r"""| category | image AUROC | image F1max\* | pixel AUPRO@0.3 |
| :-- | --: | --: | --: |
| brick | 0.875 | 0.900 | 0.800 |
| grass | 0.874 | 0.899 | —<sup>1</sup> |
| **mean of 2** | **0.875** | **0.900** | **0.800<sup>2</sup>** |

<sup>1</sup> no anomalous images<br>
<sup>2</sup> mean over the 1 of 2 groups where it is defined<br>
\* threshold chosen on these very images: what an oracle would reach

- **Caution:** 3 of 12 images were seen by the fit (--allow-overlap): metrics at the fitted """
        "threshold are optimistic\n\n" + ORIGIN
    )


def test_without_groups_one_metric_per_line():
    rows = [row("image_ap", 0.5, interval=True), row("image_f1", 0.25, cut=2.5)]
    assert result_to_markdown(result(rows), percent=True) == (
        """| metric | value | threshold |
| :-- | --: | --: |
| image AP, % | 50.00 <sub>47.0~52.0</sub> |  |
| image F1, % | 25.00 | 2.5 |

ranges are 95 % confidence intervals

""".replace("~", "\N{EN DASH}")
        + ORIGIN
    )


def test_hostile_names_are_shown_as_they_are():
    shown = table_of(result_to_markdown(grouped(HOSTILE, METRICS[:1])))
    assert [line[0] for line in shown[1:-1]] == [clean_name(name) for name in HOSTILE]
    assert {len(line) for line in shown} == {2}


@pytest.mark.parametrize("name", ["@someone", "by @someone"])
def test_nobody_is_mentioned(name):
    text = result_to_markdown(grouped([name], METRICS[:1]))
    assert "@someone" not in text
    assert table_of(text)[1][0] == name
