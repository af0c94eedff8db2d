"""The quiet lines under every form: what was counted, with which fit, by which version."""

from collections.abc import Mapping

from anomeval.names import clean_name
from anomeval.reporting.cells import shortened, width_of
from anomeval.reporting.numerals import count_text, counted, share_text
from anomeval.reporting.result import DataSummary, Result

_SEPARATOR = " · "
_DIGEST_SHOWN = 12
_NAME_SHOWN = 40


def provenance(result: Result, width: int) -> list[str]:
    """What was counted, and by what, in lines of so many cells."""
    return _flowed(data_parts(result.data), width) + _flowed(maker_parts(result), width)


def data_parts(data: DataSummary) -> list[str]:
    """Files and counts."""
    return [*_files(data), *_counts(data)]


def maker_parts(result: Result) -> list[str]:
    """Fit and version."""
    version = f"anomeval {clean_name(result.anomeval_version)}"
    return [fit_text(result.settings.get("fit")), version]


def fit_text(fit: object) -> str:
    """Which fit was used, as the settings of a result name it."""
    if fit is None:
        return "no fit"
    if isinstance(fit, Mapping):
        fit = fit.get("file") or fit.get("digest") or "unnamed"
    name = clean_name(str(fit))
    if name.startswith("sha256:"):
        return f"fit {name.removeprefix('sha256:')[:_DIGEST_SHOWN]}"
    return f"fit {shortened(name, _NAME_SHOWN)}"


def _files(data: DataSummary) -> list[str]:
    if not data.files:
        return []
    first = shortened(clean_name(data.files[0]), _NAME_SHOWN)
    more = len(data.files) - 1
    return [f"{first} and {counted(more, 'more file')}" if more else first]


def _counts(data: DataSummary) -> list[str]:
    classes = f"{count_text(data.normal_images)} normal, {count_text(data.anomalous_images)}"
    parts = [f"{counted(data.images, 'image')} ({classes} anomalous)"]
    if data.skipped_images:
        parts.append(f"{counted(data.skipped_images, 'image')} left out (--skip-bad)")
    if data.pixels:
        share = share_text(data.anomalous_pixels, data.pixels)
        found = f"{share} anomalous in {counted(data.regions, 'region')}"
        parts.append(f"{counted(data.pixels, 'pixel')}, {found if data.regions else 'all normal'}")
    if data.ignored_pixels:
        parts.append(f"{counted(data.ignored_pixels, 'pixel')} ignored")
    return parts


def _flowed(parts: list[str], width: int) -> list[str]:
    """Parts in a row, a new line before a part that does not fit."""
    lines = [""]
    for part in parts:
        joined = f"{lines[-1]}{_SEPARATOR}{part}" if lines[-1] else part
        if width_of(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(part)
    return [shortened(line, width) for line in lines]
