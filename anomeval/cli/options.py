"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

_READING = "Reading"
_OUTPUT = "Output"

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
Nan = Annotated[
    Literal["error", "drop", "min", "max"],
    typer.Option(
        help="What to do with NaN: refuse, leave out, or rank below or above everything.",
        rich_help_panel=_READING,
    ),
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
Pool = Annotated[
    bool,
    typer.Option("--pool", help="Throw all categories together instead of treating each alone."),
]
Json = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="PATH",
        help="Write JSON; - is standard output, and then nothing else goes there.",
        rich_help_panel=_OUTPUT,
        envvar="ANOMEVAL_JSON",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No table, no progress.", rich_help_panel=_OUTPUT)
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
        envvar=f"ANOMEVAL_{name.strip('-').upper().replace('-', '_')}",
    )
    return option


def field_names(pairs: list[str] | None) -> dict[str, str]:
    """FIELD=NAME pairs as a mapping."""
    from anomeval.errors import UsageError

    names = {}
    for pair in pairs or []:
        field, equals, name = pair.partition("=")
        if not (field and equals and name):
            raise UsageError(f"--field {pair!r}: write FIELD=NAME, as anomaly_map=my_maps")
        names[field] = name
    return names
