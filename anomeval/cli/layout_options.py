"""Options about layouts of predictions, and where their truth lies."""

from pathlib import Path
from typing import Annotated, Literal

import typer

_READING = "Reading"
LARGEST_IMAGE = 1 << 28

Truth = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="What is true of the images, where it lies apart: the data set, a folder of masks, "
        "a table (CSV, JSON, JSONL) or an array of masks (.npy).",
        rich_help_panel=_READING,
        show_default=False,
    ),
]
Layout = Annotated[
    Literal["files", "mvtec", "mvtec2", "mvtec2-submission", "folder"] | None,
    typer.Option(
        help="What directories hold: prediction files, or maps in a layout of other people's. "
        "Default: recognized.",
        rich_help_panel=_READING,
        show_default=False,
    ),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Leave out images that cannot be evaluated, and name them; no gate judges the result.",
        rich_help_panel=_READING,
    ),
]
MaxImagePixels = Annotated[
    int,
    typer.Option(
        min=1,
        help="Refuse images that declare more pixels, before they are read.",
        rich_help_panel=_READING,
    ),
]
