"""What `inspect` prints."""

from dataclasses import replace

import pytest

from anomeval.predictions.inspection import (
    Counts,
    FieldReport,
    FileReport,
    Finding,
    Inspection,
    Level,
)
from anomeval.reporting.inspection_text import inspection_text
from tests.reporting.samples import HOSTILE, printed, widest

FIELDS = (
    FieldReport("anomaly_map", "amaps", (5, 64, 48), "float32", "gzip-4", (1, 64, 48), 2_500_000),
    FieldReport("pred_score", "pred_score", (5,), "float64", None, None, 40),
    FieldReport("gt_mask", "masks", (5, None, None), "uint8", None, None, 1234),
)


def file(path="run.npz", **changes):
    known = {"format": "NPZ", "layout": "flat", "images": 5, "fields": FIELDS}
    return FileReport(path, **(known | changes))


def inspection(files=(), findings=(), **counts):
    none = {"images": 5, "normal": 2, "anomalous": 3, "unlabelled": 0}
    none |= {"categories": {}, "defect_types": {}, "sizes": {"64 x 48": 5}}
    levels = (Level("image", True), Level("pixel", False, ("2 of 5 images have no gt_mask",)))
    return Inspection(tuple(files), Counts(**(none | counts)), tuple(findings), levels)


def test_it_reads_like_a_note():
    findings = [
        Finding("error", "x", "anomaly_map holds 1 NaN", "mend it", "run.npz", 2, ("a.png",)),
        Finding("note", "y", "images are known by their position only"),
    ]
    seen = inspection(
        [file(ignored=("foo 3 float64",), attributes={"score_space": "raw"})],
        findings,
        categories={"brick": 1200, "grass": 1},
    )
    assert (
        printed(inspection_text(seen))
        == """\
run.npz  5 images
  NPZ, one table; it says: score_space = raw
  amaps →  anomaly_map  64 x 48 float32, gzip-4, 2.5 MB
           pred_score   float64
  masks →  gt_mask      ? x ? uint8, not compressed, 1.2 kB
  not used: foo 3 float64

5 images: 2 normal, 3 anomalous
2 categories: brick (1,200), grass (1)
size 64 x 48

What is wrong
error    run.npz: anomaly_map holds 1 NaN
         2 images: a.png; 1 more
         → mend it
note     images are known by their position only

What can be computed
image level  yes  auroc, ap, aupr, f1max, ioumax, pg, pb, fpr_at_tpr,
                  tpr_at_fpr; with a fit also f1, precision, recall,
                  specificity, accuracy, iou
pixel level  no   2 of 5 images have no gt_mask
"""
    )


def test_files_alike_are_described_once():
    shown = printed(inspection_text(inspection([file(f"{i}.npz") for i in range(30)])))
    assert shown.count("anomaly_map  64 x 48") == 1
    assert "7.5e+01 MB" not in shown
    assert "75.0 MB" in shown  # of all 30 files
    assert "\nand 18 more files\n" in shown


def test_a_file_that_could_not_be_understood_is_told_and_health_too():
    broken = file("broken.h5", format=None, layout=None, images=None, fields=())
    shown = printed(inspection_text(inspection([broken])))
    assert shown.startswith("broken.h5\n  could not be understood\n")
    assert "\nWhat is wrong\nnothing found\n" in shown


@pytest.mark.parametrize("width", [60, 80, 120])
def test_hostile_names_stay_within_the_terminal(width):
    findings = [
        Finding("warning", "x", name, name, name, len(HOSTILE), HOSTILE) for name in HOSTILE
    ]
    counts = dict.fromkeys(HOSTILE, 1)
    seen = inspection(
        [file(name, ignored=HOSTILE, attributes=counts) for name in HOSTILE],
        findings,
        categories=counts,
        defect_types=counts,
        sizes={"64 x 48": 2, "8 x 8": 3},
    )
    shown = printed(inspection_text(seen), width=width)
    assert widest(shown) <= width
    assert "\x1b" not in shown
    assert printed(inspection_text(seen), width=width, encoding="ascii")


def test_metrics_that_need_a_field_are_named_where_every_file_has_it():
    """SPRO needs saturations."""
    saturation = FieldReport("gt_saturation", "gt_saturation", (5, 2), "uint32", None, None, 40)
    both = (Level("image", True), Level("pixel", True))
    with_it, without = file(fields=(*FIELDS, saturation)), file("b.npz")
    for files, there in (((with_it,), True), ((with_it, without), False), ((without,), False)):
        shown = printed(inspection_text(replace(inspection(files), levels=both)))
        assert ("auspro" in shown) is there
        assert "aupro" in shown
