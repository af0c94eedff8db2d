"""anomalib: AUROC, AUPR, F1Max and AUPRO. Its AUPIMO would need some 5 GB per 500 images more."""

from types import SimpleNamespace

import torch
from reading import Values, one_by_one, report

_FIELDS = ("anomaly_map", "gt_mask")


_declared: list[object] = []  # operators are gone when the library that declares them is


def import_torchvision() -> None:
    """Import it even beside a torch without CUDA, for which its operators cannot be loaded.

    No metric uses them, so it is enough to declare them.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)


def evaluate(path: str) -> Values:
    import_torchvision()
    from anomalib.metrics import AUPR, AUPRO, AUROC, F1Max

    metrics = {
        "auroc": AUROC(_FIELDS),
        "aupr": AUPR(_FIELDS),
        "f1max": F1Max(_FIELDS),
        "aupro": AUPRO(_FIELDS),
    }
    for scores, mask in one_by_one(path):
        maps, masks = torch.from_numpy(scores)[None], torch.from_numpy(mask)[None].bool()
        batch = SimpleNamespace(anomaly_map=maps, gt_mask=masks)
        for metric in metrics.values():
            metric.update(batch)
    return {name: float(metric.compute()) for name, metric in metrics.items()}


if __name__ == "__main__":
    report(evaluate)
