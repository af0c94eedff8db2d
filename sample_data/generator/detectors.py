"""Two one-class anomaly detectors, trained on normal images only.

Both return raw anomaly maps (higher is more anomalous) in units of their own, never normalised,
and each reduces a map to an image score in its own way, as published detectors do.
"""

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.transform import resize

from generator.descriptors import describe
from generator.textures import Field, Image

GRID_STEP = 2
MAP_SMOOTHING = 2.0


class Detector(Protocol):
    """What a trained detector does with one image."""

    @classmethod
    def fit(cls, normal_images: Sequence[Image]) -> Self:
        """Learn what normal looks like."""

    def anomaly_map(self, image: Image) -> Field:
        """Return a raw score per pixel."""

    def pred_score(self, anomaly_map: Field) -> float:
        """Reduce a map to the raw score of the image."""


class NearestNeighbourDetector:
    """Distance of descriptors to a memory bank of normal ones, in the manner of PatchCore.

    Pixels are looked up on a coarse grid and the distances interpolated, which keeps it fast.
    """

    BANK_SIZE = 8000
    NEIGHBOURS = 3
    TOP_SHARE = 0.01

    def __init__(self, centre: Field, spread: Field, bank: cKDTree) -> None:
        self._centre = centre
        self._spread = spread
        self._bank = bank

    @classmethod
    def fit(cls, normal_images: Sequence[Image]) -> Self:
        """Standardise the descriptors of the normal images and keep an even sample of them."""
        described = _training_descriptors(normal_images)
        centre, spread = described.mean(axis=0), described.std(axis=0)
        chosen = np.linspace(0, len(described) - 1, cls.BANK_SIZE).astype(int)
        return cls(centre, spread, cKDTree((described[chosen] - centre) / spread))

    def anomaly_map(self, image: Image) -> Field:
        """Return the mean distance to the nearest descriptors in the bank."""
        grid = describe(image)[::GRID_STEP, ::GRID_STEP]
        distances, _ = self._bank.query((grid - self._centre) / self._spread, k=self.NEIGHBOURS)
        full_size = resize(distances.mean(axis=-1), image.shape, order=1)
        return ndimage.gaussian_filter(full_size, MAP_SMOOTHING)

    def pred_score(self, anomaly_map: Field) -> float:
        """Return the mean of the highest 1 % of the map."""
        count = int(self.TOP_SHARE * anomaly_map.size)
        return float(np.partition(anomaly_map, -count, axis=None)[-count:].mean())


class PcaDetector:
    """Length of a descriptor in the whitened principal components of normal descriptors.

    This is the Mahalanobis distance to one Gaussian. It is strict where normal is one cloud, and
    too lenient between the clouds where normal is several things, such as brick and mortar.
    """

    SCORE_QUANTILE = 0.995

    def __init__(self, centre: Field, whitening: Field) -> None:
        self._centre = centre
        self._whitening = whitening

    @classmethod
    def fit(cls, normal_images: Sequence[Image]) -> Self:
        """Find the principal components of normal descriptors and scale each to unit variance."""
        described = _training_descriptors(normal_images)
        variances, components = np.linalg.eigh(np.cov(described, rowvar=False))
        return cls(described.mean(axis=0), components / np.sqrt(variances))

    def anomaly_map(self, image: Image) -> Field:
        """Return the distance of every pixel from the centre of the normal descriptors."""
        whitened = (describe(image) - self._centre) @ self._whitening
        return ndimage.gaussian_filter(np.linalg.norm(whitened, axis=-1), MAP_SMOOTHING)

    def pred_score(self, anomaly_map: Field) -> float:
        """Return the 99.5 % quantile of the map."""
        return float(np.quantile(anomaly_map, self.SCORE_QUANTILE))


DETECTORS: dict[str, type[Detector]] = {"knn": NearestNeighbourDetector, "pca": PcaDetector}


def _training_descriptors(normal_images: Sequence[Image]) -> Field:
    """Return the descriptors of the images' grid points, one per row."""
    grids = [describe(image)[::GRID_STEP, ::GRID_STEP] for image in normal_images]
    return np.concatenate([grid.reshape(-1, grid.shape[-1]) for grid in grids])
