"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from anomeval.workflows.options import By as Groups

_READING = "Reading"
_OUTPUT = "Output"
_UNCERTAINTY = "Uncertainty"

OUTPUT_VARIABLE = "ANOMEVAL_COMMAND_OPTION"
"""Marks options that the environment can set; each command puts in its name and the option's."""


def _no_pipe(path: Path | None) -> Path | None:
    if path == Path("-"):
        raise typer.BadParameter("it cannot go to standard output; name a file")
    return path


Files = Annotated[
    list[str],
    typer.Argument(
        help="Prediction files (HDF5, NPZ), directories or quoted globs; together one data set.",
        show_default=False,
    ),
]
Field = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="FIELD=NAME",
        help="Read a field under another name: anomaly_map=my_maps. Repeatable.",
        rich_help_panel=_READING,
    ),
]
Resize = Annotated[
    Literal["mask", "map"] | None,
    typer.Option(
        help="Where sizes differ: bring maps to the mask's size, or masks to the map's.",
        rich_help_panel=_READING,
    ),
]
MaskAbove = Annotated[
    float | None,
    typer.Option(
        help="Mask values above this are anomalous; without it all that are not 0.",
        rich_help_panel=_READING,
        show_default=False,
    ),
]
IgnoreValue = Annotated[
    list[int] | None,
    typer.Option(
        "--ignore-value",
        metavar="N",
        help="Pixels with this mask value count nowhere, as 255 = not annotated. Repeatable.",
        rich_help_panel=_READING,
        show_default=False,
    ),
]
EmptyMasks = Annotated[
    Literal["leave-out", "normal", "error"],
    typer.Option(
        help="Pixels of anomalous images whose mask is empty: leave out, count as normal, refuse.",
        rich_help_panel=_READING,
    ),
]
Nan = Annotated[
    Literal["error", "drop", "min", "max"],
    typer.Option(
        help="What to do with NaN: refuse, leave out, or rank below or above everything.",
        rich_help_panel=_READING,
    ),
]
Fit = Annotated[
    Path | None,
    typer.Option(help="What `anomeval fit` wrote; needed for metrics at a threshold."),
]
Validation = Annotated[
    list[str] | None,
    typer.Option(
        "--validation",
        metavar="VAL",
        help="Predictions of the split that was fitted on: shows where its scores lie, and tells "
        "whether normal scores have moved. Repeatable.",
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metrics",
        "-m",
        metavar="LIST",
        help="Metrics such as auroc,aupro@0.05, or with a +, as +recall, to add to the default: "
        "what the data supports. Repeatable.",
    ),
]
Preset = Annotated[str | None, typer.Option(metavar="NAME", help="A named set of metrics.")]
AllowOverlap = Annotated[
    bool,
    typer.Option("--allow-overlap", help="Go on although the fit has seen these images."),
]
Confidence = Annotated[
    float, typer.Option(help="Level of the intervals.", rich_help_panel=_UNCERTAINTY)
]
NoConfidence = Annotated[
    bool, typer.Option("--no-confidence", help="No intervals.", rich_help_panel=_UNCERTAINTY)
]
Replicates = Annotated[
    int,
    typer.Option(min=2, help="Resamples that intervals rest on.", rich_help_panel=_UNCERTAINTY),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        help="Threads that read and count. Default: all cores. Values do not depend on it.",
        show_default=False,
    ),
]
CommonImages = Annotated[
    bool,
    typer.Option(
        "--common-images",
        help="Where results have different images, take those that all have. Values of image "
        "scores are computed anew; pixels are only known of whole categories.",
    ),
]
By = Annotated[
    list[str] | None,  # typer takes no list of literals
    typer.Option(
        "--by",
        metavar="category|defect_type|group_id",
        help="A row for each, and their unweighted mean; group_id adds the sample level. Several "
        "nest: --by category --by group_id. Default of merge: as the parts were made.",
        show_default=False,
    ),
]
Pool = Annotated[
    bool,
    typer.Option("--pool", help="Throw all categories together instead of treating each alone."),
]


def _load_plugins(files: list[Path] | None) -> list[Path] | None:
    from anomeval.plugins import load_file

    for file in files or []:
        load_file(file)
    return files


Plugin = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="Execute a Python file, and use what it offers: metrics, rules, readers. Repeatable.",
        callback=_load_plugins,
        is_eager=True,
    ),
]
Json = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="PATH",
        help="Write JSON; - is standard output, and then nothing else goes there.",
        rich_help_panel=_OUTPUT,
        envvar=OUTPUT_VARIABLE,
    ),
]
SaveState = Annotated[
    Path | None,
    typer.Option(
        "--save-state",
        metavar="PATH",
        help="Write the evidence, to be merged with that of other files by `anomeval merge`.",
        rich_help_panel=_OUTPUT,
        callback=_no_pipe,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="No table, no progress, no advice; cautions stay.",
        rich_help_panel=_OUTPUT,
    ),
]
Places = Annotated[
    int,
    typer.Option(min=0, max=17, help="Digits after the point.", rich_help_panel=_OUTPUT),
]
Percent = Annotated[
    bool,
    typer.Option("--percent", help="Show values in percent.", rich_help_panel=_OUTPUT),
]


def output(name: str, text: str) -> typer.models.OptionInfo:
    """An option that takes a path to write to; - is standard output."""
    option: typer.models.OptionInfo = typer.Option(
        name,
        metavar="PATH",
        help=text,
        rich_help_panel=_OUTPUT,
        envvar=OUTPUT_VARIABLE,
    )
    return option


Csv = Annotated[Path | None, output("--csv", "Write one line per value.")]
Markdown = Annotated[Path | None, output("--markdown", "Write a Markdown table.")]
Latex = Annotated[Path | None, output("--latex", "Write a LaTeX table.")]
PerImage = Annotated[
    Path | None, output("--per-image", "Write one line per image: CSV or JSONL by suffix.")
]
Curves = Annotated[
    Path | None, output("--curves", "Write ROC, PR, PRO and PIMO curves: NPZ or CSV.")
]


def field_names(pairs: list[str] | None) -> dict[str, str]:
    """FIELD=NAME pairs as a mapping."""
    from anomeval.errors import UsageError

    names: dict[str, str] = {}
    for pair in pairs or []:
        field, equals, name = pair.partition("=")
        if not (field and equals and name):
            raise UsageError(f"--field {pair!r}: write FIELD=NAME, as anomaly_map=my_maps")
        if names.get(field, name) != name:
            raise UsageError(f"--field {field}: is read from {names[field]} or {name}, not both")
        names[field] = name
    return names


def split_by(names: list[str] | None) -> "tuple[Groups, ...]":
    """What values are to be split by."""
    from anomeval.workflows.options import Splitting

    return Splitting.of(names).by
