"""Splits and pages that the tests of the report look at."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import anomeval
from anomeval.reporting.page.model import PageData
from anomeval.reporting.page.rendering import page_html
from anomeval.reporting.result import Result
from anomeval.workflows.reporting_page import gather
from tests.support import Picture, write_h5

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "sample_data"
HOSTILE = (
    "<script>alert(1)</script>.png",
    "\"><img src=x onerror=alert(2)>'.png",
    "javascript:alert(3)//.png",
    "</script><svg onload=alert(4)>.png",
    "\u202egnp.exe",
    "\x1b[31mred\x1b[0m.png",
    "{{ 7 * 191 }}{% raw %}",
    "../../../../../../etc/passwd",
    "--></style></title><b>bold</b>",
    "a\nb&amp;c\u2028d",
)


@cache
def sample_page() -> PageData:
    """The report on the sample data, with everything that a report can have."""
    fit = anomeval.fit([DATA / "knn" / "val.h5"])
    return gather(
        [DATA / "knn" / "test.h5"],
        fit=fit,
        baseline=sample_baseline(),
        baseline_name="pca.json",
        validation=[DATA / "knn" / "val.h5"],
        images=DATA / "images",
    )


@cache
def sample_baseline() -> Result:
    """What the page of the sample data is set against."""
    fit = anomeval.fit([DATA / "pca" / "val.h5"])
    return anomeval.score([DATA / "pca" / "test.h5"], fit=fit, by="category").result


@cache
def sample_html() -> str:
    """The same as HTML."""
    return page_html(sample_page())


@cache
def hostile_page(fitted: bool = True) -> PageData:
    """A report whose every name comes from someone who means harm."""
    with TemporaryDirectory() as folder:
        path = write_split(Path(folder) / "<b>test.h5", HOSTILE)
        fit = anomeval.fit(
            [write_split(Path(folder) / "val.h5", [f"{n}.png" for n in range(8)], 0.5)]
        )
        return gather([path], fit=fit if fitted else None, images=folder)


def write_split(path: Path, names: Sequence[str], shift: float = 0.0) -> Path:
    """Images of two categories, every other one anomalous; some score on the wrong side."""
    pictures = [
        Picture(
            score=number % 3 + number / 100 + shift,
            label=number % 2,
            map=[[number % 3 + number / 100 + shift, 0.5], [0.25, number / 50]],
            mask=[[number % 2, 0], [0, number % 2]],
            path=name,
            category=HOSTILE[number // 2 % 2],
            defect_type=name[::-1] if number % 2 else "good",
        )
        for number, name in enumerate(names)
    ]
    return write_h5(path, pictures)
