"""anomeval apply."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import STDOUT, advise, check_outputs, show, warn, write
from anomeval.cli.progress import progress


def apply(
    fit: Annotated[
        Path,
        typer.Argument(
            metavar="FIT", help="What `anomeval fit` wrote (FIT.json).", show_default=False
        ),
    ],
    files: options.Files,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where it goes: .h5, .hdf5 or .npz.", show_default=False
        ),
    ],
    match_thresholds: Annotated[
        bool,
        typer.Option(
            "--match-thresholds",
            help="Let a level without a fit of its own use that of the other level. Only sound "
            "where image scores are the maxima of the maps.",
        ),
    ] = False,
    mebin: Annotated[
        bool,
        typer.Option(
            "--mebin",
            help="Masks by MEBin: each map is cut where its number of components is most stable. "
            "Looks at all images of a category first.",
        ),
    ] = False,
    map_dtype: Annotated[
        Literal["float16", "float32", "float64"] | None,
        typer.Option(
            help="Type of the stored maps. Default: float64 where the input has it, else float32.",
            show_default=False,
        ),
    ] = None,
    compression: Annotated[
        Literal["gzip", "none"] | None,
        typer.Option(
            help="Of the stored maps and masks. Default: as in the input.", show_default=False
        ),
    ] = None,
    field: options.Field = None,
    truth: layout_options.Truth = None,
    layout: layout_options.Layout = None,
    max_image_pixels: layout_options.MaxImagePixels = layout_options.LARGEST_IMAGE,
    mask_above: options.MaskAbove = None,
    ignore_value: options.IgnoreValue = None,
    json: options.Json = None,
    plugin: options.Plugin = None,
    quiet: options.Quiet = False,
) -> None:
    """Write normalized scores and maps, labels and masks, as a fit has them."""
    import json as json_text

    from anomeval.reporting.applied_table import applied_table
    from anomeval.reporting.fit_file import read_fit
    from anomeval.workflows import applying

    check_outputs({"--output": output, "--json": json}, inputs=[*files, fit, truth])
    fitted = read_fit(fit)
    with progress("applying", quiet=quiet) as report:
        applied = applying.apply(
            files,
            fitted,
            output,
            match=match_thresholds,
            mebin=mebin,
            map_dtype=map_dtype,
            compression=compression,
            field=options.field_names(field),
            truth=truth,
            layout=layout,
            max_image_pixels=max_image_pixels,
            isolated=True,
            mask_above=mask_above,
            ignore_value=ignore_value or (),
            progress=report,
        )
    if json is not None:
        write(json, json_text.dumps(applied.as_dict(), indent=2, allow_nan=False) + "\n")
    if json != STDOUT and not quiet:
        levels = {"image": applied.image, "pixel": applied.pixel}
        show(applied_table(levels))
    warn(applied.cautions)
    if not quiet:
        advise(f"wrote {output}")
