"""Figures in files: the lines are the arrays, and the bytes are always the same."""

import sys
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import UsageError
from anomeval.evidence.curves import DRAWN
from anomeval.reporting.figures.kinds import CURVES
from anomeval.reporting.figures.plotting import Source, draw, paper_style, write_figure
from anomeval.reporting.figures.traces import MEAN, traces, vertices
from anomeval.workflows.plotting import plot

to_rgb = pytest.importorskip("matplotlib.colors").to_rgb

DATA = Path(__file__).resolve().parents[2] / "sample_data"
KNN, PCA = DATA / "knn" / "test.h5", DATA / "pca" / "test.h5"


@pytest.fixture(scope="module")
def computed():
    """The curves of the sample data."""
    return anomeval.score([KNN], metrics=["auroc"]).curves()


@pytest.mark.parametrize(
    ("kind", "level"), [(kind, level) for kind in CURVES for level in CURVES[kind].levels]
)
def test_lines_are_the_computed_points(computed, kind, level):
    """Each line's data hold every point of its curve, unchanged."""
    with paper_style():
        axes = draw(kind, level, [Source("knn", computed)]).axes[0]
    found = traces(computed, CURVES[kind], level)
    assert len(axes.lines) == len(found) + 1  # and their mean
    for line, trace in zip(axes.lines, found, strict=False):
        x, y = vertices(trace, CURVES[kind])
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_array_equal(line.get_ydata(), y)
        assert set(zip(trace.x, trace.y, strict=True)) <= set(zip(x, y, strict=True))
    assert axes.get_xlabel() == CURVES[kind].x_label
    assert axes.get_ylabel() == CURVES[kind].y_label


def test_several_results_share_a_figure(tmp_path, monkeypatch):
    """A line for each, its metric in the legend, named by what differs in the paths."""
    drawn = figures_of(monkeypatch)
    plot([KNN, PCA], tmp_path / "a.svg", curve="pro")
    (figure,) = drawn
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    values = {
        name: anomeval.score([file], metrics=["aupro"]).result.rows[0].value
        for name, file in (("knn", KNN), ("pca", PCA))
    }
    lines = [f"{name} (AUPRO@0.3 {value:.4f})" for name, value in values.items()]
    assert texts == [*lines, "95 % interval, pointwise"]


@pytest.mark.parametrize("curve", list(CURVES))
def test_one_result_has_the_band_of_its_mean(tmp_path, monkeypatch, curve):
    """Every corner of the tinted area is an end of an interval, at the level that is named."""
    drawn = figures_of(monkeypatch)
    plot([KNN], tmp_path / "a.svg", curve=curve, confidence=0.9)
    (area,) = drawn[0].axes[0].collections
    level = CURVES[curve].levels[0]
    result = anomeval.score([KNN], metrics=["auroc"], confidence=0.9)
    band = result.bands(result.curves(DRAWN))[curve, level, MEAN]
    (path,) = area.get_paths()
    ends = {*zip(band.x, band.low, strict=True), *zip(band.x, band.high, strict=True)}
    assert {tuple(corner) for corner in path.vertices.tolist()} == ends
    texts = [text.get_text() for text in drawn[0].axes[0].get_legend().get_texts()]
    assert texts[-1] == "90 % interval, pointwise"


def test_two_results_have_bands_in_their_colours_and_more_have_none(tmp_path, monkeypatch):
    """Three bands would hide each other; who wants none asks for none."""
    drawn = figures_of(monkeypatch)
    plot([KNN, PCA], tmp_path / "a.svg")
    plot([KNN, PCA, PCA], tmp_path / "a.svg", labels=["a", "b", "c"])
    plot([KNN], tmp_path / "a.svg", confidence=None)
    two, three, none = (figure.axes[0] for figure in drawn)
    areas = [area.get_facecolor()[0][:3].tolist() for area in two.collections]
    assert areas == [list(to_rgb(line.get_color())) for line in two.lines]
    for axes in (three, none):
        assert len(axes.collections) == 0
        texts = [text.get_text() for text in axes.get_legend().get_texts()]
        assert not any("pointwise" in text for text in texts)


@pytest.mark.parametrize("curve", ["hist", "sweep"])
def test_panels_are_of_each_result_and_category(tmp_path, monkeypatch, curve):
    """With the cut that the fit of the category has."""
    drawn = figures_of(monkeypatch)
    fit = anomeval.fit([DATA / "knn" / "val.h5"])
    plot([KNN], tmp_path / "a.svg", curve=curve, level="pixel", fits=[fit])
    titles = [axes.get_title(loc="left") for axes in drawn[0].axes]
    assert titles == ["test · brick", "test · grass", "test · gravel"]
    for axes, category in zip(drawn[0].axes, ("brick", "grass", "gravel"), strict=True):
        (cut,) = (line for line in axes.lines if line.get_label() == "cut")
        judge = fit.for_category(category).pixel
        assert judge is not None
        assert list(cut.get_xdata()) == [judge.scale.cut] * 2


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_the_same_figure_has_the_same_bytes(tmp_path, computed, suffix):
    """No date, no random identifiers."""
    contents = []
    for name in ("a", "b"):
        with paper_style():
            write_figure(draw("roc", "image", [Source("x", computed)]), tmp_path / (name + suffix))
        contents.append((tmp_path / (name + suffix)).read_bytes())
    assert contents[0] == contents[1]
    assert len(contents[0]) > 3_000


def test_a_category_can_be_singled_out(tmp_path, monkeypatch):
    """One line, labelled by the result; a category that is not there is an error."""
    drawn = figures_of(monkeypatch)
    plot([KNN], tmp_path / "a.svg", category="grass", labels=["ours"])
    text, band = drawn[0].axes[0].get_legend().get_texts()
    assert text.get_text().startswith("ours (AUROC ")
    assert band.get_text() == "95 % interval, pointwise"
    with pytest.raises(UsageError, match="has no category 'wood'"):
        plot([KNN], tmp_path / "a.svg", category="wood")


def test_a_style_overrides_ours(tmp_path, computed):
    """Any key of matplotlib; what is no style is an error."""
    style = tmp_path / "wide.mplstyle"
    style.write_text("figure.figsize: 7, 2\n")
    with paper_style(style):
        assert draw("roc", "image", [Source("x", computed)]).get_size_inches().tolist() == [7, 2]
    with pytest.raises(UsageError, match="--style"), paper_style(tmp_path / "none.mplstyle"):
        pass


def test_the_caller_keeps_its_own_style(computed):
    """What our style sets is gone afterwards, and what the caller set does not leak in."""
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 30}):
        with paper_style():
            assert mpl.rcParams["font.size"] == 8
        assert mpl.rcParams["font.size"] == 30


def test_names_are_text_not_mathematics(computed):
    """Dollars and escapes in names are shown, not interpreted."""
    with paper_style():
        figure = draw("roc", "image", [Source("a$b$\x1b", computed), Source("c", computed)])
        figure.draw_without_rendering()
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["a\\$b\\$\\x1b", "c"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"curve": "pro", "level": "image"}, "pro is drawn at pixel level, not 'image'"),
        ({"curve": "froc"}, "unknown curve 'froc'; known are roc, pr, pro, pimo, hist, sweep"),
        ({"labels": ["a", "b"]}, "2 labels for 1 results"),
        ({"output": "a.jpg"}, "written as .pdf, .svg, .png, not .jpg"),
        ({"output": "a"}, "not bare"),
        ({"confidence": 1.0}, "a confidence lies between 0 and 1, got 1.0"),
    ],
)
def test_what_cannot_be_is_refused_before_reading(tmp_path, options, message):
    """The file does not even exist."""
    output = tmp_path / options.pop("output", "a.svg")
    with pytest.raises(UsageError, match=message):
        plot([tmp_path / "none.h5"], output, **options)
    assert not output.exists()


def test_who_has_no_matplotlib_is_told(tmp_path, monkeypatch):
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'anomeval\[plots\]'"):
        plot([KNN], tmp_path / "a.svg")


def figures_of(monkeypatch):
    """Every figure that is drawn from now on."""
    from anomeval.workflows import plotting

    drawn = []

    def remembered(*arguments):
        drawn.append(draw(*arguments))
        return drawn[-1]

    monkeypatch.setattr(plotting, "draw", remembered)
    return drawn
