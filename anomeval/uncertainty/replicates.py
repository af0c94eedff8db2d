"""The values of all resamples in a kilobyte: what two results need to be compared in pairs.

A value v between the lowest and the highest is written as round(65534 · (v - low) / (high - low)),
two bytes, little-endian, all in Base64; 65535 stands for a resample in which the metric is
undefined. So each is off by 1/131068 of the range at most, about 1/20000 of a standard error.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEPS = 65534
_UNDEFINED = 65535
_CODE = np.dtype("<u2")


@dataclass(frozen=True)
class Replicates:
    """A metric on resample after resample.

    draws: version of the rule that makes resamples of images, `draws.VERSION`.
    images: digest of what was drawn; two results pair where it is the same.
    normal, anomalous: how many images (or groups of images) of each class were drawn from.
    low, high: the range of the values. codes: the values, see above.
    """

    draws: str
    images: str
    normal: int
    anomalous: int
    low: float
    high: float
    codes: str

    @classmethod
    def of(
        cls, values: NDArray[np.float64], draws: str, images: str, normal: int, anomalous: int
    ) -> "Replicates":
        """Pack values (resamples,), of which at least one is not NaN."""
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        defined = np.isfinite(values)
        place = (np.where(defined, values, low) - low) / ((high - low) or 1.0)
        codes = np.where(defined, np.rint(place * _STEPS), _UNDEFINED).astype(_CODE)
        text = b64encode(codes.tobytes()).decode("ascii")
        return cls(draws, images, normal, anomalous, low, high, text)

    def __len__(self) -> int:
        return len(self.codes.rstrip("=")) * 3 // 4 // _CODE.itemsize

    def values(self) -> NDArray[np.float64]:
        """The values, (resamples,); NaN where the metric is undefined."""
        codes = np.frombuffer(b64decode(self.codes), _CODE)
        values = self.low + (self.high - self.low) * (codes / _STEPS)
        return np.where(codes == _UNDEFINED, np.nan, values)
