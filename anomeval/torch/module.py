"""A fit as a part of a model: normalization and decisions inside an exported program."""

import os
from math import nextafter
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from anomeval.errors import Problem, UsageError
from anomeval.judging.post_processor import FittedLevel, OneClassPostProcessor
from anomeval.judging.scale import Scale
from anomeval.reporting.fit_file import read_fit

_TINY = float(np.finfo(np.float32).tiny)


class Judged(NamedTuple):
    """What `PostProcessingModule` returns. None: not given, or that level was not fitted.

    scores, maps: normalized, float32 (float64 for float64). labels, masks: bool. Each is shaped as
    the raw scores or maps.
    """

    scores: Tensor | None
    maps: Tensor | None
    labels: Tensor | None
    masks: Tensor | None


class PostProcessingModule(nn.Module):
    """Normalizes and decides as `OneClassPostProcessor` does, for the end of a deployed model.

    Can be scripted, and exported with `torch.export` and to ONNX. What was fitted enters the
    program as constants: there is nothing to train and nothing in the `state_dict`, and neither
    `half()` nor `to()` changes a threshold. Build the module from the fit wherever it is needed.

    Decisions are those of the NumPy path for every input, bit for bit: `raw score >= cut`, the cut
    rounded up to float32 where scores are float32 or narrower. Normalized float32 scores are within
    2**-24 * (|threshold| / (max - min) + 4) of the float64 ones, and never out of order.
    """

    def __init__(self, fitted: OneClassPostProcessor) -> None:
        """Take over the numbers of a fit.

        Raises:
            UsageError: a threshold or range of scores that float32 cannot hold.
        """
        super().__init__()
        self.image = _level(fitted.image)
        self.pixel = _level(fitted.pixel)

    @classmethod
    def from_fit(
        cls, path: str | os.PathLike[str], category: str | None = None
    ) -> "PostProcessingModule":
        """From what `anomeval fit` wrote.

        Args:
            path: FIT.json.
            category: whose thresholds to use; the shared ones where it was not fitted, or for None.

        Raises:
            InvalidInputError: the file cannot be read, or holds no sound fit.
        """
        return cls(read_fit(os.fspath(path)).for_category(category))

    def forward(self, scores: Tensor | None = None, maps: Tensor | None = None) -> Judged:
        """Judge raw predictions.

        Args:
            scores: (B,) raw image scores; without them the maximum of each map serves.
            maps: (B, H, W) or (B, 1, H, W) raw anomaly maps.

        Raises:
            TypeError: what is given is no tensor.
            ValueError: neither is given, or maps have another shape.
        """
        if not torch.jit.is_scripting():  # type: ignore[attr-defined]
            _refuse_others(scores, maps)
        if maps is not None and (maps.dim() < 3 or maps.dim() > 4):
            raise ValueError("maps must be (B, H, W) or (B, 1, H, W)")
        if maps is not None and maps.dim() == 4 and maps.size(1) != 1:
            raise ValueError("maps of several channels cannot be judged: give (B, 1, H, W)")
        if scores is None:
            if maps is None:
                raise ValueError("neither scores nor maps are given: give at least one of them")
            scores = maps.flatten(1).amax(1)
        labels: Tensor | None = None
        masks: Tensor | None = None
        if self.image is None:
            scores = None
        else:
            scores, labels = self.image(scores)
        if self.pixel is None or maps is None:
            maps = None
        else:
            maps, masks = self.pixel(maps)
        return Judged(scores, maps, labels, masks)


def _refuse_others(*given: object) -> None:
    """A program takes tensors; of which type numbers are decides how the cut is rounded."""
    for value in given:
        if value is not None and not isinstance(value, Tensor):
            kind = type(value).__name__
            raise TypeError(f"scores and maps are tensors, not {kind}: give torch.as_tensor(...)")


class _Level(nn.Module):
    """Judges the scores of one level.

    Numbers are kept twice, for float64 scores and for narrower ones, each as a Python float.
    """

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        self.cut = scale.cut
        self.threshold = scale.threshold
        self.above = nextafter(scale.threshold, float("inf"))
        self.span = scale.high - scale.low
        self.cut32 = _rounded_up(self.cut)
        self.threshold32 = _rounded(self.threshold)
        self.least32 = _rounded_up(self.threshold)
        self.above32 = _rounded_up(self.above)
        self.span32 = _rounded(self.span)
        if not _fits(self.threshold32) or (self.span > 0 and not _fits(self.span32, least=_TINY)):
            what = f"threshold {self.threshold!r} or range {self.span!r} does not fit into float32"
            raise UsageError(Problem(what, remedy="scale the scores, and fit anew"))

    def forward(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Normalized scores, and which raw scores are anomalous; any shape."""
        if raw.dtype == torch.float64:
            numbers = (self.threshold, self.span, self.threshold, self.above)
            return _normalized(raw, *numbers), raw >= self.cut
        if raw.dtype != torch.float32:  # in an exported program a conversion names its device
            raw = raw.float()
        numbers = (self.threshold32, self.span32, self.least32, self.above32)
        return _normalized(raw, *numbers), raw >= self.cut32


def _normalized(raw: Tensor, threshold: float, span: float, least: float, above: float) -> Tensor:
    """See `Scale.normalize`. least, above: lowest scores at or above, and above, the threshold."""
    if span > 0:
        return ((raw - threshold) / span + 0.5).clamp(0.0, 1.0)
    zero = torch.zeros_like(raw)
    steps = torch.where(raw >= least, torch.where(raw >= above, zero + 1, zero + 0.5), zero)
    return torch.where(raw.isnan(), raw, steps)


def _level(fitted: FittedLevel | None) -> _Level | None:
    return None if fitted is None else _Level(fitted.scale)


def _fits(rounded: float, least: float = 0.0) -> bool:
    return least <= abs(rounded) < float("inf")


def _rounded(number: float) -> float:
    """The nearest float32."""
    with np.errstate(over="ignore"):
        return float(np.float32(number))


def _rounded_up(number: float) -> float:
    """The lowest float32 at or above: for every float32 x, `x >= it` exactly if `x >= number`."""
    nearest = _rounded(number)
    if nearest >= number:
        return nearest
    return float(np.nextafter(np.float32(nearest), np.float32(np.inf)))
