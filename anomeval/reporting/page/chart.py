"""Charts as geometry: everything a template needs to draw one, in units of its view box."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anomeval.reporting.page.axes import Axis, Floats

WIDTH, HEIGHT = 400, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 22, 46


@dataclass(frozen=True)
class Line:
    """A drawn line. path: SVG path data. group: the category it belongs to; "" = to none."""

    path: str
    style: str
    group: str = ""


@dataclass(frozen=True)
class Marker:
    """An upright line through a chart, with what is written beside it. x: in the view box.

    left: whether the text stands left of the line.
    """

    x: float
    text: str
    style: str
    left: bool


@dataclass(frozen=True)
class Span:
    """An upright band through a chart. x, width: in the view box."""

    x: float
    width: float
    style: str


@dataclass(frozen=True)
class LegendEntry:
    """What a line stands for. value, interval: the metric that belongs to it."""

    text: str
    style: str
    group: str = ""
    value: str = ""
    interval: str = ""


@dataclass(frozen=True)
class Chart:
    """One figure. key: unique on the page, also names its numbers in the page's data."""

    key: str
    title: str
    caption: str
    description: str
    frame: "Frame"
    lines: Sequence[Line]
    legend: Sequence[LegendEntry] = ()
    markers: Sequence[Marker] = ()
    spans: Sequence[Span] = ()
    group: str = ""


@dataclass(frozen=True)
class Frame:
    """The area between two axes."""

    x: Axis
    y: Axis

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = _LEFT, WIDTH - _RIGHT, _TOP, HEIGHT - _BOTTOM

    def across(self, values: Floats) -> Floats:
        """X in the view box."""
        return self.left + self.x.place(values) * (self.right - self.left)

    def down(self, values: Floats) -> Floats:
        """Y in the view box."""
        return self.bottom - self.y.place(values) * (self.bottom - self.top)

    def path(self, x: Floats, y: Floats) -> str:
        """A line through points."""
        return polyline(self.across(x), self.down(y))

    def area(self, x: Floats, low: Floats, high: Floats) -> str:
        """The area between two lines."""
        return self.path(np.append(x, x[::-1]), np.append(low, high[::-1])) + "Z"

    def x_ticks(self) -> list[tuple[float, str]]:
        """Places along the x axis, with texts."""
        width = self.right - self.left
        return [(round(self.left + place * width, 2), text) for place, text in self.x.ticks()]

    def y_ticks(self) -> list[tuple[float, str]]:
        """Places along the y axis, with texts."""
        height = self.bottom - self.top
        return [(round(self.bottom - place * height, 2), text) for place, text in self.y.ticks()]

    def marker(self, value: float, text: str, style: str) -> Marker:
        """An upright line at an x value."""
        x = float(np.clip(self.across(np.array(value)), self.left, self.right))
        return Marker(round(x, 2), text, style, left=x > (self.left + self.right) / 2)

    def span(self, low: float, high: float, style: str) -> Span:
        """A band between two x values."""
        ends = np.clip(self.across(np.array([low, high])), self.left, self.right)
        start, end = ends.round(2).tolist()
        return Span(start, round(end - start, 2), style)


def polyline(x: Floats, y: Floats) -> str:
    """SVG path data through points of the view box, with two decimals."""
    if not len(x):
        return ""
    return "M" + "L".join(f"{a:.2f} {b:.2f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def stairs_of_bins(edges: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """The outline of a histogram: (2n + 2,) corners, from the ground to the ground."""
    return np.repeat(edges, 2), np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])
