"""What post-processors take and give: batches of raw predictions, and what became of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import Problem, UsageError
from anomeval.predictions.conversion import Misfit, as_array


class BatchError(UsageError, ValueError):
    """A batch that holds nothing to judge, or arrays that do not belong together."""


@dataclass(frozen=True)
class RawBatch:
    """Raw predictions of B images; at least one of the two. Any number type.

    Tensors on any device and lists become NumPy arrays.

    pred_score: (B,) image scores; None = the maximum of each map.
    anomaly_map: (B, H, W) or (B, 1, H, W); None = image level only.

    Raises:
        BatchError: neither is given, they are no numbers, or the shapes are others.
    """

    pred_score: NDArray[Any] | None = None
    anomaly_map: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        _make_arrays(self)
        if self.pred_score is None and self.anomaly_map is None:
            remedy = "give at least one of them"
            raise BatchError(Problem("neither pred_score nor anomaly_map is given", remedy=remedy))
        _check_scores(self.pred_score)
        _check_maps(self.anomaly_map)
        if self.pred_score is not None and self.anomaly_map is not None:
            scores, maps = len(self.pred_score), len(self.anomaly_map)
            if scores != maps:
                raise BatchError(f"{scores} pred_score do not belong to {maps} anomaly_map")

    @property
    def image_scores(self) -> NDArray[Any]:
        """(B,) the image scores; where none were given, the maximum of each map."""
        if self.pred_score is not None:
            return self.pred_score
        assert self.anomaly_map is not None
        return np.asarray(self.anomaly_map.reshape(len(self.anomaly_map), -1).max(axis=1))


@dataclass(frozen=True)
class NormalizedBatch:
    """Scores and maps on the scale from 0 to 1. None: not given, or that level was not fitted.

    pred_score: (B,) float64. anomaly_map: float64, shaped as the raw maps.
    """

    pred_score: NDArray[np.float64] | None
    anomaly_map: NDArray[np.float64] | None


@dataclass(frozen=True)
class Decisions:
    """What is anomalous. None: not given, or that level was not fitted.

    pred_label: (B,) bool. pred_mask: bool, shaped as the raw maps.
    """

    pred_label: NDArray[np.bool_] | None
    pred_mask: NDArray[np.bool_] | None


@dataclass(frozen=True)
class PostProcessed:
    """Normalized scores and maps with the decisions, which were made on the raw ones.

    The fields are those of `NormalizedBatch` and `Decisions`. Tensors and lists become NumPy
    arrays.
    """

    pred_score: NDArray[np.float64] | None
    anomaly_map: NDArray[np.float64] | None
    pred_label: NDArray[np.bool_] | None
    pred_mask: NDArray[np.bool_] | None

    def __post_init__(self) -> None:
        _make_arrays(self)


def _make_arrays(batch: RawBatch | PostProcessed) -> None:
    """Put NumPy arrays of numbers in the place of what was given."""
    for name, value in vars(batch).items():
        if value is None:
            continue
        try:
            array = as_array(value)
        except Misfit as misfit:
            what = f"{name} {misfit.what}"
            raise BatchError(Problem(what, remedy=misfit.remedy)) from misfit
        if array.dtype.kind not in "biuf":
            remedy = "give arrays, tensors or lists of them"
            raise BatchError(Problem(f"{name} does not hold numbers", remedy=remedy))
        object.__setattr__(batch, name, array)


def _check_scores(scores: NDArray[Any] | None) -> None:
    if scores is not None and scores.ndim != 1:
        raise BatchError(f"pred_score has shape {scores.shape}, must be (B,)")


def _check_maps(maps: NDArray[Any] | None) -> None:
    if maps is None:
        return
    if not (maps.ndim == 3 or (maps.ndim == 4 and maps.shape[1] == 1)) or 0 in maps.shape[1:]:
        raise BatchError(f"anomaly_map has shape {maps.shape}, must be (B, H, W) or (B, 1, H, W)")
