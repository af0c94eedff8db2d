"""What is in prediction files, what is wrong with it, and what can be computed from it."""

from anomeval.predictions.inspection.inspecting import inspect_predictions
from anomeval.predictions.inspection.report import (
    Counts,
    FieldReport,
    FileReport,
    Finding,
    Inspection,
    Level,
    Severity,
)

__all__ = [
    "Counts",
    "FieldReport",
    "FileReport",
    "Finding",
    "Inspection",
    "Level",
    "Severity",
    "inspect_predictions",
]
