"""The page in a real browser: headless Chromium, where it is installed."""

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest

from anomeval.reporting.page.rendering import page_html
from tests.page.browsing import ADDRESS, Visit, api
from tests.page.samples import hostile_page, sample_html, sample_page


@pytest.fixture
def visit(browser) -> Iterator[Visit]:
    opened = Visit(browser, sample_html(), viewport={"width": 1280, "height": 900})
    yield opened
    opened.page.close()
    assert opened.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_asks_for_nothing_and_fits(browser, width, scheme):
    """One request, that for itself; no complaint; no sideways scrolling."""
    viewport = {"width": width, "height": 900}
    visit = Visit(browser, sample_html(), viewport=viewport, color_scheme=scheme)
    assert visit.requests == [ADDRESS]
    assert visit.complaints == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") == width
    back = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") == (scheme == "light")
    visit.page.close()


def test_hostile_names_do_nothing(browser):
    """No dialog, no request, no script but ours."""
    visit = Visit(browser, page_html(hostile_page()))
    assert visit.requests == [ADDRESS]
    assert visit.complaints == []
    assert visit.page.evaluate("document.scripts.length") == 2
    visit.page.close()


def test_a_policy_keeps_other_scripts_from_running(browser):
    """Even if markup got in, the browser would not run it."""
    html = sample_html().replace("<main ", "<script>document.title = 'taken'</script><main ")
    visit = Visit(browser, html)
    assert visit.page.title().startswith("knn/test")
    assert any("Content Security Policy" in text for text in visit.complaints)
    visit.page.close()


def test_columns_sort_both_ways(visit):
    """Numbers as numbers, highest first; the header tells how."""
    header = visit.page.locator("#images-table th", has_text="score")
    for direction in ("descending", "ascending"):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == direction
        scores = [float(row[4]) for row in visit.rows("images-table")]
        assert scores == sorted(scores, reverse=direction == "descending")
    assert len(scores) == 120
    name = visit.page.locator("#images-table th", has_text="image").first
    name.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "none"
    assert name.get_attribute("aria-sort") == "ascending"


def test_what_is_undefined_sorts_last(visit):
    """Normal images have no AUPIMO, and stay below in both directions."""
    button = visit.page.locator("#images-table th", has_text="AUPIMO").get_by_role("button")
    for _ in range(2):
        button.click()
        values = [row[7] for row in visit.rows("images-table")]
        assert values[-48:] == [""] * 48
        assert "" not in values[:-48]


def test_a_cell_of_the_confusion_matrix_leads_to_its_images(visit):
    """All missed images of grass, and a status that says how many."""
    matrix = visit.page.locator(".confusion", has_text="grass")
    matrix.get_by_role("link", name="missed").click()
    rows = visit.rows("images-table")
    expected = [
        i.image_path
        for i in sample_page().images
        if i.category == "grass" and i.anomalous and not i.decision
    ]
    assert sorted(row[0] for row in rows) == sorted(expected)
    status = visit.page.locator("form[data-for=images-table] [role=status]")
    assert status.text_content() == f"{len(expected)} of 120 images"
    assert visit.page.url.endswith("#images")
    visit.page.locator("form[data-for=images-table]").get_by_role("button", name="Show all").click()
    api.expect(visit.page.locator("#images-table tr[hidden]")).to_have_count(0)


def test_searching_narrows_a_table(visit):
    """In the table it belongs to, and only there."""
    visit.page.locator("form[data-for=regions-table] input").fill("SCRATCH")
    rows = visit.rows("regions-table")
    assert rows
    assert all("scratch" in " ".join(row) for row in rows)
    assert len(visit.rows("images-table")) == 120


def test_a_category_is_picked_for_the_whole_page(visit):
    """Tables, gallery and charts show it; other curves fade."""
    visit.page.get_by_label("Category").select_option("brick")
    assert {row[1] for row in visit.rows("images-table")} == {"brick"}
    shown = visit.page.eval_on_selector_all(
        ".gallery > li:not([hidden])", "items => items.map(item => item.dataset.category)"
    )
    assert set(shown) == {"brick"}
    faded = visit.page.eval_on_selector_all(
        "#image-roc .faded:not(.band)", "lines => lines.map(line => line.dataset.line)"
    )
    assert faded == ["grass", "gravel"]
    for table in visit.page.locator(".groups").all():
        assert table.locator("tbody tr:visible th").all_text_contents() == ["brick"]
    bands = visit.page.locator("#image-roc .band")
    seen = [one.get_attribute("data-line") for one in bands.all() if one.is_visible()]
    assert seen == ["brick"]


def test_the_keyboard_reaches_everything(visit):
    """Skip link first; headers, legend and cells answer to Enter and Space."""
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the results"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "main"
    button = visit.page.locator("#regions-table th", has_text="size").get_by_role("button")
    button.focus()
    assert visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    visit.page.keyboard.press("Enter")
    sizes = [int(row[3].replace(",", "")) for row in visit.rows("regions-table")]
    assert sizes == sorted(sizes, reverse=True)
    entry = visit.page.locator("#curves [data-pick=gravel]").first
    entry.focus()
    visit.page.keyboard.press("Space")
    assert entry.get_attribute("aria-pressed") == "true"
    assert visit.page.get_by_label("Category").input_value() == "gravel"
    visit.page.keyboard.press("Space")
    assert visit.page.get_by_label("Category").input_value() == ""


def test_layers_of_the_gallery_can_be_taken_off(visit):
    """The map fades, outlines vanish."""
    visit.page.get_by_label("Map over image").fill("0")
    first = visit.page.locator(".picture .map").first
    assert first.evaluate("one => getComputedStyle(one).opacity") == "0"
    truth = visit.page.locator(".picture .truth").first
    visit.page.locator("#layers").get_by_label("ground truth").uncheck()
    assert truth.evaluate("one => getComputedStyle(one).display") == "none"


def test_the_page_works_without_scripts(browser):
    """Everything is there to read; what needs scripts is not offered."""
    context = browser.new_context(java_script_enabled=False)
    visit = Visit(context, sample_html())
    assert visit.page.locator("#images-table tbody tr").count() == 120
    assert not visit.page.get_by_label("Category").is_visible()
    context.close()


def test_the_page_prints(browser):
    """All rows, no controls."""
    with TemporaryDirectory() as folder:
        visit = Visit(browser, sample_html())
        visit.page.emulate_media(media="print")
        assert not visit.page.locator(".bar").is_visible()
        box = visit.page.locator("#images .tall").evaluate(
            "box => [box.scrollHeight, box.clientHeight]"
        )
        assert box[0] == box[1]
        # a button with a box of its own is left out of headers that repeat on every page
        shown = visit.page.eval_on_selector_all(
            "th button", "all => [...new Set(all.map(one => getComputedStyle(one).display))]"
        )
        assert shown == ["contents"]
        visit.page.pdf(path=f"{folder}/report.pdf")
        visit.page.close()
