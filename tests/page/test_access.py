"""Everyone can read the page and use it: contrast, focus, tables that say what they are."""

import numpy as np
import pytest

from anomeval.reporting.page.colours import palette
from tests.page.browsing import Visit
from tests.page.samples import sample_html

TEXT = 4.5
"""Contrast of text that WCAG 2.2 asks for at level AA."""
GRAPHICS = 3.0
"""Contrast of lines and controls."""

_TEXTS = """() => {
  const clear = (colour) => colour === "transparent" || /, 0\\)$/.test(colour);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!clear(colour)) return colour;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  return [...document.querySelectorAll("body *")].filter((one) => {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    return own && one.checkVisibility() && !one.closest("script, option, .visually-hidden, .skip");
  }).map((one) => {
    const style = getComputedStyle(one);
    const colour = one instanceof SVGElement ? style.fill : style.color;
    return [colour, behind(one), one.textContent.trim().slice(0, 40)];
  });
}"""


@pytest.fixture(params=["light", "dark"])
def visit(browser, request):
    opened = Visit(browser, sample_html(), color_scheme=request.param)
    yield opened
    opened.page.close()


def rgb(colour):
    """The channels of a computed colour, 0 to 1; nothing here is translucent."""
    assert colour.startswith("rgb("), colour
    return np.array([int(part) for part in colour[4:-1].split(",")]) / 255


def luminance(channels):
    """Relative luminance as WCAG 2.2 defines it."""
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(one, other):
    """From 1 to 21."""
    dark, bright = sorted(luminance(rgb(colour)) for colour in (one, other))
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_is_what_it_is_known_to_be():
    """Black on white is 21, #767676 the lightest grey that is enough."""
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.01)


def test_every_text_stands_out(visit):
    """At its computed colour, in front of what is really behind it."""
    found = visit.page.evaluate(_TEXTS)
    assert len(found) > 1000
    weak = {(round(contrast(fore, back), 2), text) for fore, back, text in found}
    assert [one for one in sorted(weak) if one[0] < TEXT] == []


def test_texts_stand_out_when_others_are_picked(visit):
    """What fades is the drawing, not the words."""
    visit.page.locator("#curves [data-pick=grass]").first.press("Enter")
    opacity = visit.page.eval_on_selector_all(
        "li.faded", "items => [...new Set(items.map(one => getComputedStyle(one).opacity))]"
    )
    assert opacity == ["1"]
    found = visit.page.evaluate(_TEXTS)
    assert [one for one in found if contrast(*one[:2]) < TEXT] == []


def test_every_line_stands_out(visit):
    """Of curves, histograms and markers, against the page."""
    back = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    strokes = visit.page.eval_on_selector_all(
        ".chart .line:not(.band, .range, .s-other), .chart .marker",
        "lines => [...new Set(lines.map(one => getComputedStyle(one).stroke))]",
    )
    assert len(strokes) >= 6
    assert [one for one in strokes if contrast(one, back) < GRAPHICS] == []


def test_whatever_takes_the_focus_shows_it(visit):
    """From the first stop of the Tab key to the last, each has an outline."""
    page, seen = visit.page, 0
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body") and seen < 400:
        style = page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              return [style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        assert style[0] in ("solid", "auto"), page.evaluate("document.activeElement.outerHTML")
        assert style[1] >= 1
        seen += 1
        page.keyboard.press("Tab")
    assert seen > 60


def test_tables_say_what_they_are(visit):
    """A caption, and for each header cell whether it heads a row or a column."""
    tables = visit.page.eval_on_selector_all(
        "table",
        """tables => tables.map(table => [
          table.caption?.textContent.trim() ?? "",
          [...table.querySelectorAll("th")].every(th => ["row", "col"].includes(th.scope)),
          [...table.tHead.rows].length,
        ])""",
    )
    assert len(tables) > 6
    assert all(caption and scoped and rows for caption, scoped, rows in tables)


def test_sorted_tables_say_how(visit):
    """Every header that sorts has aria-sort, "none" before it is asked to."""
    states = visit.page.eval_on_selector_all(
        "th[data-sort]", "headers => headers.map(th => th.getAttribute('aria-sort'))"
    )
    assert states
    assert set(states) == {"none"}


def test_nothing_moves(browser):
    """No transition, animation or smooth scrolling, so less motion is not to be asked for."""
    visit = Visit(browser, sample_html(), reduced_motion="no-preference")
    moving = visit.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) => {
          const style = getComputedStyle(one);
          return parseFloat(style.transitionDuration) || parseFloat(style.animationDuration)
            || style.scrollBehavior !== "auto";
        }).length"""
    )
    assert moving == 0
    visit.page.close()


_DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1, on linear RGB."""


@pytest.mark.parametrize("deficiency", _DEFICIENCIES)
def test_a_higher_score_is_brighter_to_every_eye(deficiency):
    """The colour map grows in lightness from end to end, for the colour-blind as well."""
    channels = palette() / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ _DEFICIENCIES[deficiency].T, 0, 1)
    relative = seen @ np.array([0.2126, 0.7152, 0.0722])
    lightness = np.where(relative > 0.008856, 116 * np.cbrt(relative) - 16, 903.3 * relative)
    assert (np.diff(lightness[::8]) > 0).all()
    assert lightness[-1] - lightness[0] > 90
