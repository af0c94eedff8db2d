"""Sets of metrics that a benchmark or a trade reports, by name."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A named set of metrics, and what people are told about it.

    metrics: as typed. basis: whose definition it is.
    unsure: what of that definition could not be confirmed. left_out: what it also reports and
        anomeval does not, or not by this preset.
    """

    name: str
    title: str
    metrics: tuple[str, ...]
    basis: str
    unsure: str | None = None
    left_out: str | None = None


_BOTH_LEVELS = (
    *("image_auroc", "image_ap", "image_f1max"),
    *("pixel_auroc", "pixel_ap", "pixel_f1max"),
)

_ALL = (
    Preset(
        "anomalib",
        "what anomalib's default evaluator reports",
        ("image_auroc", "image_f1", "pixel_auroc", "pixel_f1"),
        "anomalib 2, AnomalibModule.configure_evaluator",
    ),
    Preset(
        "mvtec",
        "MVTec AD: localization up to a false positive rate of 0.3, and detection",
        ("image_auroc", "aupro@0.3", "pixel_auroc"),
        "the official evaluation code; there the image score is the maximum of the map, so leave "
        "pred_score out of the file to compare with it",
    ),
    Preset(
        "mvtec3d",
        "MVTec 3D-AD: as MVTec AD, with the tighter limits of newer papers",
        ("image_auroc", "aupro@0.3", "aupro@0.05", "aupro@0.01"),
        "the official evaluation code, which samples the curve at 100 ranks; here it is exact "
        "(`anomeval explain` shows the difference)",
        unsure="which limits a paper means is for the paper to say",
    ),
    Preset(
        "mvtec2",
        "MVTec AD 2: localization up to 0.05, and masks at a fitted threshold",
        ("aupro@0.05", "pixel_f1", "image_f1", "image_auroc"),
        "the public evaluation utilities; fit with `--threshold sigma@3` on the validation split, "
        "which holds normal images only. --by defect_type tells the lighting conditions apart",
        unsure="that pixels are pooled over an object (SegF1), and how ClassF1 labels images: here "
        "by the image score and its own threshold",
    ),
    Preset(
        "loco",
        "MVTec LOCO: detection, and localization of defects of which a part is enough",
        ("image_auroc", *(f"auspro@{limit}" for limit in ("0.01", "0.05", "0.1", "0.3", "1"))),
        "the official evaluation code, which refines some thresholds until the curve is fine, here "
        "it is exact; there the image score is the maximum of the map, so leave pred_score out of "
        "the file to compare with it. --by defect_type gives structural and logical anomalies "
        "apart, each against all good images, and the mean of the two, which is what is published",
    ),
    Preset(
        "visa",
        "VisA: detection and localization by area, precision-recall and best F1",
        (*_BOTH_LEVELS, "aupro@0.3"),
        "the tables of the papers that report on it",
        unsure="that these seven are what a given paper reports",
    ),
    Preset(
        "real-iad",
        "Real-IAD: detection of samples seen in several views, and localization",
        ("sample_auroc", "image_auroc", "pixel_auroc", "aupro@0.3"),
        "the README of the data set and adeval; needs --by group_id, where a sample has the "
        "highest score of its views and is anomalous if any view is",
    ),
    Preset(
        "muad",
        "multi-class detection: the seven values whose mean is mAD, the best IoU, and means of "
        "F1, recall and IoU over fixed thresholds",
        (*_BOTH_LEVELS, "aupro@0.3", "mad@0.3", "pixel_ioumax", "mf1", "macc", "miou"),
        "ADer; its best F1 and IoU come from 21 thresholds on normalized maps, here they are exact "
        "(`anomeval explain` shows the difference), its image score is the maximum of the map "
        "after 16 x 16 average pooling, here the file's own, and its means over thresholds 0.2 to "
        "0.8 flag what lies above them, here also what lies on them",
    ),
    Preset(
        "pimo",
        "per-image overlap at very low false positive rates",
        ("aupimo",),
        "Bertoldo et al., AUPIMO, 2024; --per-image writes the value of each image",
    ),
    Preset(
        "operator",
        "what a line is run by: shares caught and skipped at rates that are guaranteed",
        ("pg@0.05", "pb@0.05", "tpr_at_fpr@0.01", "fpr_at_tpr@0.95"),
        "anomalib's PGn and PBn with the rate guaranteed, and two operating points",
        left_out="missed regions, which `--metrics pro` counts at a fitted threshold, and false "
        "blobs for each 100 good images",
    ),
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ALL}
"""Every preset there is."""
