"""Which metrics the data support, and why the others cannot be computed."""

from collections.abc import Iterator, Sequence

from anomeval.predictions.inspection.look import Look
from anomeval.predictions.inspection.report import Finding, Level

_BREAKS_ALL = (
    *("invalid_file", "unreadable", "duplicate_image", "mask_on_normal", "unlabelled"),
    *("saturation_contradicts", "invalid_truth", "ambiguous_mask", "not_a_mask"),
)
_BREAKS_PIXELS = ("nan_in_map", "nan_in_mask", "size_mismatch")


def levels(looks: Sequence[Look], findings: Sequence[Finding]) -> tuple[Level, Level]:
    """What can be computed at image level and at pixel level, of the data as they are."""
    broken = [finding for finding in findings if finding.severity == "error"]
    image = [*_stopping(broken, (*_BREAKS_ALL, "nan_in_score")), *_image_reasons(looks)]
    pixel = [*_stopping(broken, (*_BREAKS_ALL, *_BREAKS_PIXELS)), *_pixel_reasons(looks)]
    return Level("image", not image, tuple(image)), Level("pixel", not pixel, tuple(pixel))


def _stopping(broken: Sequence[Finding], codes: Sequence[str]) -> Iterator[str]:
    """One reason for each kind of error, however often it was found."""
    told: dict[str, str] = {}
    for finding in broken:
        if finding.code in codes:
            place = f"{finding.file}: " if finding.file else ""
            told.setdefault(finding.code, place + finding.message)
    yield from told.values()


def _image_reasons(looks: Sequence[Look]) -> Iterator[str]:
    if not looks:
        yield "no image could be read"
        return
    truths = {look.anomalous for look in looks}
    if True not in truths:
        yield "there is no anomalous image"
    if False not in truths:
        yield "there is no normal image"


def _pixel_reasons(looks: Sequence[Look]) -> Iterator[str]:
    if not looks:
        yield "no image could be read"
        return
    without_map = sum(look.map is None for look in looks)
    without_mask = sum(look.mask is None for look in looks)
    if without_map:
        yield f"{_share(without_map, looks)} no anomaly_map"
    if without_mask:
        yield f"{_share(without_mask, looks)} no gt_mask"
    if without_map or without_mask:
        return
    known = [look for look in looks if look.anomalous_mask or not look.anomalous]
    masks = [look.mask for look in known if look.mask]
    pixels = sum(mask.size[0] * mask.size[1] - mask.void for mask in masks)
    marked = sum(mask.marked for mask in masks)
    if not marked:
        yield "no gt_mask marks an anomalous pixel"
    if marked == pixels:
        yield "no pixel is normal"


def _share(count: int, looks: Sequence[Look]) -> str:
    return "the images have" if count == len(looks) else f"{count} of {len(looks)} images have"
