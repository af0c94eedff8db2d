"""From data to HTML. Every text from outside is escaped, and no byte comes from anywhere else."""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from anomeval.metrics import LEVELS
from anomeval.names import clean_name
from anomeval.reporting.changes import LOSSES, kind_of
from anomeval.reporting.documents import plain
from anomeval.reporting.figures.kinds import CLASS_LABELS
from anomeval.reporting.figures.traces import sweeps
from anomeval.reporting.numerals import count_text, counted, score_text
from anomeval.reporting.page import images as tables
from anomeval.reporting.page.against import STANDINGS, AgainstTables, against_tables
from anomeval.reporting.page.colours import stops
from anomeval.reporting.page.curve_charts import curve_charts, lede
from anomeval.reporting.page.model import PageData
from anomeval.reporting.page.score_charts import histogram_chart, sweep_chart
from anomeval.reporting.page.summary import STYLE, summary
from anomeval.reporting.provenance import data_parts, maker_parts

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = files("anomeval.reporting.page") / "templates"


def page_html(data: PageData) -> str:
    """The whole page."""
    style, script = _asset("page.css"), _asset("page.js")
    template = _environment().get_template("page.html.jinja")
    return template.render(
        **_context(data),
        style=style,
        script=script,
        policy="; ".join(
            (
                "default-src 'none'",
                "img-src data:",
                f"style-src '{_source_hash(style)}'",
                f"script-src '{_source_hash(script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
    )


def _context(data: PageData) -> dict[str, Any]:
    result = data.result
    return {
        "data": data,
        "result": result,
        "about": [*data_parts(result.data), *maker_parts(result)],
        "summary": summary(result),
        "categories": _categories(data),
        **_charts(data),
        "classes": CLASS_LABELS,
        "confusions": tables.confusions(data.images),
        "outcomes": tables.OUTCOMES,
        "images": tables.image_lines(data.images),
        "regions": tables.region_lines(data.regions),
        "size_classes": tables.size_classes(data.regions),
        "against": _against(data),
        "standings": STANDINGS,
        "wrong": LOSSES,
        "stops": stops(),
    }


def _against(data: PageData) -> AgainstTables | None:
    """The tables against the baseline, where there is one that can be compared."""
    comparison = data.baseline.comparison if data.baseline else None
    return against_tables(comparison) if comparison else None


def _charts(data: PageData) -> dict[str, Any]:
    """The charts, and the numbers that curves and histograms show as JSON."""
    curves, curve_numbers = curve_charts(data.result, data.curves, data.bands)
    spreads = sorted(data.spreads, key=lambda spread: LEVELS.index(spread.level))
    histograms = [histogram_chart(spread, n) for n, spread in enumerate(spreads)]
    numbers = {
        "curves": curve_numbers,
        "histograms": {
            chart.key: spread.test.as_dict()
            for chart, spread in zip(histograms, spreads, strict=True)
        },
    }
    return {
        "curves": curves,
        "curves_lede": lede(data.curves, data.bands),
        "histograms": histograms,
        "sweeps": [
            sweep_chart(sweep, level, data.judges.get(sweep.name) or data.judges.get(""), n)
            for level in ("image", "pixel")
            for n, sweep in enumerate(sweeps(data.curves, level))
        ],
        "numbers": json.dumps(plain(numbers), allow_nan=False).replace("<", "\\u003c"),
    }


def _categories(data: PageData) -> list[str]:
    """The categories to choose from; none where there is only one."""
    names = sorted({image.category for image in data.images if image.category})
    return names if len(names) > 1 else []


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("anomeval.reporting.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        name=lambda text: clean_name(text) if text else "",
        score=score_text,
        value=STYLE.value,
        count=count_text,
        counted=counted,
        percent=lambda share: f"{100 * share:.3g} %",
        kind=kind_of,
        setting=_setting_text,
    )
    return environment


def _setting_text(value: object) -> str:
    """A setting of a result, for people."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _asset(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _source_hash(text: str) -> str:
    """How a content security policy names an inline style or script."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
