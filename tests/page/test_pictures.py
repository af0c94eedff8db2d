"""Maps in colour, photographs and outlines."""

import io
from base64 import b64decode

import numpy as np
import pytest

from anomeval.reporting.page.colours import palette, stops
from anomeval.reporting.page.model import ColourScale
from anomeval.reporting.page.pictures import map_uri, outline, photo_uri, reduced


def pixels(uri):
    """The colours of a data URI, (H, W, 3)."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(b64decode(uri.partition(",")[2]))).convert("RGB"))


def test_a_map_has_the_colours_of_the_common_scale():
    """Ends and beyond, exactly; not stretched to the range of the map."""
    scale = ColourScale(0.0, 2.0, normalized=False)
    shown = pixels(map_uri(np.array([[-1.0, 0.0], [2.0, np.inf]]), scale))
    assert shown[0, 0].tolist() == shown[0, 1].tolist() == palette()[0].tolist()
    assert shown[1, 0].tolist() == shown[1, 1].tolist() == palette()[-1].tolist()
    assert pixels(map_uri(np.full((2, 2), 1.0), scale))[0, 0].tolist() == palette()[128].tolist()


def test_colours_grow_lighter_with_the_score():
    """Lightness alone tells the order, for who sees no hues and in print."""
    lightness = palette().astype(float) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) >= -0.5).all()
    assert stops()[0] == ("0%", "#000004")
    assert stops()[-1] == ("100%", "#fcffa4")


def test_a_reduced_map_keeps_its_peaks():
    """Blocks of 3, the last ones smaller."""
    scores = np.arange(35.0).reshape(5, 7)
    assert reduced(scores, 3).tolist() == [[16, 19, 20], [30, 33, 34]]
    assert reduced(scores, 7) is scores


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        ([[0, 0], [0, 0]], ""),
        ([[1]], "M0 0h1M0 1h1M0 0v1M1 0v1"),
        ([[1, 1], [0, 0]], "M0 0h2M0 1h2M0 0v1M2 0v1"),
    ],
)
def test_an_outline_runs_between_pixels(mask, path):
    """Edges as they are, straight stretches in one piece."""
    assert outline(np.array(mask, np.bool_)) == path


def test_a_long_outline_is_drawn_coarser():
    """A page stays small, whatever a mask looks like."""
    noise = np.random.default_rng(0).random((192, 192)) < 0.5
    assert len(outline(noise)) <= 8_000


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16", "F", "CMYK"])
def test_photographs_of_any_kind_are_shown(tmp_path, mode):
    """Reduced to what a page needs."""
    from PIL import Image

    suffix = "tif" if mode in ("I;16", "F", "CMYK") else "png"
    Image.new(mode, (700, 350)).save(tmp_path / f"a.{suffix}")
    uri = photo_uri(tmp_path / f"a.{suffix}")
    assert uri is not None
    assert pixels(uri).shape == (144, 288, 3)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_image_is_left_out(tmp_path, content):
    """A damaged file is a missing photograph, not the end of the report."""
    (tmp_path / "a.png").write_bytes(content)
    assert photo_uri(tmp_path / "a.png") is None
    assert photo_uri(tmp_path / "none.png") is None
    assert photo_uri(tmp_path) is None


def test_what_no_camera_writes_is_not_decoded(tmp_path):
    """Whatever its name says: of Pillow's formats only those of photographs are tried."""
    from PIL import Image

    Image.new("RGB", (4, 4)).save(tmp_path / "drawing.eps")
    (tmp_path / "drawing.eps").rename(tmp_path / "a.png")
    assert photo_uri(tmp_path / "a.png") is None
