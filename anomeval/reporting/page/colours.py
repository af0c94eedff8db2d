"""The one colour map of all maps: even in lightness, so the colour-blind can read it, too."""

import numpy as np
from numpy.typing import NDArray

_INFERNO = (
    "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 "
    "d24644 e45a31 f1731d f98e09 fcac11 f9cb35 f2ea69 fcffa4"
)
"""17 of the 256 colours of `inferno` by Nathaniel Smith and Stéfan van der Walt, public domain
(CC0): https://github.com/BIDS/colormap"""

STEPS = 256


def palette() -> NDArray[np.uint8]:
    """(256, 3) colours from the lowest to the highest score."""
    known = np.array([list(bytes.fromhex(colour)) for colour in _INFERNO.split()])
    places = np.linspace(0, 1, STEPS)
    channels = [np.interp(places, np.linspace(0, 1, len(known)), channel) for channel in known.T]
    colours: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return colours


def stops() -> list[tuple[str, str]]:
    """The same as stops of a gradient: offset and colour."""
    colours = _INFERNO.split()
    return [(f"{100 * n / (len(colours) - 1):g}%", f"#{c}") for n, c in enumerate(colours)]
