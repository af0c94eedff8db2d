"""The maps that AUPIMO's scripts save: `asmaps.pt` with `asmaps` (N, H, W) and `paths`.

torch reads it with `weights_only=True`, which builds tensors and plain values and runs no code.
"""

from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.column import Column, Refusal, Survey
from anomeval.predictions.faults import LIBRARY_ERRORS

if TYPE_CHECKING:
    from torch import Tensor

_PICKLE = "/data.pkl"


def is_torch_file(path: str) -> bool:
    """Whether a ZIP file was written by `torch.save`."""
    try:
        with ZipFile(path) as archive:
            return any(name.endswith(_PICKLE) for name in archive.namelist())
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return False


class TorchStore:
    """One open file of `torch.save`: tensors and lists of texts by their keys."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tensors are mapped from the file, which is let go with them."""

    @cached_property
    def _content(self) -> dict[str, Any]:
        """What was saved.

        Raises:
            InvalidInputError: torch is missing, or refuses to read the file.
            ValueError: it is damaged, or no dict.
        """
        try:
            import torch
        except ImportError:
            remedy = "pip install 'anomeval[torch]', or save the arrays with np.savez"
            what = "is a PyTorch file, and PyTorch is missing"
            raise InvalidInputError(Problem(what, self._path, remedy=remedy)) from None
        from pickle import UnpicklingError

        try:
            content = torch.load(self._path, map_location="cpu", weights_only=True, mmap=True)
        except UnpicklingError as error:
            what = f"holds more than tensors and plain values ({str(error).splitlines()[0]})"
            raise InvalidInputError(
                Problem(what, self._path, remedy="save a dict of tensors and texts")
            ) from None
        except LIBRARY_ERRORS:
            raise
        except Exception as error:  # on damaged instructions PyTorch stumbles in any way
            raise ValueError(f"PyTorch fails on it: {type(error).__name__}: {error}") from error
        if not isinstance(content, dict):
            raise ValueError("it holds no dict")
        return content

    def survey(self) -> Survey:
        """Tensors and lists at the top of the dict."""
        return Survey({str(key): _column(str(key), value) for key, value in self._content.items()})

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array; texts as unicode."""
        value = self._content[column.name]
        return value.numpy() if hasattr(value, "numpy") else np.array(value)

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, each read when it is asked for."""
        tensor: Tensor = self._content[column.name]
        for row in range(start, stop):
            yield tensor[row].contiguous().numpy().copy()


def _column(name: str, value: Any) -> Column:
    import torch

    if isinstance(value, torch.Tensor):
        try:
            array = value.detach().numpy()
        except (TypeError, RuntimeError) as error:
            what = f"is no plain tensor ({str(error).splitlines()[0]})"
            return Column(name, refusal=Refusal(what, "save it with tensor.float()"))
        stored = value.untyped_storage().nbytes()
        return Column(name, array.shape, array.dtype, stored_bytes=stored)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        texts = np.array(value)
        return Column(name, texts.shape, texts.dtype, text=True, stored_bytes=texts.nbytes)
    what = f"is {type(value).__name__}, neither tensor nor list of texts"
    return Column(name, refusal=Refusal(what, "save a tensor"))
