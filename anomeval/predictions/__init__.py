"""Predictions of anomaly detectors in files: reading, writing, and telling what is wrong.

Names are imported when first used: who only scores a file does not load the writer.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "FIELDS": "record",
    "Image": "record",
    "ImageEntry": "record",
    "Inspection": "inspection",
    "PredictionFile": "record",
    "PredictionSet": "prediction_set",
    "Writer": "writer",
    "inspect_predictions": "inspection",
    "open_predictions": "opening",
}

if TYPE_CHECKING:
    from anomeval.predictions.inspection import Inspection as Inspection
    from anomeval.predictions.inspection import inspect_predictions as inspect_predictions
    from anomeval.predictions.opening import open_predictions as open_predictions
    from anomeval.predictions.prediction_set import PredictionSet as PredictionSet
    from anomeval.predictions.record import FIELDS as FIELDS
    from anomeval.predictions.record import Image as Image
    from anomeval.predictions.record import ImageEntry as ImageEntry
    from anomeval.predictions.record import PredictionFile as PredictionFile
    from anomeval.predictions.writer import Writer as Writer

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
