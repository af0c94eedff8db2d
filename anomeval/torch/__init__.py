"""For PyTorch and Lightning: thresholds inside a deployed model, predictions out of a running one.

    from anomeval.torch import PostProcessingModule, PredictionWriter

    trainer = Trainer(callbacks=[PredictionWriter("predictions")])    # val.h5, test.h5, predict.h5
    judge = PostProcessingModule.from_fit("val.fit.json")             # after `anomeval fit`
    scores, maps, labels, masks = judge(maps=model(images))

`import anomeval` never imports torch, and only `PredictionWriter` needs Lightning.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Judged": "anomeval.torch.module",
    "PostProcessingModule": "anomeval.torch.module",
    "PredictionWriter": "anomeval.torch.callback",
    "prediction_fields": "anomeval.torch.fields",
    "write_predictions": "anomeval.torch.fields",
}

if TYPE_CHECKING:
    from anomeval.torch.callback import PredictionWriter as PredictionWriter
    from anomeval.torch.fields import prediction_fields as prediction_fields
    from anomeval.torch.fields import write_predictions as write_predictions
    from anomeval.torch.module import Judged as Judged
    from anomeval.torch.module import PostProcessingModule as PostProcessingModule

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'anomeval.torch' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
