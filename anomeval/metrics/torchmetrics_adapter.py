"""Any torchmetrics metric as a metric of anomeval.

    @dataclass(frozen=True)
    class MCC(TorchMetric):
        name: ClassVar[str] = "mcc"
        doc: ClassVar[Doc] = Doc(title=..., formula=..., undefined=..., source=...)
        threshold: float = 0.5

        def make(self) -> Metric:
            return BinaryMatthewsCorrCoef(threshold=self.threshold)

It gets raw scores and truth. The result does not depend on the order of images, batches or threads:
all image scores are handed over at once, by image path; pixels image by image, whose states are
summed up in that order.
"""

from abc import abstractmethod
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from math import isnan
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import UsageError
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.metric import Level, Outcome
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.preparation import PreparedImage

_SQUASHING = "torchmetrics.classification"
_SQUASHED = (
    "raw scores lie outside [0, 1], where torchmetrics would apply a sigmoid batch by batch, "
    "so that high scores tie"
)


@dataclass(frozen=True)
class TorchMetric(StreamedMetric):
    """A torchmetrics metric of raw scores and truth.

    At image level `update` gets the scores (N,) and labels (N,) of all images; at pixel level a map
    (1, H, W) and its mask (1, H, W), or (1, n) each where NaN were dropped. Scores are float32 or
    float64, truth is int64. Override `give` for another order or shape.

    Pixels are kept in memory unless all states of the torchmetrics metric are sums or extremes.
    """

    levels: ClassVar[tuple[Level, ...]] = ("image", "pixel")

    @abstractmethod
    def make(self) -> Any:
        """A new torchmetrics metric with this one's parameters."""

    def give(self, metric: Any, scores: Any, truth: Any) -> None:
        """Update a torchmetrics metric with tensors."""
        metric.update(scores, truth)

    def start(self) -> "_Tensors":
        """See `StreamedMetric.start`."""
        return _Tensors(self)


@dataclass
class _Tensors:
    """Scores and truth by image, or the states of metrics that have seen them."""

    metric: TorchMetric
    given: dict[str, tuple[NDArray[Any], NDArray[np.int64]]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    leaves_range: bool = False  # whether any score lies outside [0, 1]

    def update(self, image: PreparedImage) -> None:
        scores, truth = _pixels(image) if self.metric.level == "pixel" else _whole(image)
        if not scores.size:
            return
        self.leaves_range |= bool((scores < 0).any() or (scores > 1).any())
        identity = image.entry.identity
        made = self.metric.make()
        if self.metric.level == "pixel" and _merges(made):
            self._give(made, scores, truth)
            self.states[identity] = made
        else:
            self.given[identity] = scores, truth

    def merge(self, other: "_Tensors") -> None:
        self.given |= other.given
        self.states |= other.states
        self.leaves_range |= other.leaves_range

    def compute(self, judge: OneClassPostProcessor | None) -> Outcome:
        made = self.metric.make()
        support = {"images": len(self.given) + len(self.states)}
        if not any(support.values()):
            return Outcome(None, f"no {self.metric.level}s", support)
        if self.leaves_range and _squashes(made):
            return Outcome(None, _SQUASHED, support)
        for scores, truth in self._handed_over():
            self._give(made, scores, truth)
        if self.states:
            made = self._summed_up()
        return _outcome(self.metric, made.compute(), support)

    def _handed_over(self) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
        """All image scores at once; pixels image by image."""
        in_order = [self.given[identity] for identity in sorted(self.given)]
        if self.metric.level == "pixel" or not in_order:
            yield from in_order
            return
        scores, truth = zip(*in_order, strict=True)
        yield np.concatenate(scores), np.concatenate(truth)

    def _summed_up(self) -> Any:
        """A metric that has seen what all others have."""
        first, *others = sorted(self.states)
        whole = deepcopy(self.states[first])
        for identity in others:
            whole.merge_state(self.states[identity])
        return whole

    def _give(self, made: Any, scores: NDArray[Any], truth: NDArray[np.int64]) -> None:
        import torch

        self.metric.give(made, torch.from_numpy(scores), torch.from_numpy(truth))


def _whole(image: PreparedImage) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Score and label of an image, (1,) each; nothing where the score was dropped."""
    scores = [] if image.score is None else [image.score]
    return np.array(scores, np.float64), np.array([image.anomalous] * len(scores), np.int64)


def _pixels(image: PreparedImage) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Copies of map and mask, (1, H, W), or (1, n) where pixels were dropped."""
    assert image.anomaly_map is not None
    scores = image.anomaly_map.astype(np.promote_types(image.anomaly_map.dtype, np.float32))
    mask = np.zeros(scores.shape, np.bool_) if image.mask is None else image.mask
    if image.keep is not None:
        scores, mask = scores[image.keep], mask[image.keep]
    return scores[np.newaxis], mask[np.newaxis].astype(np.int64)


def _squashes(made: Any) -> bool:
    """Whether it is, wraps or specializes a metric that applies a sigmoid to raw scores."""
    kinds = (kind for one in made.modules() for kind in type(one).__mro__)
    return any(kind.__module__.startswith(_SQUASHING) for kind in kinds)


def _merges(made: Any) -> bool:
    """Whether states of single images add up to that of all, in whatever order."""
    from torchmetrics.utilities import data

    sound = (data.dim_zero_sum, data.dim_zero_max, data.dim_zero_min)
    reductions = made._reductions.values()  # there is no public way to ask
    return made.full_state_update is False and all(one in sound for one in reductions)


def _outcome(metric: TorchMetric, computed: Any, support: dict[str, int]) -> Outcome:
    try:
        value = float(computed)
    except (TypeError, ValueError, RuntimeError):
        what = f"{metric}: torchmetrics gave {type(computed).__name__}, must be one number"
        raise UsageError(what) from None
    if isnan(value):
        return Outcome(None, "torchmetrics gave NaN", support)
    return Outcome(value, support=support)
