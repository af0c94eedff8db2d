"""Local texture descriptors: what both detectors see of an image.

All responses are isotropic, so a turned or mirrored texture describes itself alike. Energies are
taken as logarithms and ridge responses through arcsinh, which tames the heavy tails of natural
texture: without that, ordinary glints and shadows would outshine every defect.
"""

import numpy as np
from scipy import ndimage

from generator.textures import Field, Image

_BAND_SCALES = (1.0, 2.0, 4.0)
_RIDGE_SCALES = (1.0, 2.0)
_LEAST_POOLING = 2.0


def describe(image: Image) -> Field:
    """Return the descriptors of all pixels, shape (H, W, channels)."""
    grey = image.astype(np.float64)
    channels = _levels_and_energies(grey)
    for scale in _RIDGE_SCALES:
        channels += _ridges(grey, scale)
    return np.stack(channels, axis=-1)


def _levels_and_energies(grey: Field) -> list[Field]:
    """Return the smoothed grey level and the log energy of the detail lost, scale by scale."""
    channels = []
    finer = grey
    for scale in _BAND_SCALES:
        level = ndimage.gaussian_filter(grey, scale)
        energy = ndimage.gaussian_filter((finer - level) ** 2, max(scale, _LEAST_POOLING))
        channels += [level, np.log1p(np.sqrt(energy))]
        finer = level
    return channels


def _ridges(grey: Field, scale: float) -> list[Field]:
    """Return the two Hessian eigenvalues: strong at dark and at bright lines and spots."""
    along_rows = ndimage.gaussian_filter(grey, scale, order=(2, 0))
    along_columns = ndimage.gaussian_filter(grey, scale, order=(0, 2))
    mixed = ndimage.gaussian_filter(grey, scale, order=(1, 1))
    middle = 0.5 * (along_rows + along_columns)
    half_gap = np.hypot(0.5 * (along_rows - along_columns), mixed)
    eigenvalues = (middle + half_gap, middle - half_gap)
    return [np.arcsinh(ndimage.gaussian_filter(value, 1.0)) for value in eigenvalues]
