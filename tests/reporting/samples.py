"""Small results to write, and helpers to look at them."""

import io
from dataclasses import replace

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
VALUES = (0.875, 0.9, 0.8, 0.96875, 0.1724, 0.2956, 0.90625, 0.07)
LEAK = Caution(
    "overlap",
    "3 of 12 images were seen by the fit (--allow-overlap): metrics at the fitted threshold are "
    "optimistic",
)
HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "two\nlines\r\t",
    "a|b*c_d`e<f>&g#$^~",
    "=cmd()",
    "@someone",
    "[bold]x[/bold]",
    "x" * 60,
    "日本語のカテゴリ名前がとても長い" * 2,
    "\u202egpj.exe",
    "\udcff",
    "{\\%}",
    "",
)


def data(**changes):
    known = DataSummary(("test.h5",), "sha256:00ff", 12, 5, 7, 49152, 313, 9)
    return replace(known, **changes)


def row(metric, value, group=None, *, interval=False, **extra):
    """A row; a value of None is undefined, f1max has a threshold."""
    confidence = Confidence(0.95, value - 0.03, value + 0.02) if interval and value else None
    if "f1max" in metric and "mean_over" not in extra:
        extra["threshold"] = 1.5388911962509155
    reason = "no anomalous images" if value is None else None
    return Row(metric, group, value, reason, confidence, {}, extra)


def result(rows, *, cautions=(), fit=None, **changes):
    return Result("0.1.0", {"fit": fit}, data(**changes), tuple(rows), tuple(cautions))


def whole(metrics=METRICS, values=VALUES, *, interval=False, **rest):
    """One value for each metric."""
    pairs = zip(metrics, values, strict=True)
    return result([row(metric, value, interval=interval) for metric, value in pairs], **rest)


def grouped(names, metrics=METRICS, *, undefined=(), interval=False, **rest):
    """A row for each category and their mean; undefined: pairs of name and metric."""
    rows = []
    for position, metric in enumerate(metrics):
        missing = sum((name, metric) in undefined for name in names)
        counts = {"mean_over": "category", "groups": len(names), "undefined": missing}
        rows.append(row(metric, VALUES[position], interval=interval, **counts))
    for number, name in enumerate(names):
        for position, metric in enumerate(metrics):
            value = VALUES[position] - 0.001 * number
            value = None if (name, metric) in undefined else value
            rows.append(row(metric, value, {"category": name}, interval=interval))
    return result(rows, **rest)


def printed(renderable, width=80, *, encoding="utf-8"):
    """What a pipe of some encoding receives."""
    from rich.console import Console

    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    Console(file=file, width=width, highlight=False).print(renderable)
    file.flush()
    return raw.getvalue().decode(encoding)


def widest(text):
    """Cells of the longest line."""
    from rich.cells import cell_len

    return max(map(cell_len, text.splitlines()))
