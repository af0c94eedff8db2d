"""Evidence of every kind, and what there is to say about it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from anomeval.counting import ScoreCounts
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import by_identity
from anomeval.evidence.pixels import AnomalousPixels
from anomeval.evidence.state import CellKey, State
from anomeval.evidence.state_header import Header, Settings
from anomeval.predictions.preparation import PreparationRules, PreparedImage, prepare
from anomeval.predictions.record import Image, ImageEntry

RULES = PreparationRules(nan="drop")
DTYPES = ("float16", "float32", "float64", "uint8", "uint16")

_texts = st.text(max_size=3) | st.sampled_from(["\0", "\ud800", "é", "a" * 300])
_wide = st.floats() | st.sampled_from([0.1, -0.0, 1 / 3, np.nextafter(1, 2), 5e-324])
_cells: dict[str, st.SearchStrategy[float]] = {
    "float16": st.floats(width=16),
    "float32": st.floats(width=32),
    "float64": _wide,
    "uint8": st.integers(0, 255),
    "uint16": st.integers(0, 65535),
}


@st.composite
def images(draw: st.DrawFn) -> Image:
    """An image of any type and size, with or without map, mask, label and names."""
    dtype = draw(st.sampled_from(DTYPES))
    height, width = draw(st.integers(0, 4)), draw(st.integers(1, 4))
    size = height * width
    values = draw(st.lists(_cells[dtype], min_size=size, max_size=size))
    marks = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    label = draw(st.none() | st.booleans())
    mask = np.array(marks, np.uint8).reshape(height, width)
    entry = ImageEntry(
        file=draw(st.sampled_from(["a.h5", "b.npz", "ü/c.h5"])),
        index=draw(st.integers(0, 2**40)),
        identity="",
        named=draw(st.booleans()),
        score=draw(st.none() | st.floats()),
        label=label,
        category=draw(st.none() | _texts),
        defect_type=draw(st.none() | _texts),
        group_id=draw(st.none() | _texts),
    )
    with_map, with_defects = draw(st.booleans()), draw(st.booleans())
    scores = np.array(values, dtype).reshape(height, width)
    mask *= label is not False
    if not with_defects:
        return Image(entry, scores if with_map else None, mask)
    first, second = mask, mask & (np.arange(size).reshape(height, width) % 3 == 0)
    enough = np.array([first.sum(), second.sum() // 2 + second.any()])
    return Image(entry, scores if with_map else None, first | second << 1, enough)


def sets_of_images(max_size: int = 6) -> st.SearchStrategy[list[PreparedImage]]:
    """Prepared images, each under a name of its own."""
    names = st.lists(_texts, unique=True, max_size=max_size)
    return names.flatmap(lambda chosen: st.tuples(*(_prepared(name) for name in chosen))).map(list)


def _prepared(identity: str) -> st.SearchStrategy[PreparedImage]:
    return images().map(lambda image: prepare(_named(image, identity), RULES))


def _named(image: Image, identity: str) -> Image:
    fields = {name: getattr(image.entry, name) for name in ImageEntry.__dataclass_fields__}
    entry = ImageEntry(**(fields | {"identity": identity}))
    return Image(entry, image.anomaly_map, image.gt_mask, image.saturation)


def evidence_of(prepared: Iterable[PreparedImage]) -> Evidence:
    """Evidence of the images, one after the other."""
    evidence = Evidence()
    for image in prepared:
        evidence.update(image)
    return evidence


def cell_of(image: PreparedImage) -> CellKey:
    """Cells as of `--by defect_type`."""
    return image.entry.category, image.entry.defect_type if image.anomalous else None


def state_with(prepared: Sequence[PreparedImage], settings: Settings | None = None) -> State:
    """A state of the images."""
    apart: dict[CellKey, list[PreparedImage]] = {}
    for image in prepared:
        apart.setdefault(cell_of(image), []).append(image)
    entries = [image.entry for image in prepared]
    header = Header(
        settings=settings or Settings(RULES, ("defect_type",)),
        has_pixels=True,
        fields=frozenset({"anomaly_map", "gt_mask"}),
        files=tuple({entry.file for entry in entries}),
        unnamed=tuple({entry.file for entry in entries if not entry.named}),
        images=len(entries),
        normalized=tuple({entry.file for entry in entries if not entry.named}),
    )
    return State(header, {key: evidence_of(those) for key, those in apart.items()})


def told(evidence: Evidence) -> dict[str, Any]:
    """All there is to say about evidence, in an order of its own."""
    pixels = evidence.pixels
    return {
        "images": [repr(row) for row in by_identity(evidence.images)],  # NaN equals itself here
        "observations": +evidence.observations,
        "normals": {size: _counted(counts) for size, counts in pixels.normals.items()},
        "normal_images": +pixels.normal_images,
        "background": _counted(pixels.background),
        "anomalous": _marked(pixels.anomalous),
        "saturated": _marked(pixels.saturated),
        "outlines": {
            identity: (outline.pages.tolist(), outline.counts.tolist())
            for identity, outline in pixels.outlines.items()
        },
    }


def _marked(images: Iterable[AnomalousPixels]) -> dict[str, Any]:
    return {
        image.identity: (
            image.scores.dtype,
            sorted(zip(image.scores.tolist(), image.regions.tolist(), strict=True)),
            image.sizes.tolist(),
        )
        for image in images
    }


def _counted(counts: ScoreCounts) -> list[tuple[float, int]]:
    return [
        pair
        for values, times in counts.blocks()
        for pair in zip(values.tolist(), times.tolist(), strict=True)
    ]
