"""Predictions of anomaly detectors in files: reading, writing, and telling what is wrong."""

from anomeval.predictions.opening import open_predictions
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.record import FIELDS, Image, ImageEntry, PredictionFile
from anomeval.predictions.writer import Writer

__all__ = [
    "FIELDS",
    "Image",
    "ImageEntry",
    "PredictionFile",
    "PredictionSet",
    "Writer",
    "open_predictions",
]
