"""Seeded defects and their ground-truth masks.

A defect paints a layer (what is seen, and how opaque it is) over an image. The mask follows from
the result, not from the intention: pixels that changed by at least `VISIBLE_DIFFERENCE` grey
levels, with the gaps closed that chance leaves inside a region. Every pixel outside the mask is
put back, so an image differs from its normal original inside the mask and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import cdist
from skimage.morphology import disk

from generator.textures import Field, Image, to_grey_levels

Mask = NDArray[np.bool_]

VISIBLE_DIFFERENCE = 8
MIN_REGION_PIXELS = 4
_MAX_ATTEMPTS = 200
_CLEARANCE = 4


@dataclass(frozen=True)
class Canvas:
    """What a defect may draw on and from: the image, another texture, its size, its randomness."""

    image: Image
    donor: Image
    size: float
    rng: np.random.Generator

    def between(self, smallest: float, largest: float) -> float:
        """Interpolate geometrically: `size` 0 gives `smallest`, 1 gives `largest`."""
        return smallest * (largest / smallest) ** self.size

    @property
    def roughness(self) -> float:
        """Robust spread of the fine structure: the unit in which a defect's contrast is set.

        A mark that is plain on a smooth brick would vanish among blades of grass.
        """
        grey = self.image.astype(np.float64)
        detail = grey - ndimage.gaussian_filter(grey, 4.0)
        return 1.4826 * float(np.median(np.abs(detail)))


@dataclass(frozen=True)
class Layer:
    """Grey levels to be seen, and their opacity from 0 (the image shows) to 1 (it is hidden)."""

    content: Field
    opacity: Field


def scratch(canvas: Canvas) -> Layer:
    """Draw a thin curved line, brighter or darker than what it crosses."""
    rng = canvas.rng
    curve = _random_curve(canvas, length=canvas.between(18.0, 80.0))
    distance = cdist(_pixel_centres(canvas.image), curve).min(axis=1)
    half_width = canvas.between(0.6, 2.0)
    opacity = np.clip(half_width + 0.5 - distance, 0.0, 1.0).reshape(canvas.image.shape)
    contrast = rng.choice((-1.0, 1.0)) * rng.uniform(3.5, 5.0) * canvas.roughness
    return Layer(np.full_like(opacity, canvas.image.mean() + contrast), opacity)


def stain(canvas: Canvas) -> Layer:
    """Cover an irregular area with a darker or brighter film that dulls the texture under it."""
    contrast = canvas.rng.choice((-1.0, 1.0)) * canvas.rng.uniform(2.0, 3.5) * canvas.roughness
    dulled = 0.5 * (canvas.image + canvas.image.mean())
    return Layer(dulled + contrast, _blob(canvas, canvas.between(4.0, 20.0), softness=3.0))


def foreign(canvas: Canvas) -> Layer:
    """Replace an irregular area by another texture, matched in mean and contrast."""
    donor = canvas.donor.astype(np.float64)
    standardised = (donor - donor.mean()) / donor.std()
    content = canvas.image.mean() + canvas.image.std() * standardised
    return Layer(content, _blob(canvas, canvas.between(8.0, 22.0), softness=2.0))


def blur(canvas: Canvas) -> Layer:
    """Wipe the fine structure out of an irregular area, as wear or a missing piece does."""
    sigma = canvas.rng.uniform(2.0, 4.0)
    content = ndimage.gaussian_filter(canvas.image.astype(np.float64), sigma)
    return Layer(content, _blob(canvas, canvas.between(8.0, 22.0), softness=2.0))


def hole(canvas: Canvas) -> Layer:
    """Punch a small, evenly dark pit."""
    depth = canvas.rng.uniform(3.5, 5.0) * canvas.roughness
    content = np.full(canvas.image.shape, canvas.image.mean() - depth)
    return Layer(content, _blob(canvas, canvas.between(1.2, 9.0), softness=1.0))


DEFECTS: dict[str, Callable[[Canvas], Layer]] = {
    "scratch": scratch,
    "stain": stain,
    "foreign": foreign,
    "blur": blur,
    "hole": hole,
}


def insert(kind: str, canvas: Canvas, taken: Mask) -> tuple[Image, Mask]:
    """Draw defects of one kind until one is visible and apart from the regions in `taken`.

    A defect can come out invisible (a blur on a plain brick), hence the attempts.
    """
    keep_out = ndimage.binary_dilation(taken, iterations=_CLEARANCE)
    for _ in range(_MAX_ATTEMPTS):
        damaged, mask = _paint(canvas.image, DEFECTS[kind](canvas))
        if mask.any() and not (mask & keep_out).any():
            return damaged, mask
    raise RuntimeError(f"no visible {kind} of size {canvas.size:.2f} after {_MAX_ATTEMPTS} tries")


def _paint(image: Image, layer: Layer) -> tuple[Image, Mask]:
    """Blend the layer over the image, derive the mask, and undo what lies outside the mask."""
    blended = to_grey_levels(layer.opacity * layer.content + (1.0 - layer.opacity) * image)
    difference = np.abs(blended.astype(np.int16) - image.astype(np.int16))
    mask = _regions(difference >= VISIBLE_DIFFERENCE, within=layer.opacity > 0.0)
    return np.where(mask, blended, image), mask


def _regions(visible: Mask, within: Mask) -> Mask:
    """Close chance gaps in the visible pixels, inside the layer only, and drop loose specks."""
    closed = ndimage.binary_closing(visible, disk(2)) & within
    solid = ndimage.binary_fill_holes(closed | visible) & within
    labels, _ = ndimage.label(solid, structure=np.ones((3, 3)))
    pixels = np.bincount(labels.ravel())
    pixels[0] = 0
    return pixels[labels] >= MIN_REGION_PIXELS


def _blob(canvas: Canvas, radius: float, softness: float) -> Field:
    """Return the opacity of a random star-shaped area whose rim fades over `softness` pixels."""
    rng = canvas.rng
    centre = rng.uniform(0.1, 0.9, 2) * canvas.image.shape
    offset = _pixel_centres(canvas.image) - centre
    distance, angle = np.hypot(*offset.T), np.arctan2(*offset.T)
    lobes = np.arange(2, 5)
    phases = rng.uniform(0.0, 2.0 * np.pi, lobes.size)
    heights = rng.uniform(0.0, 0.3, lobes.size) / np.sqrt(lobes)
    outline = radius * (1.0 + np.cos(np.outer(angle, lobes) + phases) @ heights)
    opacity = np.clip((outline - distance) / min(softness, radius) + 0.5, 0.0, 1.0)
    return opacity.reshape(canvas.image.shape)


def _random_curve(canvas: Canvas, length: float) -> Field:
    """Return closely spaced points of a slightly bent line through a random place."""
    rng = canvas.rng
    middle = rng.uniform(0.1, 0.9, 2) * canvas.image.shape
    heading = rng.uniform(0.0, np.pi)
    along = np.array([np.sin(heading), np.cos(heading)])
    across = np.array([along[1], -along[0]])
    position = np.linspace(-0.5, 0.5, int(4 * length))[:, None]
    sag = rng.uniform(-0.3, 0.3)
    return middle + length * (position * along + sag * (position**2 - 0.25) * across)


def _pixel_centres(image: Image) -> Field:
    """Return the (row, column) of every pixel, one per line."""
    return np.indices(image.shape).reshape(2, -1).T.astype(np.float64)
