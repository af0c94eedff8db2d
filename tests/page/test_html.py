"""The HTML is valid, needs nothing from outside, and says only what it was told to."""

import itertools
import json
import re
import warnings

import pytest

import anomeval
from anomeval.evidence.curves import DRAWN
from anomeval.metrics import METRICS
from anomeval.reporting.documents import plain
from anomeval.reporting.figures.kinds import CURVES
from anomeval.reporting.figures.traces import MEAN, mean_trace, traces, vertices
from anomeval.reporting.page.chart import Frame
from anomeval.reporting.page.curve_charts import curve_charts
from anomeval.reporting.page.rendering import page_html
from anomeval.uncertainty.bands import Band
from anomeval.workflows.reporting_page import gather
from tests.page.samples import DATA, HOSTILE, hostile_page, sample_html, sample_page
from tests.support import Picture, write_h5

LIMIT = 5_000_000


def html_of(pictures, folder, **options):
    """The page on some pictures."""
    return page_html(gather([write_h5(folder / "t.h5", pictures)], **options))


def numbers_in(html):
    """The numbers that the page carries."""
    (text,) = re.findall(r'<script type="application/json" id="numbers">(.*?)</script>', html, re.S)
    return json.loads(text)


def parsed(html):
    """The document, as a browser has to read it; any fault is an error."""
    html5lib = pytest.importorskip("html5lib")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


@pytest.mark.parametrize("fitted", [True, False])
def test_hostile_names_make_no_markup(fitted):
    """The same elements and attributes as any page, and every name as text."""
    html = page_html(hostile_page(fitted))
    tree = parsed(html)
    assert len(tree.findall(".//script")) == 2
    for element in tree.iter():
        attributes = [name for name in element.attrib if isinstance(name, str)]
        assert not any(name.startswith("on") for name in attributes)
        link = element.attrib.get("href", "") + element.attrib.get("src", "")
        assert link == "" or link.startswith(("#", "data:"))
        assert element.tag not in ("b", "img", "iframe")
    text = " ".join(tree.itertext())
    assert "<script>alert(1)</script>.png" in text
    assert "{{ 7 * 191 }}{% raw %}" in text
    assert "1337" not in re.sub(r"\d\.\d+", "", html)
    assert not {"\x1b", "\u202e", "\u2028"} & set(html)


def test_every_hostile_name_is_shown():
    """Nothing is dropped; what is not visible is written as an escape."""
    from anomeval.names import clean_name

    text = " ".join(parsed(page_html(hostile_page())).itertext())
    assert all(clean_name(name) in text for name in HOSTILE)


def test_the_page_is_valid():
    """html5lib's strict parser finds no fault; ids are unique, and references lead somewhere."""
    tree = parsed(sample_html())
    ids = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        for name in ("aria-labelledby", "data-for", "for"):
            assert element.attrib.get(name, ids[0]) in ids
        if element.attrib.get("href", "").startswith("#"):
            assert element.attrib["href"][1:] in ids


def test_pictures_and_controls_have_names():
    """What a screen reader says of them."""
    tree = parsed(sample_html())
    drawings = list(tree.iter("{http://www.w3.org/2000/svg}svg"))
    assert len(drawings) > 24
    for svg in drawings:
        assert svg.attrib.get("aria-hidden") == "true" or svg.attrib["aria-label"]
    for control in [*tree.iter("select"), *tree.iter("input")]:
        assert any(control in label.iter() for label in tree.iter("label"))
    for table in tree.iter("table"):
        caption = table.find("caption")
        assert caption is not None
        assert "".join(caption.itertext()).strip()
    levels = [int(one.tag[1]) for one in tree.iter() if re.fullmatch(r"h[1-6]", str(one.tag))]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_page_names_nothing_outside():
    """No address but that of a namespace could be asked for anything; a policy forbids the rest."""
    html = sample_html()
    policies = [meta.attrib.get("content", "") for meta in parsed(html).iter("meta")]
    assert any(policy.startswith("default-src 'none'; img-src data:;") for policy in policies)
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", html)
    assert not re.findall(r"https?://|@import|url\((?!#)", html)


def test_plotted_points_are_the_computed_ones():
    """The page's numbers are those of `Evaluation.curves`, digit by digit."""
    fit = anomeval.fit([DATA / "knn" / "val.h5"])
    computed = anomeval.score([DATA / "knn" / "test.h5"], fit=fit, by="category").curves(DRAWN)
    curves = numbers_in(sample_html())["curves"]
    assert set(curves) == {
        "image-roc",
        "image-pr",
        "pixel-roc",
        "pixel-pr",
        "pixel-pro",
        "pixel-pimo",
    }
    for key, lines in curves.items():
        level, _, kind = key.partition("-")
        for name, points in lines.items():
            if name == "mean":
                continue
            arrays = {
                part: plain(computed[f"{name}/{level}_{kind}_{part}"].tolist())
                for part in points
                if not (kind == "pimo" and part == "recall") and not part.startswith("band_")
            }
            known = set(zip(*arrays.values(), strict=True))
            plotted = list(zip(*(points[part] for part in arrays), strict=True))
            assert len(plotted) > 10
            assert set(plotted) <= known


def test_lines_go_through_their_points():
    """SVG paths are the points, projected; the frame's corners are (0, 0) and (1, 1)."""
    page = sample_page()
    charts, numbers = curve_charts(page.result, page.curves, page.bands)
    for chart in charts:
        assert isinstance(chart.frame, Frame)
        kind = CURVES[chart.key.partition("-")[2]]
        for line in chart.lines:
            if not line.group or "band" in line.style:
                continue
            points = numbers[chart.key][line.group]
            corners = re.findall(r"[ML](\S+ \S+?)(?=[LZ]|$)", line.path)
            across, down = (chart.frame.across, chart.frame.down)
            for x, y in zip(points[kind.x], points[kind.y], strict=True):
                assert f"{across(x):.2f} {down(y):.2f}" in corners


def test_areas_are_the_bands():
    """Each is the band of its category, there and back; that of the mean is shown at once."""
    page = sample_page()
    charts, numbers = curve_charts(page.result, page.curves, page.bands)
    for chart in charts:
        level, _, key = chart.key.partition("-")
        areas = [line for line in chart.lines if line.style.startswith("band ")]
        assert {area.group for area in areas} == {"", "brick", "grass", "gravel"}
        for area in areas:
            band = page.bands[key, level, area.group or MEAN]
            assert isinstance(band, Band)
            low = chart.frame.path(band.x, band.low)
            high = chart.frame.path(band.x[::-1], band.high[::-1])
            assert area.path == f"{low}L{high[1:]}Z"
            carried = numbers[chart.key][area.group or "mean"]
            assert carried["band_low"] == band.low.tolist()
    assert "Band: 95 % interval of the mean" in sample_html()
    assert "(pointwise)" in sample_html()


def test_where_there_is_no_band_a_sentence_says_why(tmp_path):
    """Four normal images are too few."""
    pictures = [Picture(score=n % 7, label=n >= 4, path=f"{n}") for n in range(16)]
    html = html_of(pictures, tmp_path)
    assert "No band: 4 normal images: an interval needs at least 5." in html
    assert "pointwise" not in html


def test_the_image_level_line_encloses_the_metric():
    """The area under the drawn ROC line is the AUROC, that of the PR line the AP; no ties here."""
    page = sample_page()
    rows = {(row.metric, (row.group or {}).get("category")): row.value for row in page.result.rows}
    for key, metric in (("roc", "image_auroc"), ("pr", "image_ap")):
        for trace in traces(page.curves, CURVES[key], "image"):
            x, y = vertices(trace, CURVES[key])
            area = sum(
                (b - a) * (c + d) / 2 for a, b, c, d in zip(x, x[1:], y, y[1:], strict=False)
            )
            assert area == pytest.approx(rows[metric, trace.name], abs=1e-12)


def test_the_mean_curve_lies_between_its_parts():
    """Bounded by the lowest and the highest category everywhere; for each kind."""
    page = sample_page()
    for kind in CURVES.values():
        for level in kind.levels:
            found = traces(page.curves, kind, level)
            mean = mean_trace(found, kind)
            assert mean is not None
            assert len(mean.x) == len(mean.y) == 201
            assert (mean.y >= 0).all()
            assert (mean.y <= 1).all()


def test_histograms_in_the_page_are_the_counted_ones():
    """Edges and counts, all of them."""
    histograms = numbers_in(sample_html())["histograms"]
    spreads = sample_page().spreads
    assert len(histograms) == len(spreads) == 6
    assert sorted(sum(one["normal"]) for one in histograms.values()) == sorted(
        int(spread.test.normal.sum()) for spread in spreads
    )


def test_texts_about_metrics_are_those_of_the_metrics():
    """Title by title, as the metric defines it."""
    text = " ".join(" ".join(parsed(sample_html()).itertext()).split())
    for name in ("auroc", "ap", "f1max", "f1", "aupro", "aupimo"):
        assert METRICS[name].doc.title in text


def test_it_is_told_whether_ranking_or_threshold_failed():
    """Each verdict of the result, beside its level and category."""
    tree, result = parsed(sample_html()), sample_page().result
    tables = [table for table in tree.iter("table") if table.attrib.get("class") == "drift"]
    rows = [["".join(cell.itertext()) for cell in row] for row in tables[0].find("tbody")]
    assert rows == [[one.level, one.category, one.verdict] for one in result.drift]
    assert len(rows) == 6


def test_confusion_cells_count_the_decisions():
    """The numbers lead to rows of the table, and are as many as these."""
    tree = parsed(sample_html())
    rows = [row.attrib for row in tree.iter("tr") if "data-outcome" in row.attrib]
    for link in (link for link in tree.iter("a") if "data-outcome" in link.attrib):
        category, outcome = link.attrib["data-pick-category"], link.attrib["data-outcome"]
        number = int("".join(link.find("span").itertext()))
        found = [r for r in rows if r["data-outcome"] == outcome]
        assert number == len([r for r in found if category in ("", r["data-category"])])


def test_the_page_of_the_sample_data_is_small():
    """With 24 pictures over photographs."""
    assert len(sample_html().encode()) < 1_000_000


def test_a_thousand_images_of_noise_stay_below_the_limit():
    """Rows, regions and pictures of the most stubborn kind: maps that do not compress."""
    import dataclasses

    page = sample_page()
    images = [
        dataclasses.replace(image, image_path=f"{copy}/{image.image_path}")
        for copy in range(9)
        for image in page.images
    ]
    regions = [
        dataclasses.replace(region, image_path=f"{copy}/{region.image_path}")
        for copy in range(40)
        for region in page.regions
    ]
    rest = len(sample_html().encode()) - sum(
        len(p.map or "") + len(p.photo or "") for p in page.gallery.pictures
    )
    html = page_html(dataclasses.replace(page, images=images, regions=regions))
    rows = len(html.encode()) - len(sample_html().encode())
    picture = (192 * 192 + 288 * 288 // 2) * 4 // 3 + 2 * 8_000
    assert rest + rows + 24 * picture < LIMIT


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param([Picture(score=n, label=0, path=f"{n}") for n in range(3)], id="normals"),
        pytest.param([Picture(score=1.0, label=n % 2) for n in range(4)], id="one score"),
        pytest.param([Picture(map=[[n, 1]], mask=[[1, 1]]) for n in range(3)], id="all defect"),
        pytest.param(
            [Picture(map=[[n or float("inf"), 1]], mask=[[n % 2, 0]]) for n in range(4)],
            id="infinite",
        ),
        pytest.param([Picture(score=2.0, label=1)], id="one image"),
    ],
)
def test_poor_data_makes_a_page(pictures, tmp_path):
    """Whatever is undefined is left out or said; the page stays valid."""
    parsed(html_of(pictures, tmp_path))
    html = html_of(pictures, tmp_path, title="<title>")
    assert "&lt;title&gt; \N{EN DASH} anomeval report" in html


def test_the_same_input_makes_the_same_page():
    """No date, no random name."""
    assert page_html(sample_page()) == sample_html()
