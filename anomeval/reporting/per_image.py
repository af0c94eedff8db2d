"""What became of each image, one line for each: CSV or JSON Lines."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from anomeval.atomic import write_text
from anomeval.errors import UsageError
from anomeval.reporting.as_csv import Field, csv_text
from anomeval.reporting.documents import number
from anomeval.reporting.result import ImageResult

COLUMNS = (
    "image_path",
    "category",
    "defect_type",
    "group_id",
    "label",
    "score",
    "decision",
    "aupimo",
    "regions",
    "regions_missed",
    "region_sizes",
    "region_recalls",
)


def write_per_image(path: str | Path, images: Sequence[ImageResult]) -> None:
    """Write one line per image in the form that the suffix names.

    Raises:
        UsageError: the suffix is neither .csv nor .jsonl, or the path cannot be written.
    """
    write_text(path, per_image_form(path)(images))


def per_image_form(path: str | Path) -> Callable[[Sequence[ImageResult]], str]:
    """The form that a suffix names.

    Raises:
        UsageError: the suffix is neither .csv nor .jsonl.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMS:
        known = " or ".join(_FORMS)
        raise UsageError(f"{path}: per-image files are written as {known}, not {suffix or 'bare'}")
    return _FORMS[suffix]


def per_image_csv(images: Sequence[ImageResult]) -> str:
    """CSV; lists are separated by semicolons, what is not known is empty."""
    return csv_text(COLUMNS, (_fields(image) for image in images))


def per_image_jsonl(images: Sequence[ImageResult]) -> str:
    """JSON Lines; what is not known is null, infinite scores are the texts inf and -inf."""
    return "".join(
        json.dumps(_record(image), ensure_ascii=True, allow_nan=False) + "\n" for image in images
    )


_FORMS = {".csv": per_image_csv, ".jsonl": per_image_jsonl}


def _fields(image: ImageResult) -> list[Field]:
    recalls = image.region_recalls
    return [
        *_identity(image),
        int(image.anomalous),
        image.score,
        None if image.decision is None else int(image.decision),
        image.aupimo,
        len(image.region_sizes),
        _missed(image),
        ";".join(str(int(size)) for size in image.region_sizes),
        None if recalls is None else ";".join(repr(float(recall)) for recall in recalls),
    ]


def _record(image: ImageResult) -> dict[str, object]:
    recalls = image.region_recalls
    values = (
        *_identity(image),
        int(image.anomalous),
        None if image.score is None else number(image.score),
        None if image.decision is None else int(image.decision),
        None if image.aupimo is None else float(image.aupimo),
        len(image.region_sizes),
        _missed(image),
        [int(size) for size in image.region_sizes],
        None if recalls is None else [float(recall) for recall in recalls],
    )
    return dict(zip(COLUMNS, values, strict=True))


def _identity(image: ImageResult) -> tuple[str | None, ...]:
    return image.image_path, image.category, image.defect_type, image.group_id


def _missed(image: ImageResult) -> int | None:
    """Regions without a single pixel found; None where there is no cut."""
    recalls = image.region_recalls
    return None if recalls is None else sum(recall == 0 for recall in recalls)
