"""anomeval: exact evaluation of visual anomaly detectors from saved prediction files.

    import anomeval

    with anomeval.Writer("test.h5") as writer:          # while a model runs
        writer.add(anomaly_map=maps, gt_mask=masks, image_path=paths)

    fitted = anomeval.fit(["val.h5"])
    evaluation = anomeval.score(["test.h5"], fit=fitted, metrics=["auroc", "aupro@0.05"])
    print(evaluation.result.rows[0].value)

Names are imported when first used, so importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "AnomevalError": "anomeval.errors",
    "BoundMetric": "anomeval.evaluator",
    "Evaluation": "anomeval.workflows.evaluation",
    "Evaluator": "anomeval.evaluator",
    "Fit": "anomeval.judging.post_processor",
    "METRICS": "anomeval.metrics",
    "OneClassPostProcessor": "anomeval.judging.post_processor",
    "PredictionSet": "anomeval.predictions",
    "Result": "anomeval.reporting.result",
    "Writer": "anomeval.predictions.writer",
    "__version__": "anomeval.version",
    "apply": "anomeval.workflows.applying",
    "compare": "anomeval.workflows.comparing",
    "explain": "anomeval.workflows.explaining",
    "fit": "anomeval.workflows.fitting",
    "gate": "anomeval.workflows.gating",
    "inspect_predictions": "anomeval.predictions.inspection",
    "merge": "anomeval.workflows.merging",
    "open_predictions": "anomeval.predictions",
    "plot": "anomeval.workflows.plotting",
    "read_fit": "anomeval.reporting.fit_file",
    "read_result": "anomeval.reporting.as_json",
    "report": "anomeval.workflows.reporting_page",
    "score": "anomeval.workflows.scoring",
    "write_fit": "anomeval.reporting.fit_file",
    "write_result": "anomeval.reporting.as_json",
}

if TYPE_CHECKING:
    from anomeval.errors import AnomevalError as AnomevalError
    from anomeval.evaluator import Evaluator as Evaluator
    from anomeval.judging.post_processor import Fit as Fit
    from anomeval.judging.post_processor import OneClassPostProcessor as OneClassPostProcessor
    from anomeval.metrics import METRICS as METRICS
    from anomeval.predictions import PredictionSet as PredictionSet
    from anomeval.predictions import open_predictions as open_predictions
    from anomeval.predictions.inspection import inspect_predictions as inspect_predictions
    from anomeval.predictions.writer import Writer as Writer
    from anomeval.reporting.as_json import read_result as read_result
    from anomeval.reporting.as_json import write_result as write_result
    from anomeval.reporting.fit_file import read_fit as read_fit
    from anomeval.reporting.fit_file import write_fit as write_fit
    from anomeval.reporting.result import Result as Result
    from anomeval.version import __version__ as __version__
    from anomeval.workflows.applying import apply as apply
    from anomeval.workflows.comparing import compare as compare
    from anomeval.workflows.evaluation import Evaluation as Evaluation
    from anomeval.workflows.explaining import explain as explain
    from anomeval.workflows.fitting import fit as fit
    from anomeval.workflows.gating import gate as gate
    from anomeval.workflows.merging import merge as merge
    from anomeval.workflows.plotting import plot as plot
    from anomeval.workflows.reporting_page import report as report
    from anomeval.workflows.scoring import score as score

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'anomeval' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
