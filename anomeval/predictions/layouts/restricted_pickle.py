"""Reading pickles without running them: numbers, texts, None, tuples, lists, dicts and arrays.

A pickle names functions to be called. Here a name is looked up in a short list of stand-ins, which
only note what they are called with; anything else ends the reading. Arrays are built at the end,
from bytes, a plain type and a shape. The interpreter of the pickle is the one written in Python,
which hostile bytes cannot crash.
"""

import pickle
from collections.abc import Callable
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_KINDS = "biuf"
_DEEPEST = 20


class _Type:
    """A type of numbers: `numpy.dtype(...)`, noted."""

    def __init__(self, code: object = None, *_: object) -> None:
        self._code, self._order = code, "="

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "="):
            self._order = state[1]

    def resolved(self) -> np.dtype[Any]:
        if not isinstance(self._code, str):
            raise ValueError("an array has no type")
        dtype = np.dtype(self._code)
        if dtype.kind not in _KINDS or dtype.hasobject:
            raise ValueError(f"an array is of type {dtype.name}, which is no number")
        return dtype.newbyteorder("=" if self._order == "|" else self._order)  # type: ignore[arg-type]


class _Array:
    """An array: type, shape and bytes, noted."""

    def __init__(self, *_: object) -> None:
        self._shape: object = ()
        self._type: object = None
        self._in_columns = False
        self._content: object = b""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("an array is not described as one")
        _, self._shape, self._type, in_columns, self._content = state
        self._in_columns = bool(in_columns)

    @classmethod
    def of_buffer(cls, content: object, dtype: object, shape: object, order: object) -> "_Array":
        array = cls()
        array._shape, array._type, array._content = shape, dtype, content
        array._in_columns = order == "F"
        return array

    def built(self) -> NDArray[Any]:
        shape, content = self._shape, self._content
        if not isinstance(self._type, _Type) or not isinstance(content, bytes | bytearray):
            raise ValueError("an array holds objects")
        if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError("an array has no shape")
        dtype = self._type.resolved()
        if prod(shape) * dtype.itemsize != len(content):
            raise ValueError(f"an array of {shape} holds {len(content)} bytes")
        order: Any = "F" if self._in_columns else "C"
        return np.frombuffer(content, dtype).reshape(shape, order=order)


class _Scalar:
    """One number: `numpy.core.multiarray.scalar(dtype, bytes)`, noted."""

    def __init__(self, dtype: object = None, content: object = b"") -> None:
        self._array = _Array.of_buffer(content, dtype, (), "C")

    def built(self) -> object:
        return self._array.built().item()


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    """`_codecs.encode`, by which old pickles write bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes are written in an unknown way")
    return text.encode("latin-1")


def _reconstructed(*_: object) -> _Array:
    return _Array()


_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encoded,
}
for _module in ("numpy.core", "numpy._core"):
    _STAND_INS[f"{_module}.multiarray", "_reconstruct"] = _reconstructed
    _STAND_INS[f"{_module}.multiarray", "scalar"] = _Scalar
    _STAND_INS[f"{_module}.numeric", "_frombuffer"] = _Array.of_buffer


class _Unpickler(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """The stand-in; everything else is refused."""
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise ValueError(f"it names {module}.{name}, which is no data") from None

    def persistent_load(self, pid: object) -> Any:
        raise ValueError("it refers to objects outside of it")


def load_plain(file: IO[bytes]) -> Any:
    """What a pickle holds, if that is data and nothing else.

    Raises:
        ValueError: it holds anything else, or is damaged.
    """
    try:
        return _built(_Unpickler(file).load(), _DEEPEST)
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # whatever bytes out of place lead to in an interpreter
        raise ValueError(f"it is no sound pickle ({type(error).__name__}: {error})") from None


def _built(value: Any, depth: int) -> Any:
    """The value with arrays in the place of what was noted about them."""
    if depth == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, _Array | _Scalar):
        return value.built()
    if type(value) is dict:
        return {_built(k, depth - 1): _built(v, depth - 1) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_built(item, depth - 1) for item in value)
    if value is None or type(value) in (bool, int, float, str, bytes):
        return value
    raise ValueError(f"it holds {type(value).__name__}, which is no plain data")
