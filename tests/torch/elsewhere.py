"""Tensors that are not in the memory of the CPU: those of a GPU where there is one, and stand-ins.

A stand-in refuses what a CUDA tensor refuses, with its words: to become an array before it is
brought to the CPU, and to be computed with beside a tensor that is there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_flatten

_TO_ARRAY = (torch.Tensor.numpy, torch.Tensor.__array__, torch.Tensor.__dlpack__)


class Elsewhere(torch.Tensor):
    """A tensor on a device whose memory NumPy cannot see."""

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None):
        kwargs = kwargs or {}
        if function == torch.Tensor.device.__get__:
            return torch.device("cuda", 0)
        if function in _TO_ARRAY:
            raise TypeError(
                "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the "
                "tensor to host memory first."
            )
        if any(not isinstance(one, cls) and one.dim() for one in _tensors((args, kwargs))):
            raise RuntimeError("Expected all tensors to be on the same device, cpu and cuda:0!")
        target = kwargs.get("device", args[1] if len(args) > 1 else None)
        found = super().__torch_function__(function, types, args, kwargs)
        if function is torch.Tensor.cpu or (function is torch.Tensor.to and _is_cpu(target)):
            return found.as_subclass(torch.Tensor)
        return found


def _tensors(values: Any) -> list[torch.Tensor]:
    return [one for one in tree_flatten(values)[0] if isinstance(one, torch.Tensor)]


def _is_cpu(target: Any) -> bool:
    return isinstance(target, str | torch.device) and torch.device(target).type == "cpu"


def stand_in(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers elsewhere."""
    return tensor.as_subclass(Elsewhere)


def on_gpu(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers on the GPU of this machine."""
    return tensor.cuda()


Place = Callable[[torch.Tensor], torch.Tensor]

no_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
everywhere = pytest.mark.parametrize(
    "place", [stand_in, pytest.param(on_gpu, marks=no_gpu)], ids=["stand-in", "gpu"]
)


def placed(batch: dict[str, Any], place: Place) -> dict[str, Any]:
    """A batch whose arrays are tensors there."""
    return {
        name: place(torch.tensor(value)) if isinstance(value, np.ndarray) else value
        for name, value in batch.items()
    }
