"""The values that metrics must have: those of the references, which share no code with the package.

The references are written from the definitions alone, with fractions.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest

from anomeval.metrics import AUSPRO, MAD, SPRO, Metric, Outcome
from tests.hand_checked.expecting import SUMMED
from tests.reference.aggregation import by_sample
from tests.reference.by_name import pixel_value, sample_value
from tests.reference.pimo import aupimo
from tests.reference.saturated import auspro, spro
from tests.support import Picture


def values(found: Mapping[str, Outcome]) -> dict[str, float | None]:
    """The values alone."""
    return {name: outcome.value for name, outcome in found.items()}


def reference(metric: Metric, images: Sequence[Picture], cut: tuple[float, float]) -> object:
    """What a value must equal: the float nearest to the reference, or nearly so for sums."""
    value = _reference(metric, images, *cut)
    if value is None or metric.name not in SUMMED:
        return value if value is None else float(value)
    return pytest.approx(float(value), rel=1e-12, abs=1e-15)


def _reference(
    metric: Metric, images: Sequence[Picture], image_cut: float, pixel_cut: float
) -> Fraction | float | None:
    maps, masks = [image.map for image in images], [image.mask for image in images]
    scores, labels = [image.score for image in images], [image.label for image in images]
    if isinstance(metric, MAD):
        seven = [_reference(one, images, image_cut, pixel_cut) for one in metric.members()]
        return None if None in seven else sum(map(Fraction, seven)) / 7
    text = str(metric).replace("ioumax", "iou_max").replace("(threshold=fit)", "")
    if metric.name == "aupimo":
        return aupimo(maps, masks, metric.fpr_low, metric.fpr_high, labels)
    if isinstance(metric, AUSPRO):
        return auspro(maps, masks, [image.saturation for image in images], metric.fpr_limit)
    if isinstance(metric, SPRO):
        cut = pixel_cut if metric.threshold is None else metric.threshold
        return spro(maps, masks, [image.saturation for image in images], cut)
    if metric.level == "pixel":
        return pixel_value(text, maps, masks, pixel_cut)
    if metric.level == "sample":
        scores, labels = by_sample(
            scores, labels, [(image.category, image.group) for image in images]
        )
    return sample_value(text, scores, labels, image_cut)
