"""Simulated test splits: images, defects and detectors whose true quality is known.

Scores are lognormal. Images differ in how they score as a whole, defects in size and in how far
they stand out, so pixels come in clusters, as they do in nature. Maps are drawn as histograms over
a fixed grid of scores: only counts matter to the metrics, and thousands of data sets of full size
are drawn in minutes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from anomeval.counting import Coarse, ScoreCounts
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow
from anomeval.evidence.pixels import AnomalousPixels
from anomeval.predictions.record import ImageEntry

Floats = NDArray[np.float64]

AREA = 256 * 256
_LOWEST, _HIGHEST = np.float32(0.25), np.float32(32)


def _grid() -> tuple[NDArray[np.uint16], NDArray[np.float32], Floats]:
    """Pages of scores, one score in the middle of each, and the logarithms of their borders."""
    first, last = (int(end.view(np.uint32)) >> 16 for end in (_LOWEST, _HIGHEST))
    bits = np.arange(first, last, dtype=np.uint32)
    scores = ((bits << 16) | 0x8000).view(np.float32)
    borders = np.log((np.append(bits, last).astype(np.uint32) << 16).view(np.float32), dtype=float)
    borders[0], borders[-1] = -np.inf, np.inf
    return (bits | 0x8000).astype(np.uint16), scores, borders


PAGES, SCORES, BORDERS = _grid()


@dataclass(frozen=True)
class World:
    """What images, defects and a detector are like; scores on the logarithmic scale.

    offset, stretch: how far whole images differ in level and in spread of their scores.
    spread: of the scores within an image. regions: defects per anomalous image beyond the first.
    size, sizes: median number of pixels of a defect, and the spread of its logarithm.
    visible, variety: how far defects stand out, and how far they differ in that.
    missed: share of defects that do not stand out at all. distance: of the two classes of image
    scores. views: images of each object, which share what is peculiar to it.
    """

    offset: float = 0.12
    stretch: float = 0.05
    spread: float = 0.35
    regions: float = 0.5
    size: float = 600.0
    sizes: float = 0.9
    visible: float = 0.8
    variety: float = 0.4
    missed: float = 0.0
    distance: float = 1.8
    views: int = 1


@dataclass(frozen=True)
class Scene:
    """Objects that were photographed; all detectors see the same.

    names, anomalous: of the n images. image_of, sizes: of the m regions.
    offset, stretch, difficulty: of images; shift: of regions; all standard normal, what every
    detector meets.
    """

    names: list[str]
    groups: list[str | None]
    anomalous: NDArray[np.bool_]
    image_of: NDArray[np.intp]
    sizes: NDArray[np.int64]
    offset: Floats
    stretch: Floats
    difficulty: Floats
    shift: Floats
    plain: NDArray[np.bool_]


def photograph(
    world: World, normal: int, anomalous: int, rng: np.random.Generator, prefix: str
) -> Scene:
    """Draw so many normal and anomalous objects."""
    objects, views = normal + anomalous, world.views
    label = np.repeat(np.arange(objects) >= normal, views)
    regions = np.repeat(1 + rng.poisson(world.regions, objects), views) * label
    image_of = np.repeat(np.arange(objects * views), regions)
    sizes = np.exp(rng.normal(np.log(world.size), world.sizes, len(image_of)))
    names = [f"{prefix}/{o:05d}-{v}" for o in range(objects) for v in range(views)]
    groups = [
        f"{prefix}/{o:05d}" if views > 1 else None for o in range(objects) for _ in [0] * views
    ]
    return Scene(
        names=names,
        groups=groups,
        anomalous=label,
        image_of=image_of,
        sizes=np.clip(np.rint(sizes), 4, AREA // 4).astype(np.int64),
        offset=np.repeat(rng.standard_normal(objects), views),
        stretch=np.repeat(rng.standard_normal(objects), views),
        difficulty=np.repeat(rng.standard_normal(objects), views),
        shift=rng.standard_normal(len(image_of)),
        plain=rng.random(len(image_of)) < world.missed,
    )


def detect(
    world: World, scene: Scene, rng: np.random.Generator, *, own: float = 0.0, drop: float = 0.0
) -> Evidence:
    """What a detector makes of a scene.

    Args:
        world: see `World`.
        scene: see `Scene`.
        rng: for what is the detector's own.
        own: share of the variance that is the detector's own; the rest is common to all.
        drop: by how much this detector is worse, on the scales of `distance` and `visible`.
    """
    images, regions = len(scene.names), len(scene.sizes)

    def mixed(common: Floats) -> Floats:
        return np.sqrt(1 - own) * common + np.sqrt(own) * rng.standard_normal(len(common))

    offset = world.offset * mixed(scene.offset)
    spread = world.spread * np.exp(world.stretch * mixed(scene.stretch))
    shift = world.visible - drop + world.variety * mixed(scene.shift)
    shift = np.where(scene.plain, 0.0, shift)
    marked = _histograms(
        offset[scene.image_of] + shift, spread[scene.image_of], scene.sizes, rng, regions
    )
    covered = np.bincount(scene.image_of, scene.sizes, minlength=images).astype(np.int64)
    normal = _histograms(offset, spread, AREA - covered, rng, images)
    scores = mixed(scene.difficulty) + scene.anomalous * (world.distance - drop)
    return _evidence(scene, scores, normal, marked, covered)


def _histograms(
    mean: Floats, spread: Floats, pixels: NDArray[np.int64], rng: np.random.Generator, count: int
) -> NDArray[np.int64]:
    """So many pixels each, drawn over the grid, (count, grid)."""
    if not count:
        return np.zeros((0, len(SCORES)), np.int64)
    below = ndtr((BORDERS - mean[:, None]) / spread[:, None])
    return rng.multinomial(pixels, np.diff(below, axis=1))


def _evidence(
    scene: Scene,
    scores: Floats,
    normal: NDArray[np.int64],
    marked: NDArray[np.int64],
    covered: NDArray[np.int64],
) -> Evidence:
    evidence = Evidence()
    pixels = evidence.pixels
    first = np.searchsorted(scene.image_of, np.arange(len(scene.names) + 1))
    for index, name in enumerate(scene.names):
        label, score = bool(scene.anomalous[index]), float(scores[index])
        group = scene.groups[index]
        entry = ImageEntry("simulated", index, name, True, score, label, None, None, group)
        covers = int(covered[index])
        evidence.images.append(ImageRow(entry, label, score, AREA, covers, None, None))
        seen = np.flatnonzero(normal[index])
        pixels.outlines[name] = Coarse(PAGES[seen], normal[index][seen])
        if label:
            part = slice(first[index], first[index + 1])
            pixels.anomalous.append(_anomalous(name, marked[part], scene.sizes[part]))
    chosen = normal[scene.anomalous].sum(axis=0), normal[~scene.anomalous].sum(axis=0)
    pixels.background.add(SCORES, chosen[0])
    pixels.normals[AREA] = ScoreCounts()
    pixels.normals[AREA].add(SCORES, chosen[1])
    pixels.normal_images[AREA] = int((~scene.anomalous).sum())
    return evidence


def _anomalous(name: str, marked: NDArray[Any], sizes: NDArray[np.int64]) -> AnomalousPixels:
    region, place = np.nonzero(marked)
    order = np.argsort(-place, kind="stable")
    region, place = region[order], place[order]
    counts = marked[region, place]
    scores = np.repeat(SCORES[place], counts)
    return AnomalousPixels(name, scores, np.repeat(region, counts).astype(np.int32), sizes)
