"""Small results to render."""

from anomeval.reporting.result import Caution, Confidence, DataSummary, Result, Row

METRICS = (
    "image_auroc",
    "image_ap",
    "image_f1max",
    "pixel_auroc",
    "pixel_ap",
    "pixel_f1max",
    "pixel_aupro(fpr_limit=0.3)",
    "pixel_aupimo(fpr_low=1e-05,fpr_high=0.0001)",
)
VALUES = (0.89140625, 0.90298820, 0.86153846, 0.97271218, 0.17239959, 0.29558692, 0.90512811, 0.07)


def data(**changes):
    known = {
        "files": ("test.h5",),
        "digest": "sha256:00ff",
        "images": 124,
        "normal_images": 60,
        "anomalous_images": 64,
        "pixels": 2031616,
        "anomalous_pixels": 3313,
        "regions": 77,
    }
    return DataSummary(**(known | changes))


def row(metric, value, group=None, *, reason=None, interval=False, **extra):
    confidence = Confidence(0.95, value - 0.05, value + 0.04) if interval and value else None
    if "f1max" in metric and "mean_over" not in extra:
        extra["threshold"] = 1.5388911962509155
    return Row(metric, group, value, reason, confidence, {}, extra)


def whole(
    metrics=METRICS, values=VALUES, *, interval=False, cautions=(), fit="sha256:3fa9c1d2e4f5a6"
):
    rows = tuple(row(m, v, interval=interval) for m, v in zip(metrics, values, strict=True))
    return Result("0.1.0", {"fit": fit}, data(), rows, cautions)


def by_category(names, metrics=METRICS, *, interval=False, cautions=(), undefined=()):
    rows = []
    over = {"mean_over": "category", "groups": len(names), "undefined": 0}
    for position, metric in enumerate(metrics):
        rows.append(row(metric, VALUES[position % 8], interval=interval, **over))
    for number, name in enumerate(names):
        for position, metric in enumerate(metrics):
            value = max(VALUES[position % 8] - 0.001 * number, 0.0)
            reason = None
            if (name, metric) in undefined:
                value, reason = None, "no anomalous images"
            rows.append(row(metric, value, {"category": name}, reason=reason, interval=interval))
    return Result("0.1.0", {"fit": None}, data(), tuple(rows), tuple(cautions))


LEAK = Caution(
    "overlap",
    "3 of 124 images were seen by the fit (--allow-overlap): metrics at the "
    "fitted threshold are optimistic",
)
