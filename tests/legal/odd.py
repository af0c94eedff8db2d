"""Legal files that are odd: scores at the ends of their types, splits with little in them.

Each is a function of nothing that gives the pictures of a split and the type of its maps.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from tests.support import Picture

TINY, DENORMAL, LARGEST = 1e-200, 5e-324, float(np.finfo(np.float64).max)
BELOW = float(np.nextafter(LARGEST, 0))


class Split(NamedTuple):
    """The images of a file, and how their maps are stored."""

    pictures: list[Picture]
    dtype: str = "float64"


def _split(
    scores: Sequence[float],
    labels: Sequence[int] | None = None,
    maps: Sequence[Sequence[Sequence[float]]] | None = None,
    dtype: str = "float64",
    **texts: Sequence[str],
) -> Split:
    """Images of 2 by 2 pixels; of the anomalous ones the first row is masked.

    Without labels every second image is anomalous; without maps a map holds the score of its image
    in its corner and half of the lowest score elsewhere.
    """
    labels = labels or [number % 2 for number in range(len(scores))]
    low = min(scores) / 2
    maps = maps or [[[score, low], [low, low]] for score in scores]
    pictures = []
    for number, (score, label, map_) in enumerate(zip(scores, labels, maps, strict=True)):
        height, width = np.shape(map_)
        mask = [[int(label and row == 0)] * width for row in range(height)]
        named = {name: values[number] for name, values in texts.items()}
        path = named.pop("path", f"{number:03}.png")
        pictures.append(Picture(score, label, map_, mask, path, **named))  # type: ignore[arg-type]
    return Split(pictures, dtype)


def _constant_maps(scores: Sequence[float], values: Sequence[float], dtype: str) -> Split:
    return _split(scores, maps=[[[value] * 3] * 3 for value in values], dtype=dtype)


def _one_pixel(value: float) -> Split:
    """An ordinary split, one pixel of it apart: outside a mask."""
    maps = [[[n / 8, 0.25], [0.125, 0.5]] for n in range(6)]
    maps[3][1][1] = value
    return _split([n / 8 for n in range(6)], maps=maps)


ORDINARY = [0.25, 0.75, 0.125, 0.875, 0.5, 0.625]
LABELS = [0, 1, 0, 1, 0, 1]
NAMES = ("a[1]", "ß/é", "Ω" * 120, "{{7*7}}", "<b>&amp;", "$x_1^2$", "%s %d \\n", "a,b;c\"d'")

ODD: dict[str, Callable[[], Split]] = {
    "infinite scores": lambda: _split([-inf, inf, 0.5, 0.75, 1.0, -inf], maps=[[[0.5, 1.0]]] * 6),
    "infinite everywhere": lambda: _split([-inf, inf, -inf, inf]),
    "all infinite and equal": lambda: _split([inf] * 4),
    "all infinite below": lambda: _split([-inf] * 4),
    "one infinite normal": lambda: _split([inf, 0.5, 0.25, 0.75]),
    "one infinite anomaly": lambda: _split([0.5, inf, 0.25, 0.75]),
    "one infinite pixel": lambda: _one_pixel(inf),
    "one pixel of minus infinity": lambda: _one_pixel(-inf),
    "one pixel far above": lambda: _one_pixel(1e300),
    "beyond 1e15": lambda: _split([1e15, 1e15 + 1, 1e16, 1e17, 1e18, 3e18]),
    "beyond 1e15, close": lambda: _split([1e16, 1e16 + 2, 1e16 + 4, 1e16 + 6]),
    "squares overflow": lambda: _split([1e155, 3e155, 2e155, 4e155]),
    "squares vanish": lambda: _split([TINY, 3 * TINY, 2 * TINY, 4 * TINY]),
    "denormals": lambda: _split([DENORMAL * n for n in (1, 3, 2, 4)]),
    "denormals and zero": lambda: _split([0.0, DENORMAL, 0.0, 2 * DENORMAL]),
    "largest": lambda: _split([BELOW, LARGEST, BELOW, LARGEST]),
    "range beyond float64": lambda: _split([-LARGEST, LARGEST, -1.0, 1.0, 0.0, 1e308]),
    "sums beyond float64": lambda: _split([1.5e308, 1.7e308, 1.6e308, 1.75e308]),
    "tiny steps": lambda: _split([1.0, 1.0 + 2**-52, 1.0 + 2**-51, 1.0 + 2**-50]),
    "tiny beside large": lambda: _split([1e300, 1e-300, 2e-300, 1e300, 3e-300, 2e300]),
    "a cluster far from zero": lambda: _split([-1e300, 1e300 * (1 - 2**-53), 1e300, 1e300]),
    "negative": lambda: _split([-4.0, -3.0, -2.5, -1e-3, -8.0, -1.0]),
    "negative zeros": lambda: _split([-0.0, 0.0, 0.0, -0.0]),
    "constant": lambda: _split([0.5] * 6),
    "constant zero": lambda: _split([0.0] * 6),
    "constant maps": lambda: _constant_maps(ORDINARY, [0.5] * 6, "float32"),
    "each map constant": lambda: _constant_maps(ORDINARY, ORDINARY, "float32"),
    "perfect": lambda: _split([0.25, 0.75] * 3, maps=[[[0.0, 0.0]], [[1.0, 0.75]]] * 3),
    "perfect pixels": lambda: _split(
        ORDINARY, maps=[[[1.0 * n, 1.0 * n], [0.0, 0.0]] for n in LABELS]
    ),
    "inverted": lambda: _split([0.75, 0.25] * 3, maps=[[[1.0, 0.75]], [[0.0, 0.0]]] * 3),
    "one perfect category": lambda: _split(
        [0.0, 1.0, 0.25, 0.125, 0.5, 0.75],
        maps=[[[n, n], [0, 0]] for n in (0, 1, 0.25, 0.125, 0.5, 0.75)],
        category=["a", "a", "b", "b", "b", "b"],
    ),
    "one category infinite": lambda: _split(
        [0.0, 1.0, inf, -inf, 0.5, inf], category=["a", "a", "b", "b", "b", "b"]
    ),
    "categories of one image": lambda: _split(ORDINARY, category=list("abcdef")),
    "one class in a category": lambda: _split(ORDINARY, category=list("ababab")),
    "thirty categories": lambda: _split(
        [n % 7 / 8 for n in range(60)], category=[f"category {n // 2}" for n in range(60)]
    ),
    "names": lambda: _split(
        [n / 16 for n in range(16)],
        path=[f"{name}/{n}.png" for n, name in enumerate(NAMES * 2)],
        category=[name for name in NAMES[:4] for _ in range(4)],
        defect_type=[NAMES[n // 2] if n % 2 else "good" for n in range(16)],
    ),
    "groups and types": lambda: _split(
        [n / 8 for n in range(8)],
        category=list("aaaabbbb"),
        group=[f"part {n // 2}" for n in range(8)],
        defect_type=["good", "cut", "good", "dent"] * 2,
    ),
    "groups, infinite": lambda: _split(
        [inf, 1.0, -inf, inf, 2.0, inf], group=["x", "x", "y", "y", "z", "z"]
    ),
    "one normal image": lambda: _split([0.5], [0]),
    "one anomalous image": lambda: _split([0.5], [1]),
    "no anomalous image": lambda: _split(ORDINARY, [0] * 6),
    "no normal image": lambda: _split(ORDINARY, [1] * 6),
    "no anomalous image, infinite": lambda: _split([-inf, 0.5, inf], [0] * 3),
    "no normal image, infinite": lambda: _split([-inf, 0.5, inf], [1] * 3),
    "two images": lambda: _split([0.5, 0.25]),
    "one pixel each": lambda: _split(ORDINARY, maps=[[[score]] for score in ORDINARY]),
    "all white": lambda: _constant_maps(ORDINARY, [255] * 6, "uint8"),
    "uint16 at its end": lambda: _constant_maps(ORDINARY, [65535, 65535, 0, 65535, 0, 1], "uint16"),
    "float16 at its end": lambda: _constant_maps(
        [65504.0] * 6, [65504, 65504, 65503, 65504, 6e-8, -65504], "float16"
    ),
    "float32 at its end": lambda: _split(
        [1e38, 3.4e38] * 3, maps=[[[1e38, -3.4e38]], [[3.4e38, 1e-45]]] * 3, dtype="float32"
    ),
    "no maps": lambda: Split([Picture(n / 8, n % 2, path=f"{n}.png") for n in range(8)]),
    "no maps, infinite": lambda: Split([Picture(s, n) for s, n in ((inf, 1), (-inf, 0), (inf, 0))]),
    "no scores": lambda: Split(
        [Picture(map=[[n / 8, 0.5]], mask=[[n % 2, 0]], path=f"{n}.png") for n in range(6)]
    ),
    "no scores, infinite": lambda: Split(
        [Picture(map=[[s, 0.5]], mask=[[n % 2, 0]]) for n, s in enumerate([inf, -inf, 1.0, inf])]
    ),
}
"""By what is odd about them."""
