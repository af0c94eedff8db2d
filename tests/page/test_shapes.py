"""Pages on data of every shape: valid, silent, and usable in a real browser."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pytest

import anomeval
from anomeval.reporting.page.model import PageData
from anomeval.reporting.page.rendering import page_html
from anomeval.workflows.reporting_page import gather
from anomeval.workflows.reporting_parts import Reading
from tests.page.browsing import ADDRESS, Visit, api
from tests.page.samples import hostile_page
from tests.support import Picture, write_h5

CATEGORIES = 30
IMAGES = 1000
LIMIT = 5_000_000


def split(count, *, categories=1, maps=True, scores=True, labels=None):
    """Images of 8 x 8 pixels, every other one with a bright defect; different in every image."""
    rng = np.random.default_rng(count)
    pictures = []
    for number in range(count):
        label = number // categories % 2 if labels is None else labels
        mask = np.zeros((8, 8), int)
        mask[2:5, number % 4 : number % 4 + 3] = label
        scores_of = rng.normal(size=(8, 8)).round(3) + 1.5 * mask
        category = f"product {number % categories:02d} with a name of some length"
        pictures.append(
            Picture(
                score=round(float(rng.normal(label)), 3) if scores else None,
                label=label,
                map=scores_of.tolist() if maps else None,
                mask=mask.tolist() if maps else None,
                path=f"{category}/{number:04d}.png",
                category=category if categories > 1 else None,
                defect_type="scratch" if label else "good",
            )
        )
    return pictures


def page_of(pictures, *, fitted=True, **options) -> PageData:
    """The report on some pictures, decided by what the same kind of pictures fitted."""
    with TemporaryDirectory() as folder:
        test = write_h5(Path(folder) / "test.h5", pictures)
        val = [replace(picture, path=f"val/{picture.path}") for picture in pictures]
        fit = anomeval.fit([write_h5(Path(folder) / "val.h5", val)]) if fitted else None
        return gather([test], fit=fit, allow_overlap=True, **options)


@cache
def thousand_images() -> str:
    """Noise that does not compress, as many pictures as are shown, photographs under all."""
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        root, names = Path(folder), [f"part/{number:04d}.png" for number in range(IMAGES)]
        labels = np.arange(IMAGES) % 2
        masks = np.zeros((IMAGES, 192, 192), np.uint8)
        masks[labels == 1, 40:60, 40:60] = 1
        maps = rng.integers(0, 256, (IMAGES, 192, 192), dtype=np.uint8)
        with h5py.File(root / "test.h5", "w") as file:
            file["anomaly_map"], file["gt_mask"], file["gt_label"] = maps, masks, labels
            file["pred_score"] = rng.normal(size=IMAGES) + labels
            file["image_path"] = names
        _photographs(root, names, rng)
        fit = anomeval.fit([root / "test.h5"])
        page = gather([root / "test.h5"], fit=fit, images=root, allow_overlap=True)
    assert len(page.images) == IMAGES
    assert all(picture.photo and picture.map for picture in page.gallery.pictures)
    assert len(page.gallery.pictures) == 24
    return page_html(page)


def _photographs(root, names, rng):
    """One noisy photograph under every name."""
    from PIL import Image

    (root / "part").mkdir()
    noise = rng.integers(0, 256, (320, 320, 3), dtype=np.uint8)
    Image.fromarray(noise).save(root / "one.png")
    for name in names:
        os.link(root / "one.png", root / name)


SHAPES = {
    "pooled": lambda: page_html(page_of(split(40, categories=4), reading=Reading(pool=True))),
    "many categories": lambda: page_html(page_of(split(12 * CATEGORIES, categories=CATEGORIES))),
    "scores only": lambda: page_html(page_of(split(24, maps=False))),
    "maps only": lambda: page_html(page_of(split(24, scores=False))),
    "undefined": lambda: page_html(page_of(split(8, labels=0), fitted=False)),
    "hostile names": lambda: page_html(hostile_page()),
    "a thousand images": thousand_images,
}
made = cache(lambda shape: SHAPES[shape]())


def valid(html):
    """Read by html5lib's strict parser, which raises at the first fault."""
    html5lib = pytest.importorskip("html5lib")
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_markup_is_valid(shape):
    """And ids are unique."""
    ids = [e.attrib["id"] for e in valid(made(shape)).iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_opens_in_silence_and_fits(browser, shape, width):
    """One request, no complaint, nothing beyond the edge of the window."""
    visit = Visit(browser, made(shape), viewport={"width": width, "height": 900})
    assert visit.requests == [ADDRESS]
    assert visit.complaints == []
    assert visit.overflow == 0
    visit.page.close()


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if "thousand" not in shape])
def test_every_column_sorts_by_keyboard(browser, shape):
    """Both ways, by Enter; the header says how, and no row is lost."""
    visit = Visit(browser, made(shape))
    tables = visit.page.locator("table.sortable").all()
    assert tables
    for table in tables:
        rows = table.locator("tbody tr").count()
        for header in table.locator("th[data-sort]").all():
            header.get_by_role("button").focus()
            said = set()
            for _ in range(2):
                visit.page.keyboard.press("Enter")
                said.add(header.get_attribute("aria-sort"))
            assert said == {"ascending", "descending"}
        assert table.locator("tbody tr").count() == rows
    assert visit.complaints == []
    visit.page.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_searching_for_what_is_not_there_leaves_nothing(browser, shape):
    """And with "Show all" everything comes back."""
    visit = Visit(browser, made(shape))
    form = visit.page.locator("form[data-for=images-table]")
    total = len(visit.rows("images-table"))
    form.locator("input").fill("no such image")
    assert visit.rows("images-table") == []
    assert form.locator("[role=status]").text_content() == f"0 of {total} images"
    form.get_by_role("button", name="Show all").press("Enter")
    api.expect(visit.page.locator("#images-table tr[hidden]")).to_have_count(0)
    visit.page.close()


def test_pooled_categories_have_one_curve_and_one_matrix():
    """All thrown together, as was asked for; images can still be told apart."""
    page = page_of(split(40, categories=4), reading=Reading(pool=True))
    tree = valid(page_html(page))
    assert page.result.settings["pool"] is True
    assert {name.count("/") for name in page.curves} == {0}
    (chart,) = (e for e in tree.iter() if e.attrib.get("id") == "image-roc")
    drawn = [e.attrib.get("class", "") for e in chart.iter()]
    assert [style for style in drawn if style.startswith("line ")] == ["line band s0", "line s0"]
    options = next(e for e in tree.iter("select") if e.attrib.get("id") == "category")
    assert len(list(options)) == 5


def test_thirty_categories_can_be_told_and_picked(browser):
    """A row, a matrix and a legend entry for each; picking one hides the others."""
    visit = Visit(browser, made("many categories"))
    page = visit.page
    assert page.locator(".groups tbody tr").count() == CATEGORIES
    assert page.locator("table.confusion").count() == CATEGORIES + 1
    assert page.locator("#image-roc + .legend li").count() == CATEGORIES + 1
    name = "product 17 with a name of some length"
    page.locator("#curves [data-pick]", has_text="product 17").first.press("Space")
    assert page.get_by_label("Category").input_value() == name
    captions = page.locator("table.confusion:visible caption").all_text_contents()
    assert captions == ["All images", name]
    assert page.locator("#image-roc .line:not(.faded):not(.band)[data-line]").count() == 1
    assert {row[1] for row in visit.rows("images-table")} == {name}
    page.close()


def test_scores_without_maps_make_no_pixel_charts():
    """And maps without scores are judged by their maximum, as a caution says."""
    assert 'id="image-roc"' in made("scores only")
    assert 'id="pixel-' not in made("scores only")
    assert 'id="regions"' not in made("scores only")
    assert 'id="pixel-pro"' in made("maps only")


def test_what_is_undefined_has_a_dash_and_a_note():
    """Normals only: the reason stands below the table, and leads nowhere else."""
    tree = valid(made("undefined"))
    texts = [" ".join("".join(e.itertext()).split()) for e in tree.iter("td")]
    assert "\N{EM DASH}1" in texts
    notes = [e for e in tree.iter("li") if e.attrib.get("id") == "note-1"]
    assert "anomalous" in "".join(notes[0].itertext())
    assert not [e for e in tree.iter("section") if e.attrib.get("id") == "curves"]


def test_a_thousand_images_stay_below_five_megabytes():
    """With 24 pictures of noise over noise."""
    assert 1_000_000 < len(made("a thousand images").encode()) < LIMIT
