"""Write curves.json: areas under overlap curves, drawn point by point by NumPy and SciPy.

    python -m tests.golden.make_curves

Another way to the same areas than the package takes: whole curves over all thresholds, with one
labelled image and one full-size comparison for each of them.
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy import ndimage

from tests.golden.data import Dataset, dataset

TARGET = Path(__file__).with_name("curves.json")
FPR_LIMITS = (0.05, 0.3, 1.0)
PIMO_BOUNDS = ((1e-3, 1e-1), (1e-2, 1.0))
PIMO_STEPS = 400_000


def main() -> None:
    """Compute and write."""
    data = dataset()
    values = {f"pixel_aupro(fpr_limit={limit!r})": aupro(data, limit) for limit in FPR_LIMITS}
    sampled = {
        f"pixel_aupimo(fpr_low={low!r},fpr_high={high!r})": aupimo(data, low, high)
        for low, high in PIMO_BOUNDS
    }
    document = {
        "made_by": {
            "command": "python -m tests.golden.make_curves",
            "scipy": scipy.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "values": values,
        "sampled": {"relative_error": 1e-4, "steps": PIMO_STEPS, "values": sampled},
    }
    TARGET.write_text(json.dumps(document, indent=2) + "\n")


def aupro(data: Dataset, limit: float) -> float:
    """Trapezoids under mean region recall over the false positive rate, up to the limit."""
    regions = [
        data.maps[index][labels == number]
        for index, mask in enumerate(data.masks)
        for labels, count in [ndimage.label(mask, np.ones((3, 3)))]
        for number in range(1, count + 1)
    ]
    background = data.maps[data.masks == 0]
    cuts = np.unique(data.maps)[::-1]
    rates = np.array([0.0] + [(background >= cut).mean() for cut in cuts])
    overlap = np.array(
        [0.0] + [np.mean([(region >= cut).mean() for region in regions]) for cut in cuts]
    )
    within = rates < limit
    x = np.append(rates[within], limit)
    y = np.append(overlap[within], np.interp(limit, *_last_of_ties(rates, overlap)))
    return float(np.trapezoid(y, x) / limit)


def _last_of_ties(
    rates: NDArray[np.float64], overlap: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The curve with the first point of each rate alone, which is where a limit is reached."""
    first = np.append(True, rates[1:] != rates[:-1])
    return rates[first], overlap[first]


def aupimo(data: Dataset, low: float, high: float) -> float:
    """Mean recall of each anomalous image at evenly spaced ln(rate), no tie at the normal scores.

    Half a sixteenth is added to the maps of anomalous images, so that none of their scores ties
    with one of the normal images.
    """
    normal = data.maps[data.labels == 0]
    shifted = data.maps[data.labels == 1] + np.float32(1 / 32)
    cuts = np.unique(normal)[::-1]
    rates = np.array([(normal >= cut).mean() for cut in cuts])
    steps = np.exp(np.log(low) + (np.arange(PIMO_STEPS) + 0.5) / PIMO_STEPS * np.log(high / low))
    at = cuts[np.searchsorted(rates, steps)]
    areas = [
        (len(scores) - np.searchsorted(np.sort(scores), at)).mean() / len(scores)
        for scores in (
            m[k != 0] for m, k in zip(shifted, data.masks[data.labels == 1], strict=True)
        )
    ]
    return float(np.mean(areas))


if __name__ == "__main__":
    main()
